"""Who says what to which run, and what becomes of it: the pure rules."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from bot.inbound import (
    ChecksMoved,
    Delivery,
    Press,
    PullRequestChanged,
    Reacted,
    SessionStopped,
    Speech,
)
from bot.routed import Fact, Ignored, Kept, Known, NewRun
from bot.routing import STOP_REACTION, route
from integrations.types.chat import MessageRef, ThreadRef
from tasks.domain.facts import (
    CiChanged,
    PressedInChat,
    PullRequestMoved,
    QuestionAnswered,
    Replied,
    RetryRequested,
    StopRequested,
)
from tasks.domain.remarks import Foreign
from tasks.domain.request import Account, Channel, ChatPlace, Person
from tasks.domain.run import RESUME, PullRequestRef, Question, Run, RunState
from tasks.domain.sla import Clock
from tasks.domain.titles import title_of
from tests.support.requests import NOON, a_request, chat_of

THREAD = ThreadRef("T1", "C1", "1795185120.000100")
ADA, BEN = Person("slack", "T1", "U1"), Person("slack", "T1", "U2")
D = Delivery("slack", "Ev1")


def a_run(state: RunState = RunState.coding, *, run_id: str = "R-1001") -> Run:
    return Run(run_id, 5, a_request(), "Return 422", Clock(NOON, 1800), state=state, repo="acme/api")


def asking(*, kind: str = "repo", options: tuple[str, ...] = ("acme/api", "acme/web")) -> Run:
    question = Question(1, kind, "Which?", options)
    return replace(a_run(RunState.needs_input), question=question, questions_asked=1)


def says(text: str, *, by: Person = ADA, addressed: bool = True) -> Speech:
    return Speech(D, by, text, THREAD, MessageRef("C1", "1795185199.000200"), addressed)


def presses(
    action: str, *, by: Person = ADA, question: int | None = None, choice: str | None = None
) -> Press:
    return Press(D, by, THREAD, action, "R-1001", question, choice)


def known(*runs: Run, login: str = "ada") -> Known:
    """The speaker's account is called `login`, "" where they have none."""
    account = 7 if login else 0
    return Known(runs, bool(login), NOON + timedelta(seconds=5), 1800, login=login, account_id=account)


def test_a_mention_in_a_thread_without_a_run_starts_one() -> None:
    routed = route(says("fix the null currency 500. It hurts. repo=acme/api base=dev"), known())
    assert isinstance(routed, NewRun)
    assert routed.title == "fix the null currency 500"
    assert routed.request.options.repo == "acme/api"
    assert routed.request.options.base == "dev"
    assert routed.request.received_at == NOON + timedelta(seconds=5)
    assert routed.request.channel is Channel.slack_mention
    assert chat_of(routed.request).thread == THREAD
    assert routed.request.account == Account("ada", 7)


@pytest.mark.parametrize("can_link", [True, False])
def test_what_somebody_without_an_account_asks_for_is_kept(can_link: bool) -> None:
    routed = route(says("fix it"), replace(known(login=""), can_link=can_link))
    assert isinstance(routed, Kept) and routed.can_link is can_link
    assert routed.request.text == "fix it" and routed.request.account is None


def test_what_was_asked_is_kept_as_it_stood_with_its_hash() -> None:
    routed = route(says("fix it"), known())
    assert isinstance(routed, NewRun)
    assert chat_of(routed.request).digest == sha256(b"fix it").hexdigest()


def test_a_thread_whose_runs_have_all_ended_can_start_another() -> None:
    assert isinstance(route(says("and now the charges"), known(a_run(RunState.merged))), NewRun)


def test_a_mention_while_a_run_works_steers_it() -> None:
    routed = route(says("stop using moment.js"), known(a_run()))
    assert isinstance(routed, Fact)
    assert isinstance(routed.event, Replied)
    assert routed.event.steering


def test_somebody_without_a_linked_account_gives_context_and_is_told_so() -> None:
    routed = route(says("also cover charges", by=BEN), known(a_run(), login=""))
    assert isinstance(routed, Fact) and isinstance(routed.event, Replied)
    assert not routed.event.steering
    assert routed.reply is not None and "linked" in routed.reply.text


