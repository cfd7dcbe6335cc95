"""What people do in a thread beside asking and answering, and what follows from it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from integrations.types.chat import MessageRef
from integrations.types.code_host import Role
from tasks.domain import thread_presses
from tasks.domain.decisions import QuestionAsked, TurnTaken
from tasks.domain.effects import effects_of
from tasks.domain.events import Event
from tasks.domain.facts import (
    PressedInChat,
    QuestionAnswered,
    Replied,
    RetryRequested,
    RunRequested,
    StopRequested,
)
from tasks.domain.in_thread import Nudge, answer_until
from tasks.domain.next_step import Decide, Do, Wait, next_step
from tasks.domain.remarks import Standing
from tasks.domain.request import Person, RequestOptions
from tasks.domain.results import BranchPushed, PermissionSeen, Posted
from tasks.domain.run import BRANCH, Run, RunState
from tasks.domain.thread_events import (
    Assumed,
    BranchDiscarded,
    Muted,
    NewTextTaken,
    Nudged,
    PlanProposed,
    ReplyEdited,
    RequestEdited,
)
from tasks.effects.host import wanted
from tests.support.histories import ONE, POLICY, TO_CODING, TO_PR, TO_READY, Story, gated, submitted
from tests.support.requests import NOON, a_request

ADA, BEN = Person("slack", "T1", "U1", "ada"), Person("slack", "T1", "U2", "ben")
HERE = MessageRef("C1", "1795185199.000200")
ASKED = QuestionAsked(1, "agent", "Which?", ("a", "b"))
PLAN = PlanProposed(1, ("Find it", "Fix it"), ("api/a.py",))
DEFAULT = Assumed(1, "Which?", ("a", "b"), "a", NOON + timedelta(minutes=10))
LEFT: tuple[Event, ...] = (
    *TO_CODING,
    submitted(),
    gated(),
    BranchPushed("sortie/R-1042-x", ONE),
    StopRequested(BEN),
)
Written = list[tuple[str, dict[str, str]]]


def told(*events: Event, first: RunRequested | None = None) -> tuple[Story, Written]:
    """The story after these events, and what the last of them causes to be written."""
    story = Story(*events[:-1], first=first)
    before = story.run
    story.tell(events[-1])
    return story, [(e.kind, dict(e.data)) for e in effects_of(before, events[-1], story.run)]


def kinds(written: Written, kind: str) -> list[dict[str, str]]:
    return [data for name, data in written if name == kind]


def seen(story: Story, role: Role = Role.write, *, login: str = "ada") -> PermissionSeen:
    """What the host says of whoever pressed last."""
    return PermissionSeen(story.run.remarks[-1].remark.key, login, 7, role, owner=True)


# --- plans -------------------------------------------------------------------------------------------------------------


def wants_plan() -> RunRequested:
    return RunRequested(replace(a_request(), options=RequestOptions(plan=True)), "Return 422")


def test_a_plan_stops_the_run_and_its_clock_until_somebody_who_may_says_yes() -> None:
    story, written = told(*TO_CODING, PLAN, first=wants_plan())
    run = story.run
    assert run.state is RunState.needs_input and run.clock.paused_since is not None
    assert kinds(written, "chat.post") == [{"name": "M4.1", "question": "1"}]
    assert [i.title for i in run.plan[:2]] == ["Find it", "Fix it"] and thread_presses.plan_due(run)
    assert isinstance(next_step(run, POLICY, story.now), Wait)

    pressed = PressedInChat(ADA, "ada", thread_presses.APPROVE)
    story, written = told(*TO_CODING, PLAN, pressed, first=wants_plan())
    assert story.run.state is RunState.needs_input and kinds(written, "host.permission")
    before = story.run
    yes = seen(story)
    after = story.tell(yes)
    assert (
        after.state is RunState.coding
        and after.clock.paused_since is None
        and not thread_presses.plan_due(after)
    )
    assert after.thread.proposal and after.thread.proposal.approved_by
    written = [(e.kind, dict(e.data)) for e in effects_of(before, yes, after)]
    assert kinds(written, "chat.settle") == [{"name": "M4.1", "answer": "Approve and build", "by": "U1"}]
    assert next_step(after, POLICY, story.now) == Do("code")


@pytest.mark.parametrize("role", [Role.none, Role.read, Role.triage])
def test_whoever_may_not_write_approves_nothing(role: Role) -> None:
    story = Story(*TO_CODING, PLAN, PressedInChat(BEN, "ben", thread_presses.APPROVE), first=wants_plan())
    run = story.tell(seen(story, role, login="ben"))
    assert run.state is RunState.needs_input and thread_presses.plan_due(run)


def test_a_change_of_the_plan_sends_the_agent_back_to_make_another() -> None:
    change = PressedInChat(ADA, "ada", thread_presses.CHANGE_PLAN, "Leave the migration out.")
    story = Story(*TO_CODING, PLAN, change, first=wants_plan())
    run = story.tell(seen(story))
    assert (run.state, run.answer) == (RunState.coding, "Leave the migration out.")
    assert thread_presses.plan_due(run)


def test_another_attempt_shows_its_plan_anew_and_a_late_yes_is_moot() -> None:
    story = Story(*TO_CODING, PLAN, PressedInChat(ADA, "ada", thread_presses.APPROVE), first=wants_plan())
    story.tell(seen(story), StopRequested(ADA), RetryRequested(ADA))
    assert thread_presses.plan_due(story.run)
    story.tell(PressedInChat(ADA, "ada", thread_presses.APPROVE))
    assert story.tell(seen(story)).remarks[-1].standing is Standing.moot


# --- questions ---------------------------------------------------------------------------------------------------------


def test_a_question_is_reminded_of_handed_over_and_given_up_once_each() -> None:
    policy = replace(POLICY, owner="U9")
    story = Story(*TO_CODING, ASKED)
    since = story.now
    found = []
    for minutes in (1, 14, 16, 17, 59, 61, 62, 23 * 60, 24 * 60 + 1):
        story.now = since + timedelta(minutes=minutes)
        step = next_step(story.run, policy, story.now)
        while isinstance(step, Decide):
            assert isinstance(step.event, Nudged)
            found.append((minutes, str(step.event.what), step.event.to))
            story.tell(step.event)
            step = next_step(story.run, policy, story.now)
    assert found == [
        (16, "reminded", ""),
        (61, "handed_over", "U9"),
        (24 * 60 + 1, "given_up", ""),
    ]
    assert story.run.state is RunState.cancelled and story.run.thread.unanswered
    assert story.run.question is None and story.run.stopped_by is None


def test_a_run_that_waits_is_looked_at_again_before_anything_is_due() -> None:
    story = Story(*TO_CODING, ASKED)
    step = next_step(story.run, POLICY, story.now)
    assert isinstance(step, Wait) and step.until == story.now + timedelta(minutes=15)
    story.tell(Nudged(1, Nudge.reminded))
    step = next_step(story.run, POLICY, story.now)
    assert isinstance(step, Wait) and step.until and step.until - story.now <= timedelta(minutes=30)


def test_somebody_elses_push_is_waited_for_as_long_as_people_like() -> None:
    story = Story(*TO_CODING, replace(ASKED, kind=BRANCH))
    assert next_step(story.run, POLICY, story.now + timedelta(days=9)) == Wait("a person")


def test_what_a_nudge_writes() -> None:
    reminded = told(*TO_CODING, ASKED, Nudged(1, Nudge.reminded))[1]
    assert kinds(reminded, "chat.tell") == [{"about": "reminder", "user": "U1"}]
    owner = told(*TO_CODING, ASKED, Nudged(1, Nudge.handed_over, "U9"))[1]
    assert kinds(owner, "chat.post") == [{"name": "owner", "question": "1"}]
    over = told(*TO_CODING, ASKED, Nudged(1, Nudge.given_up))[1]
    assert kinds(over, "chat.post") == [{"name": "M14"}]
    assert kinds(over, "chat.settle") == [{"question": "1", "answer": "", "by": ""}]
    assert told(*TO_CODING, ASKED, QuestionAnswered(1, "a", ADA), Nudged(1, Nudge.given_up))[1] == []


def test_a_question_with_a_default_pauses_nothing_and_a_late_answer_steers() -> None:
    story, written = told(*TO_CODING, DEFAULT)
    assert story.run.state is RunState.coding and story.run.clock.paused_since is None
    assert kinds(written, "chat.post") == [{"name": "M3.1"}]
    story, written = told(*TO_CODING, DEFAULT, Posted("M3.1", HERE), QuestionAnswered(1, "b", BEN))
    assert [s.text for s in story.run.steering] == ["Which? b"] and story.run.unheard
    assert kinds(written, "chat.settle") == [{"name": "M3.1", "answer": "b", "by": "U2"}]
    again, written = told(*TO_CODING, DEFAULT, QuestionAnswered(1, "b", BEN), QuestionAnswered(1, "a", ADA))
    assert len(again.run.steering) == 1 and kinds(written, "chat.settle") == []


def test_the_default_as_an_answer_changes_no_course() -> None:
    story, written = told(*TO_CODING, DEFAULT, QuestionAnswered(1, "a", BEN))
    assert not story.run.steering and len(kinds(written, "chat.settle")) == 1


def test_an_assumption_that_nobody_answered_is_settled_at_the_end() -> None:
    written = told(*TO_CODING, DEFAULT, Posted("M3.1", HERE), StopRequested(ADA))[1]
    assert {"name": "M3.1", "answer": "a", "by": ""} in kinds(written, "chat.settle")


def test_until_when_a_default_can_be_prevented() -> None:
    assert answer_until(NOON, NOON + timedelta(hours=2)) == NOON + timedelta(minutes=10)
    assert answer_until(NOON, NOON + timedelta(minutes=20)) == NOON + timedelta(minutes=5)
    assert answer_until(NOON, NOON - timedelta(minutes=20)) == NOON


# --- mute, hand over ---------------------------------------------------------------------------------------------------


def posts(*events: Event) -> list[str]:
    """The names of all posts that these events cause."""
    found, story = [], Story()
    for event in events:
        before = story.run
        after = story.tell(event)
        found += [e.get("name") for e in effects_of(before, event, after) if e.kind == "chat.post"]
    return found


def test_a_muted_run_posts_only_what_must_be_seen() -> None:
    quiet = Muted(ADA, True)
    assert posts(*TO_READY) == ["M5", "M6"] and posts(quiet, *TO_READY) == ["M6"]
    assert posts(quiet, *TO_CODING, DEFAULT) == [] and posts(quiet, *TO_CODING, ASKED) == ["M3"]
    assert posts(quiet, *TO_CODING, StopRequested(ADA)) == ["M14"]
    assert posts(quiet, *TO_CODING, Muted(ADA, False), *TO_PR[len(TO_CODING) :]) == ["M5"]


def test_a_run_changes_hands_once_the_host_says_that_the_new_one_may_write() -> None:
    over = PressedInChat(Person("slack", "T1", "U2"), "ben", thread_presses.HAND_OFF, "U1")
    story = Story(*TO_CODING, over)
    assert story.run.request.requester.id == "U1"
    before, yes = story.run, seen(story, login="ben")
    after = story.tell(yes)
    assert (after.request.requester.id, after.login) == ("U2", "ben")
    assert after.thread.given_by and after.thread.given_by.id == "U1"
    assert [e.get("name") for e in effects_of(before, yes, after) if e.kind == "chat.post"] == ["handed"]


def test_a_hand_over_that_is_refused_is_told_to_whoever_wanted_it() -> None:
    over = PressedInChat(Person("slack", "T1", "U2"), "ben", thread_presses.HAND_OFF, "U1")
    story = Story(*TO_CODING, over)
    before, no = story.run, seen(story, Role.read, login="ben")
    after = story.tell(no)
    assert after.request.requester.id == "U1" and after.login == "ada"
    whispers = [dict(e.data) for e in effects_of(before, no, after) if e.kind == "chat.whisper"]
    assert [w["to"] for w in whispers] == ["U1"]


# --- words and their edits ---------------------------------------------------------------------------------------------

STEER = Replied(BEN, "also charges", HERE, True)


def heard(seq: int) -> TurnTaken:
    return TurnTaken("worker", 2, ("bash",), 0.1, "w" * 40, steering_seen=seq)


def test_words_are_marked_when_they_are_taken_and_again_when_the_agent_has_read_them() -> None:
    story, written = told(*TO_CODING, STEER)
    assert kinds(written, "chat.ack") == [{"channel": "C1", "ts": HERE.ts, "name": "eyes"}]
    written = told(*TO_CODING, STEER, heard(story.run.seq))[1]
    assert kinds(written, "chat.ack") == [{"channel": "C1", "ts": HERE.ts, "name": "saluting_face"}]
    assert kinds(told(*TO_CODING, STEER, heard(story.run.seq), heard(story.run.seq))[1], "chat.ack") == []


def test_context_never_steers_and_is_marked_once() -> None:
    context = Replied(BEN, "we had the same", HERE, False)
    story, written = told(*TO_CODING, context)
    assert not story.run.steering and kinds(written, "chat.ack")[0]["name"] == "memo"
    assert kinds(told(*TO_CODING, context, context)[1], "chat.ack") == []


def test_an_edit_of_words_that_nobody_has_heard_replaces_them() -> None:
    run = Story(*TO_CODING, STEER, ReplyEdited(BEN, HERE, "also refunds")).run
    assert [s.text for s in run.steering] == ["also refunds"] and run.steering[0].seq == run.seq
    assert Story(*TO_CODING, STEER, ReplyEdited(BEN, HERE, "")).run.steering == ()
    story = Story(*TO_CODING, STEER)
    told_it = story.run.seq
    run = story.tell(heard(told_it), ReplyEdited(BEN, HERE, "never mind"))
    assert [s.text for s in run.steering] == ["also charges"], "what was heard stays heard"


def test_an_edited_request_counts_only_once_somebody_says_so() -> None:
    edit = RequestEdited(ADA, "Also the charges.")
    story, written = told(*TO_CODING, edit)
    assert not story.run.steering and story.run.request.text != "Also the charges."
    assert [kind for kind, _ in written] == ["chat.card"]
    run = Story(*TO_CODING, edit, NewTextTaken(BEN), NewTextTaken(BEN)).run
    assert [(s.text, s.request) for s in run.steering] == [("Also the charges.", True)]
    assert Story(*TO_CODING, NewTextTaken(BEN)).run.steering == ()


def test_a_deleted_request_stops_nothing_and_is_told_to_its_requester() -> None:
    story, written = told(*TO_CODING, RequestEdited(ADA, "", deleted=True))
    assert story.run.state is RunState.coding
    assert kinds(written, "chat.tell") == [{"about": "deleted", "user": "U1"}]


# --- the branch that is left -------------------------------------------------------------------------------------------


def discards(story: Story, by: Person = BEN, role: Role = Role.write) -> tuple[Run, Written]:
    story.tell(PressedInChat(by, by.name, thread_presses.DISCARD))
    before, answer = story.run, seen(story, role, login=by.name)
    after = story.tell(answer)
    return after, [(e.kind, dict(e.data)) for e in effects_of(before, answer, after)]


def test_discarding_asks_the_host_then_deletes_at_the_expected_head_and_tells() -> None:
    story = Story(*LEFT)
    run, written = discards(story)
    assert kinds(written, "host.discard") == [{"oid": ONE, "branch": "sortie/R-1042-x"}]
    assert wanted("host.discard", run, run)
    gone = BranchDiscarded("sortie/R-1042-x", ONE)
    before = story.run
    after = story.tell(gone)
    assert after.pushed_oid == "" and after.thread.discarded and after.thread.discarded.by.id == "U2"
    assert ("chat.amend", {"name": "M14"}) in [
        (e.kind, dict(e.data)) for e in effects_of(before, gone, after)
    ]
    again = story.tell(RetryRequested(ADA))
    assert again.state is RunState.queued and again.wip_oid and not again.pushed_oid


@pytest.mark.parametrize(
    ("by", "role", "may"), [(BEN, Role.read, False), (BEN, Role.write, True), (ADA, Role.none, True)]
)
def test_only_the_requester_and_those_who_may_write_discard(by: Person, role: Role, may: bool) -> None:
    _, written = discards(Story(*LEFT), by, role)
    assert bool(kinds(written, "host.discard")) is may


def test_a_resume_meanwhile_keeps_the_branch() -> None:
    story = Story(*LEFT)
    run, _ = discards(story)
    assert not wanted("host.discard", run, story.tell(RetryRequested(ADA)))


@pytest.mark.parametrize(
    "events", [TO_CODING, (*TO_CODING, StopRequested(BEN)), (*TO_PR, StopRequested(BEN))]
)
def test_there_is_nothing_to_discard_at_work_without_a_branch_or_with_a_pull_request(
    events: tuple[Event, ...],
) -> None:
    assert not thread_presses.fits(Story(*events).run, thread_presses.DISCARD)
