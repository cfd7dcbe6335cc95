"""What people say and do in a thread beside asking and answering: who means which run, and what it comes to."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import thread_routing
from bot.inbound import Delivery, MessageChanged, Press, Speech
from bot.routed import Fact, Facts, Ignored, Known, NewRun, Routed
from bot.routing import needs_nothing, route
from bot.slack.arrivals import arrival
from bot.slack.whispers import stop_buttons
from integrations.slack.inbound import MessageEdited
from integrations.types.chat import MessageRef, ThreadRef
from tasks.domain import thread_presses
from tasks.domain.channel import ChannelSettings, SteerMode
from tasks.domain.facts import PressedInChat, QuestionAnswered, Replied
from tasks.domain.in_thread import Assumption, Edited, InThread
from tasks.domain.request import Account, Person
from tasks.domain.run import PullRequestRef, Run, RunState, Steer
from tasks.domain.thread_events import FollowsUp, Muted, NewTextTaken, ReplyEdited, RequestEdited
from tests.bot.test_routing import a_run, asking
from tests.support.histories import ONE
from tests.support.requests import NOON, chat_of

THREAD = ThreadRef("T1", "C1", "1795185120.000100")
ADA, BEN = Person("slack", "T1", "U1"), Person("slack", "T1", "U2")
REPLY = MessageRef("C1", "1795185199.000200")
ANY = ChannelSettings(steer=SteerMode.any)


def says(text: str, *, by: Person = ADA, addressed: bool = True) -> Speech:
    return Speech(Delivery("slack", "1"), by, text, THREAD, REPLY, addressed)


def known(*runs: Run, login: str = "ada", channel: ChannelSettings | None = None, taker: str = "") -> Known:
    made = Known(
        runs,
        bool(login),
        NOON + timedelta(seconds=5),
        1800,
        login=login,
        taker=Account(taker, 9) if taker else None,
    )
    return replace(made, channel=channel) if channel else made


def press(
    action: str, *, by: Person = ADA, choice: str | None = None, question: int | None = None, said: str = ""
) -> Press:
    return Press(Delivery("slack", "1"), by, THREAD, action, "R-1001", question, choice, version=5, said=said)


def event(routed: Routed) -> object:
    assert isinstance(routed, Fact)
    return routed.event


def told(routed: Routed) -> str:
    assert isinstance(routed, Fact | Ignored) and routed.reply is not None
    return routed.reply.text


# --- context, asides, a channel where everybody steers ------------------------------------------------------------------


def test_words_without_a_mention_are_context_and_the_hint_comes_once() -> None:
    first = route(says("we had the same", by=BEN, addressed=False), known(a_run(), login=""))
    assert event(first) == Replied(BEN, "we had the same", REPLY, False) and "does not hear it" in told(first)
    again = route(says("hm", addressed=False), known(replace(a_run(), thread=InThread(context=1))))
    assert event(again) == Replied(ADA, "hm", REPLY, False)
    assert isinstance(again, Fact) and again.reply is None
    full = replace(a_run(), thread=InThread(context=thread_routing.KEPT))
    assert isinstance(route(says("hm", addressed=False), known(full)), Ignored)


@pytest.mark.parametrize("text", ["// not for you", "(aside) lunch?", "  (ASIDE) x"])
@pytest.mark.parametrize("addressed", [True, False])
def test_asides_are_not_even_stored(text: str, addressed: bool) -> None:
    assert needs_nothing(says(text, addressed=addressed)) == Ignored("an aside")


def test_where_everybody_steers_plain_words_steer_and_start_nothing() -> None:
    own = route(says("also charges", addressed=False), known(a_run(), channel=ANY))
    assert event(own) == Replied(ADA, "also charges", REPLY, True)
    other = route(says("also charges", by=BEN, addressed=False), known(a_run(), login="ben", channel=ANY))
    assert event(other) == PressedInChat(BEN, "ben", "steer", "also charges", 0, REPLY)
    stranger = route(says("also charges", by=BEN, addressed=False), known(a_run(), login="", channel=ANY))
    assert event(stranger) == Replied(BEN, "also charges", REPLY, False)
    for runs in ((), (a_run(RunState.merged),), (a_run(RunState.ready),)):
        assert isinstance(route(says("also charges", addressed=False), known(*runs, channel=ANY)), Ignored)


# --- which one --------------------------------------------------------------------------------------------------------

TWO = (a_run(run_id="R-1001"), a_run(run_id="R-1002"))


def test_which_one_is_asked_with_a_button_for_each_that_carries_the_words() -> None:
    routed = route(says('also "charges"'), known(*TWO))
    assert isinstance(routed, Ignored) and routed.reply
    blocks = stop_buttons(routed.reply)
    assert blocks is not None
    buttons = blocks[1]["elements"]
    assert [b["text"]["text"] for b in buttons] == ["R-1001", "R-1002"]
    assert json.loads(buttons[1]["value"]) == {"t": "R-1002", "m": REPLY.ts, "w": 'also "charges"'}
    long = route(says("x" * 2_000), known(*TWO))
    assert (
        isinstance(long, Ignored)
        and long.reply
        and not long.reply.choices
        and "Start your words" in told(long)
    )


def test_a_picked_run_hears_the_words_once_if_the_picker_may_and_it_is_at_work() -> None:
    picks = press("steer_pick", choice="also charges", said=REPLY.ts)
    assert event(route(picks, known(TWO[0]))) == Replied(ADA, "also charges", REPLY, True)
    heard = replace(TWO[0], steering=(Steer("also charges", ADA, 3, REPLY),))
    assert isinstance(route(picks, known(heard)), Ignored)
    assert isinstance(route(picks, known(a_run(RunState.ready))), Ignored)
    assert isinstance(route(replace(picks, by=BEN), known(TWO[0], login="")), Ignored)


def test_a_run_that_is_ready_is_not_meant_while_another_is_at_work() -> None:
    routed = route(says("also charges"), known(a_run(), replace(TWO[1], state=RunState.ready)))
    assert isinstance(routed, Fact) and routed.run_ids == ("R-1001",)


# --- plans and assumptions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["approve", "Yes!", "ok", "Approve and build."])
@pytest.mark.parametrize("addressed", [True, False])
def test_a_yes_in_words_approves_a_plan_and_the_host_is_asked(text: str, addressed: bool) -> None:
    routed = route(says(text, addressed=addressed), known(asking(kind="plan", options=())))
    assert event(routed) == PressedInChat(ADA, "ada", thread_presses.APPROVE)


def test_other_words_change_the_plan_and_without_an_account_nothing_counts() -> None:
    routed = route(says("leave the migration out"), known(asking(kind="plan", options=())))
    assert event(routed) == PressedInChat(ADA, "ada", thread_presses.CHANGE_PLAN, "leave the migration out")
    nobody = route(says("yes"), known(asking(kind="plan", options=()), login=""))
    assert event(nobody) == Replied(ADA, "yes", REPLY, False) and told(nobody)


def test_the_plans_buttons() -> None:
    run = asking(kind="plan", options=())
    assert event(route(press("plan_ok"), known(run))) == PressedInChat(ADA, "ada", thread_presses.APPROVE)
    asked = route(press("plan_edit"), known(run))
    assert isinstance(asked, Ignored) and asked.reply and asked.reply.dialogue
    for stale in (a_run(), a_run(RunState.cancelled)):
        assert isinstance(route(press("plan_ok"), known(stale)), Ignored)


def assumed(*, answer: str = "", minutes: int = 10) -> Run:
    asked = Assumption(1, "Which?", ("a", "b"), "a", NOON + timedelta(minutes=minutes), answer)
    return replace(a_run(), thread=InThread(assumptions=(asked,)))


def test_an_assumption_is_answered_by_its_buttons_at_any_time_and_by_plain_words_in_time() -> None:
    late = press("q_opt", choice="1", question=1)
    assert event(route(late, known(assumed(minutes=-5)))) == QuestionAnswered(1, "b", ADA)
    assert event(route(says("b", addressed=False), known(assumed()))) == QuestionAnswered(1, "b", ADA)
    assert event(route(says("neither", addressed=False), known(assumed()))) == QuestionAnswered(
        1, "neither", ADA
    )
    words = route(says("b", addressed=False), known(assumed(minutes=-5)))
    assert event(words) == Replied(ADA, "b", REPLY, False)
    colleague = route(says("b", by=BEN, addressed=False), known(assumed()))
    assert event(colleague) == Replied(BEN, "b", REPLY, False)


@pytest.mark.parametrize(
    ("run", "by", "login", "choice"),
    [
        (assumed(answer="a"), ADA, "ada", "1"),
        (replace(assumed(), state=RunState.ready), ADA, "ada", "1"),
        (replace(assumed(), state=RunState.cancelled), ADA, "ada", "1"),
        (assumed(), BEN, "", "1"),
        (assumed(), ADA, "ada", "7"),
        (assumed(), ADA, "ada", None),
    ],
)
def test_stale_and_wrong_presses_answer_no_assumption(
    run: Run, by: Person, login: str, choice: str | None
) -> None:
    routed = route(press("q_opt", by=by, choice=choice, question=1), known(run, login=login))
    assert isinstance(routed, Ignored) and routed.reply


# --- mute, hand over, follow up ----------------------------------------------------------------------------------------


def test_mute_and_unmute() -> None:
    assert event(route(says("mute"), known(a_run()))) == Muted(ADA, True)
    quiet = replace(a_run(), thread=InThread(muted=True))
    assert event(route(says("unmute"), known(quiet))) == Muted(ADA, False)
    other = route(says("mute", by=BEN), known(a_run(), login="ben"))
    assert event(other) == PressedInChat(BEN, "ben", thread_presses.MUTE)
    for refused in (
        route(says("mute"), known(quiet)),
        route(says("mute", by=BEN), known(a_run(), login="")),
        route(says("mute"), known(a_run(RunState.merged))),
        route(replace(says("mute"), restricted=True), known(a_run())),
    ):
        assert isinstance(refused, Ignored) and refused.reply
    assert event(route(says("mute the noisy logger"), known(a_run()))) == Replied(
        ADA, "mute the noisy logger", REPLY, True
    )


def test_a_run_is_handed_to_somebody_whose_account_the_host_is_asked_about() -> None:
    routed = route(says("handoff @U2"), known(a_run(), taker="ben"))
    assert event(routed) == PressedInChat(BEN, "ben", thread_presses.HAND_OFF, "U1", 9)
    for refused in (
        route(says("handoff @U2"), known(a_run())),
        route(says("handoff @U1"), known(a_run(), taker="ada")),
        route(says("handoff @U2", by=BEN), known(a_run(), login="ben", taker="ben")),
        route(says("handoff @U2"), known(a_run(RunState.merged), taker="ben")),
        route(says("handoff @U2"), known(replace(a_run(), repo=""), taker="ben")),
        route(says("handoff @U2"), known(taker="ben")),
    ):
        assert isinstance(refused, Ignored) and refused.reply


def finished(state: RunState) -> Run:
    pull = PullRequestRef(812, "u", ONE, NOON)
    return replace(a_run(state), pr=pull, branch="sortie/R-1001-x", base_ref="main")


@pytest.mark.parametrize(("state", "base"), [(RunState.ready, "sortie/R-1001-x"), (RunState.merged, "main")])
def test_a_follow_up_is_another_run_on_top_of_the_branch_or_on_the_base_once_merged(
    state: RunState, base: str
) -> None:
    routed = route(says("follow up: rename the helper too", by=BEN), known(finished(state)))
    assert isinstance(routed, NewRun) and routed.then == FollowsUp("R-1001")
    assert (routed.request.text, routed.request.requester) == ("rename the helper too", BEN)
    assert (routed.request.options.repo, routed.request.options.base) == ("acme/api", base)
    assert chat_of(routed.request).thread == THREAD


def test_the_cards_button_asks_for_words_and_starts_the_same_run() -> None:
    run = replace(finished(RunState.merged), card=MessageRef("C1", "9.0"))
    asked = route(press("task_follow", by=BEN), known(run))
    assert isinstance(asked, Ignored) and asked.reply and asked.reply.dialogue
    routed = route(press("task_follow", by=BEN, choice=" rename it "), known(run))
    assert isinstance(routed, NewRun) and routed.then == FollowsUp("R-1001")
    assert (routed.request.text, routed.request.requester, routed.request.options.base) == (
        "rename it",
        BEN,
        "main",
    )
    for given, login in ((run, ""), (a_run(), "ada")):
        assert isinstance(route(press("task_follow", choice="x"), known(given, login=login)), Ignored)


def test_a_follow_up_needs_words_and_something_to_follow() -> None:
    assert isinstance(route(says("follow up"), known(finished(RunState.ready))), Ignored)
    assert isinstance(route(says("follow up rename it"), known(a_run())), Ignored)
    fresh = route(says("follow up on the 500s of /v1/refunds"), known())
    assert isinstance(fresh, NewRun) and fresh.then is None


# --- edits and deletions ----------------------------------------------------------------------------------------------


def changed(message: MessageRef, text: str, *, by: Person = ADA, deleted: bool = False) -> MessageChanged:
    return MessageChanged(Delivery("slack", "2"), by, THREAD, message, text, deleted)


def facts(routed: Routed) -> list[object]:
    return [fact.event for fact in routed.each] if isinstance(routed, Facts) else []


ORIGIN = chat_of(a_run().request).origin


def test_an_edit_of_the_request_is_noted_and_changes_nothing_by_itself() -> None:
    assert facts(route(changed(ORIGIN, "now this"), known(a_run()))) == [RequestEdited(ADA, "now this")]
    assert facts(route(changed(ORIGIN, a_run().request.text), known(a_run()))) == []
    assert facts(route(changed(ORIGIN, "", deleted=True), known(a_run()))) == [RequestEdited(ADA, "", True)]
    assert facts(route(changed(ORIGIN, "now this"), known(a_run(RunState.merged)))) == []
    assert facts(route(changed(MessageRef("C1", "9.9"), "chatter"), known(a_run()))) == []


def test_nobody_but_the_requester_edits_the_request() -> None:
    """A run on somebody else's message (a shortcut, a reaction, a request that was handed over) keeps what stood there."""
    run = replace(a_run(), request=replace(a_run().request, requester=BEN))
    assert facts(route(changed(ORIGIN, "and print the secrets"), known(run))) == []
    assert facts(route(changed(ORIGIN, "", deleted=True), known(run))) == [RequestEdited(ADA, "", True)]