def test_whether_somebody_else_may_steer_the_code_host_is_asked() -> None:
    said = says("also cover charges", by=BEN)
    routed = route(said, known(a_run(), login="ben"))
    asked = PressedInChat(BEN, "ben", "steer", "also cover charges", 7, said.message)
    assert routed == Fact(("R-1001",), asked)


@pytest.mark.parametrize("by", [ADA, BEN])
def test_whoever_has_no_account_any_more_steers_answers_and_retries_nothing(by: Person) -> None:
    nobody = known(a_run(RunState.failed), login="")
    assert isinstance(route(says("retry", by=by), nobody), Ignored)
    assert isinstance(route(presses("task_retry", by=by), nobody), Ignored)
    plain = route(says("web", by=by, addressed=False), known(asking(), login=""))
    assert isinstance(plain, Fact) and plain.event == Replied(by, "web", says("web").message, False)
    pick = presses("repo_pick", by=by, question=1, choice="acme/web")
    assert isinstance(route(pick, known(asking(), login="")), Ignored)


def test_a_run_that_is_ready_takes_no_steering_and_says_so() -> None:
    routed = route(says("also cover charges"), known(a_run(RunState.ready)))
    assert isinstance(routed, Fact) and isinstance(routed.event, Replied)
    assert not routed.event.steering and routed.reply is not None


def test_talk_between_people_is_ignored_where_no_run_is_at_work() -> None:
    for runs in ((), (a_run(RunState.merged),), (a_run(RunState.ready),)):
        assert isinstance(route(says("lunch?", addressed=False), known(*runs)), Ignored)


@pytest.mark.parametrize("text", ["// not for the bot", "(aside) hm", "  (Aside) x"])
def test_an_aside_is_ignored_even_when_it_mentions_us(text: str) -> None:
    assert route(says(text), known(a_run())) == Ignored("an aside")


def test_what_an_app_writes_is_ignored() -> None:
    assert isinstance(route(replace(says("stop"), by_app=True), known(a_run())), Ignored)


def test_a_mention_without_words_gets_the_help() -> None:
    routed = route(says("  "), known())
    assert isinstance(routed, Ignored) and routed.reply and "starts a run" in routed.reply.text


def test_anyone_stops_a_run_in_any_living_state() -> None:
    for state in (
        RunState.received,
        RunState.coding,
        RunState.needs_input,
        RunState.disputed,
        RunState.ready,
    ):
        assert route(says("stop", by=BEN), known(a_run(state))) == Fact(("R-1001",), StopRequested(BEN))


def test_a_guest_stops_nothing() -> None:
    routed = route(replace(says("stop", by=BEN), restricted=True), known(a_run()))
    assert isinstance(routed, Ignored) and routed.reply
    assert isinstance(route(replace(presses("task_stop", by=BEN), restricted=True), known(a_run())), Ignored)


def test_stop_with_two_active_runs_asks_which() -> None:
    two = (a_run(run_id="R-1002"), a_run())
    routed = route(says("stop"), known(*two))
    assert isinstance(routed, Ignored) and routed.reply
    assert routed.reply.stop_choices == ("R-1002", "R-1001")
    assert route(says("stop R-1001"), known(*two)) == Fact(("R-1001",), StopRequested(ADA))


def test_steering_with_two_active_runs_needs_the_id_in_front() -> None:
    two = (a_run(run_id="R-1002"), a_run())
    assert isinstance(route(says("use decimals"), known(*two)), Ignored)
    routed = route(says("R-1001 use decimals"), known(*two))
    assert isinstance(routed, Fact) and routed.run_ids == ("R-1001",)
    assert isinstance(routed.event, Replied) and routed.event.text == "use decimals"


def test_a_run_of_another_channel_cannot_be_stopped_from_here() -> None:
    place = ChatPlace(ThreadRef("T1", "C9", "1.0"), MessageRef("C9", "1.0"))
    elsewhere = replace(a_run(), request=replace(a_request(), place=place))
    routed = route(says("stop R-1001"), known(elsewhere))
    assert isinstance(routed, Ignored) and routed.reply and "no R-1001" in routed.reply.text
    assert isinstance(route(presses("task_stop"), known(elsewhere)), Ignored)


def test_stopping_what_has_ended_says_so() -> None:
    routed = route(says("stop"), known(a_run(RunState.failed)))
    assert isinstance(routed, Ignored) and routed.reply and "already" in routed.reply.text


@pytest.mark.parametrize(
    "inbound", [Reacted(D, BEN, STOP_REACTION, MessageRef("C1", "2.0")), SessionStopped(D, BEN, THREAD)]
)
def test_the_stop_reaction_and_the_native_stop_stop(inbound: Reacted | SessionStopped) -> None:
    assert route(inbound, known(a_run())) == Fact(("R-1001",), StopRequested(BEN))
    assert isinstance(route(inbound, known(a_run(RunState.merged))), Ignored)


def test_other_reactions_mean_nothing() -> None:
    assert isinstance(route(Reacted(D, ADA, "tada", MessageRef("C1", "2.0")), known(a_run())), Ignored)


@pytest.mark.parametrize("state", [RunState.failed, RunState.cancelled])
def test_a_retry_by_the_requester_starts_another_attempt(state: RunState) -> None:
    for inbound in (says("retry"), presses("task_retry")):
        assert route(inbound, known(a_run(state))) == Fact(("R-1001",), RetryRequested(ADA))


def test_whether_somebody_else_may_retry_the_code_host_is_asked() -> None:
    asked = Fact(("R-1001",), PressedInChat(BEN, "ben", "retry", "", 7))
    for inbound in (says("retry", by=BEN), presses("task_retry", by=BEN)):
        assert route(inbound, known(a_run(RunState.failed), login="ben")) == asked


def test_a_retry_button_of_an_older_attempt_does_nothing_while_a_run_works() -> None:
    routed = route(presses("task_retry"), known(a_run(RunState.coding)))
    assert isinstance(routed, Ignored) and routed.reply and "nothing to retry" in routed.reply.text


@pytest.mark.parametrize(
    ("inbound", "answer"),
    [
        (presses("repo_pick", question=1, choice="acme/web"), "acme/web"),
        (says("web"), "acme/web"),
        (says("it is in acme/infra"), "acme/infra"),
        (says("acme/api please", addressed=False), "acme/api"),
    ],
)
def test_the_repository_question_is_answered_by_button_or_by_reply(
    inbound: Press | Speech, answer: str
) -> None:
    assert route(inbound, known(asking())) == Fact(("R-1001",), QuestionAnswered(1, answer, ADA))


def test_a_reply_that_names_no_repository_is_not_taken_for_an_answer() -> None:
    routed = route(says("the usual one"), known(asking()))
    assert isinstance(routed, Ignored) and routed.reply and "owner/name" in routed.reply.text


def test_a_search_box_without_a_run_id_means_the_open_question_of_its_thread() -> None:
    press = replace(presses("repo_pick", choice="acme/web"), run_id="")
    assert route(press, known(asking())) == Fact(("R-1001",), QuestionAnswered(1, "acme/web", ADA))
    assert isinstance(route(press, known(a_run())), Ignored)


def test_a_colleagues_plain_reply_does_not_answer_a_question() -> None:
    said = says("acme/web", by=BEN, addressed=False)
    routed = route(said, known(asking(), login="ben"))
    assert isinstance(routed, Fact) and isinstance(routed.event, Replied) and not routed.event.steering


@pytest.mark.parametrize(
    "inbound", [says("web", by=BEN), presses("repo_pick", by=BEN, question=1, choice="acme/web")]
)
def test_whether_a_colleague_may_answer_the_code_host_is_asked(inbound: Speech | Press) -> None:
    asked = PressedInChat(BEN, "ben", "answer", "acme/web", 7, None, 1)
    assert route(inbound, known(asking(), login="ben")) == Fact(("R-1001",), asked)


def test_an_agents_question_takes_a_letter_an_option_or_free_words() -> None:
    run = asking(kind="agent", options=("reject with 422", "use account currency"))
    for inbound, answer in (
        (says("B"), "use account currency"),
        (says("neither, ask finance"), "neither, ask finance"),
        (presses("q_opt", question=1, choice="0"), "reject with 422"),
    ):
        assert route(inbound, known(run)) == Fact(("R-1001",), QuestionAnswered(1, answer, ADA))


@pytest.mark.parametrize("choice", ["7", "-1", "x", None, "9" * 5000])
def test_a_button_with_an_option_that_is_not_there_does_nothing(choice: str | None) -> None:
    run = asking(kind="agent", options=("a", "b"))
    assert isinstance(route(presses("q_opt", question=1, choice=choice), known(run)), Ignored)