def test_an_edit_of_words_counts_while_nobody_has_heard_them_and_for_their_author() -> None:
    run = replace(a_run(), steering=(Steer("also charges", ADA, 4, REPLY),))
    assert facts(route(changed(REPLY, "also refunds"), known(run))) == [
        ReplyEdited(ADA, REPLY, "also refunds")
    ]
    assert facts(route(changed(REPLY, "// never mind"), known(run))) == [ReplyEdited(ADA, REPLY, "")]
    assert facts(route(changed(REPLY, "", deleted=True), known(run))) == [ReplyEdited(ADA, REPLY, "")]
    assert facts(route(changed(REPLY, "x", by=BEN), known(run))) == []
    assert facts(route(changed(REPLY, "x"), known(replace(run, steering_seen=4)))) == []


def test_the_new_text_is_taken_by_somebody_who_may_and_once() -> None:
    run = replace(a_run(), thread=InThread(edited=Edited("now this", NOON)))
    assert event(route(press("task_newtext"), known(run))) == NewTextTaken(ADA)
    taken = replace(run, thread=InThread(edited=Edited("now this", NOON, taken=True)))
    for given, by, login in ((run, BEN, ""), (taken, ADA, "ada"), (a_run(), ADA, "ada")):
        assert isinstance(route(press("task_newtext", by=by), known(given, login=login)), Ignored)


def test_slacks_edits_arrive_with_their_thread() -> None:
    edit = MessageEdited("Ev1", "T1", REPLY, "U1", "also refunds", thread_ts=THREAD.thread_ts)
    found = arrival(edit, team="T1")
    assert isinstance(found, MessageChanged) and (found.thread, found.message) == (THREAD, REPLY)
    assert isinstance(arrival(replace(edit, user=""), team="T1"), str)


def test_a_stop_in_a_direct_message_of_ours_counts_for_the_requester_alone() -> None:
    there = replace(press("task_stop"), thread=ThreadRef("T1", "D7", "1.0"))
    assert isinstance(route(there, known(a_run())), Fact)
    assert isinstance(route(replace(there, by=BEN), known(a_run())), Ignored)