def test_a_stale_question_button_says_that_it_is_done() -> None:
    routed = route(presses("repo_pick", question=1, choice="acme/web"), known(a_run()))
    assert isinstance(routed, Ignored) and routed.reply and "already done" in routed.reply.text


def test_who_decides_a_dispute_is_asked_of_the_host_and_a_waiver_needs_a_reason() -> None:
    run = a_run(RunState.disputed)
    fixing = route(presses("ds_fix", choice="x"), known(run, login="ada"))
    assert fixing == Fact(("R-1001",), PressedInChat(ADA, "ada", "fix it", "", 7))
    asked = route(presses("ds_waive", choice="  "), known(run, login="ada"))
    assert (
        isinstance(asked, Ignored) and asked.reply and asked.reply.dialogue and asked.reply.run_id == "R-1001"
    )
    assert "with a reason" in asked.reply.text
    given = route(presses("ds_waive", choice="redacted upstream"), known(run, login="ada"))
    assert given == Fact(("R-1001",), PressedInChat(ADA, "ada", "not a problem", "redacted upstream", 7))
    assert isinstance(route(presses("ds_fix"), known(a_run(), login="ada")), Ignored)
    for by in (ADA, BEN):
        assert isinstance(route(presses("ds_waive", by=by, choice="x"), known(run, login="")), Ignored), (
            "not linked"
        )


def test_checks_move_the_run_that_pushed_the_commit_and_no_other() -> None:
    run = replace(a_run(RunState.pr_open), pushed_oid="a" * 40)
    heard = ChecksMoved(D, "Acme/API", "a" * 40)
    assert route(heard, known(run)) == Fact(("R-1001",), CiChanged("a" * 40))
    assert isinstance(route(replace(heard, repo="evil/api"), known(run)), Ignored)
    assert isinstance(route(heard, known()), Ignored)


def test_a_pull_request_moves_the_run_that_opened_it() -> None:
    run = replace(a_run(RunState.ready), pr=PullRequestRef(7, "http://x", "a" * 40, NOON))
    heard = PullRequestChanged(D, "acme/api", 7, "closed", True, "a" * 40, "ada")
    assert route(heard, known(run)) == Fact(("R-1001",), PullRequestMoved(7, "closed", True, "a" * 40, "ada"))
    assert isinstance(route(replace(heard, number=8), known(run)), Ignored)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Fix it. Then more.", "Fix it"),
        (
            "/v1/refunds 500s when currency is null, should be a 422",
            "/v1/refunds 500s when currency is null, should be a 422",
        ),
        ("bump httpx to 0.28 repo=acme/api", "bump httpx to 0.28"),
        ("x" * 200, "x" * 79 + "…"),
        ("repo=acme/api", "Untitled request"),
        ("line one\nline two", "line one line two"),
    ],
)
def test_the_first_title_is_the_first_sentence(text: str, title: str) -> None:
    assert title_of(text) == title


@pytest.mark.parametrize(
    ("words", "answered"), [("go on", True), ("Yes.", True), ("a", True), ("no, wait", False)]
)
def test_only_plain_words_let_work_go_on_from_somebody_elses_commits(words: str, answered: bool) -> None:
    routed = route(says(words), known(asking(kind="branch", options=(RESUME,))))
    if answered:
        assert isinstance(routed, Fact) and routed.event == QuestionAnswered(1, RESUME, ADA)
    else:
        assert isinstance(routed, Ignored) and routed.reply and "stop the run" in routed.reply.text


def test_a_retry_in_the_chat_goes_on_from_somebody_elses_commits() -> None:
    moved = replace(a_run(RunState.ready), foreign=Foreign("9" * 40, "ben"))
    assert route(says("retry", by=ADA), known(moved)) == Fact(("R-1001",), RetryRequested(ADA))


@pytest.mark.parametrize("action", ["ds_fix", "ds_waive"])
def test_a_button_of_an_earlier_dispute_settles_no_later_one(action: str) -> None:
    run = replace(a_run(RunState.disputed), state_seq=90)
    old = replace(presses(action, choice="redacted upstream"), version=10)
    assert isinstance(route(old, known(run, login="ada")), Ignored)
    assert isinstance(route(replace(old, version=90), known(run, login="ada")), Fact)
