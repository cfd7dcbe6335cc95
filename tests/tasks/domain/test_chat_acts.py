"""What somebody else than the requester says or presses in the thread: it counts once the host has said that they may."""

from dataclasses import replace

import pytest

from integrations.types.chat import MessageRef, UserKind
from integrations.types.code_host import Role
from tasks.domain.decisions import Failed, QuestionAsked
from tasks.domain.effects import effects_of
from tasks.domain.events import Event
from tasks.domain.facts import PressedInChat, QuestionAnswered, Replied, StopRequested
from tasks.domain.presses import begins_again
from tasks.domain.remarks import Foreign, Standing, Why
from tasks.domain.request import Person
from tasks.domain.results import PermissionSeen
from tasks.domain.run import Run, RunState
from tasks.messages.presses import declined
from tests.support.histories import TO_CODING, Story

ADA, BEN = Person("slack", "T1", "U1", "ada"), Person("slack", "T1", "U2")
HERE = MessageRef("C1", "1795185199.000200")
STEER = PressedInChat(BEN, "ben", "steer", "also charges", 9, HERE)
RETRY = PressedInChat(BEN, "ben", "retry", "", 9)
ASKED = (*TO_CODING, QuestionAsked(1, "agent", "Which?", ("a", "b")))
ANSWER = PressedInChat(BEN, "ben", "answer", "b", 9, None, 1)
FAILED = (*TO_CODING, Failed("AGT-003", "It looped."))

Written = list[tuple[str, dict[str, str]]]


def told(*events: Event) -> tuple[Run, Written]:
    """The run after these events, and what the last of them causes to be written."""
    story = Story(*events[:-1])
    before = story.run
    after = story.tell(events[-1])
    return after, [(e.kind, dict(e.data)) for e in effects_of(before, events[-1], after)]


def seen(
    events: tuple[Event, ...],
    role: Role,
    *,
    user_id: int = 9,
    person: UserKind = UserKind.member,
    unasked: bool = False,
) -> PermissionSeen:
    return PermissionSeen(f"chat:{Story(*events).run.seq}", "ben", user_id, role, False, person, unasked)


def after(
    events: tuple[Event, ...], act: PressedInChat, role: Role = Role.write, **more: object
) -> tuple[Run, Written]:
    given = (*events, act)
    return told(*given, seen(given, role, **more))  # type: ignore[arg-type]  # as in seen


@pytest.mark.parametrize(("events", "act"), [(TO_CODING, STEER), (ASKED, ANSWER), (FAILED, RETRY)])
def test_nothing_happens_before_the_host_has_answered(events: tuple[Event, ...], act: PressedInChat) -> None:
    before = Story(*events).run
    run, written = told(*events, act)
    assert [kind for kind, _ in written] == ["host.permission"]
    assert (run.state, run.steering, run.question) == (before.state, before.steering, before.question)


def test_words_of_somebody_who_may_write_steer_like_the_requesters_own() -> None:
    run, written = after(TO_CODING, STEER)
    assert [(s.text, s.by.name) for s in run.steering] == [("also charges", "ben")]
    assert ("chat.ack", {"channel": HERE.channel, "ts": HERE.ts, "name": "eyes"}) in written
    direct, same = told(*TO_CODING, Replied(BEN, "also charges", HERE, True))
    assert len(direct.steering) == 1 and set(map(str, same)) <= set(map(str, written))


def test_an_answer_of_somebody_who_may_write_answers() -> None:
    run, written = after(ASKED, ANSWER)
    assert (run.state, run.answer) == (RunState.coding, "b")
    assert ("chat.settle", {"question": "1", "answer": "b", "by": "U2"}) in written


def test_a_retry_of_somebody_who_may_write_is_another_attempt() -> None:
    run, _ = after(FAILED, RETRY)
    assert run.attempt == 2 and run.state is not RunState.failed


REFUSALS: list[tuple[dict[str, object], Role, str]] = [
    ({}, Role.read, Why.role),
    ({}, Role.triage, Why.role),
    ({}, Role.none, Why.role),
    ({"user_id": 10}, Role.admin, Why.account),
    ({"person": UserKind.guest}, Role.admin, Why.person),
    ({"person": UserKind.stranger}, Role.admin, Why.person),
    ({"person": UserKind.deactivated}, Role.admin, Why.person),
    ({"person": UserKind.unknown}, Role.admin, Why.person),
    ({"unasked": True, "user_id": 0}, Role.none, Why.unasked),
]


@pytest.mark.parametrize(("more", "role", "why"), REFUSALS)
@pytest.mark.parametrize(("events", "act"), [(TO_CODING, STEER), (ASKED, ANSWER), (FAILED, RETRY)])
def test_who_may_not_changes_nothing_and_is_told_why_in_private(
    events: tuple[Event, ...], act: PressedInChat, more: dict[str, object], role: Role, why: str
) -> None:
    before = Story(*events).run
    run, written = after(events, act, role, **more)
    assert (run.state, run.steering, run.question) == (before.state, before.steering, before.question)
    heard = run.remarks[-1]
    assert (heard.standing, heard.why) == (Standing.refused, why)
    locked = [("chat.ack", {"channel": HERE.channel, "ts": HERE.ts, "name": "lock"})] if act.message else []
    assert written == [("chat.whisper", {"name": "press", "remark": heard.remark.key}), *locked]
    said = declined(run, heard).text
    assert said.startswith("Not done") and "acme/api" not in said


def test_the_refusal_names_what_they_have_what_is_needed_and_who_can() -> None:
    run, _ = after(TO_CODING, STEER, Role.triage)
    said = declined(run, run.remarks[-1]).text
    assert "has triage" in said and "needs write access, or to be the person who asked" in said
    assert "Anyone who has that can do it." in said


def test_an_answer_to_a_question_that_was_answered_meanwhile_is_moot() -> None:
    """UX-11: the other one's answer stands, and the late one is told so."""
    events = (*ASKED, ANSWER, QuestionAnswered(1, "a", ADA))
    key = Story(*ASKED, ANSWER).run.seq
    run, written = told(*events, PermissionSeen(f"chat:{key}", "ben", 9, Role.write))
    assert (run.answer, run.remarks[-1].standing) == ("a", Standing.moot)
    assert [kind for kind, _ in written] == ["chat.whisper"]
    assert "has moved on" in declined(run, run.remarks[-1]).text
    again = (*ASKED, ANSWER, QuestionAnswered(1, "a", ADA), QuestionAsked(2, "agent", "And?", ("a", "b")))
    run, _ = told(*again, PermissionSeen(f"chat:{key}", "ben", 9, Role.write))
    assert run.question is not None and run.question.number == 2, "nor does it answer the next one"


def test_words_for_a_run_that_was_stopped_meanwhile_are_moot() -> None:
    key = Story(*TO_CODING, STEER).run.seq
    run, _ = told(*TO_CODING, STEER, StopRequested(ADA), PermissionSeen(f"chat:{key}", "ben", 9, Role.write))
    assert run.steering == () and run.remarks[-1].standing is Standing.moot


def test_for_a_repository_the_role_on_the_one_that_was_picked_counts() -> None:
    asked = (*TO_CODING[:1], QuestionAsked(1, "repo", "Which repo is this?", ("acme/api", "acme/web")))
    pick = PressedInChat(BEN, "ben", "answer", "acme/web", 9, None, 1)
    run, written = told(*asked, pick)
    assert written == [("host.permission", {"remark": f"chat:{run.seq}", "repo": "acme/web"})]
    run, _ = after(asked, pick)
    assert run.repo_answer == "acme/web" and run.state is RunState.triaging


def test_somebody_who_may_write_moves_the_run_to_another_repository() -> None:
    moves = PressedInChat(BEN, "ben", "change repo", "acme/other", 9)
    run, _ = after(TO_CODING, moves)
    assert (run.state, run.repo) == (RunState.triaging, "") and run.remarks[-1].standing is Standing.done
    refused, _ = after(TO_CODING, moves, Role.read)
    assert refused.repo == "acme/api" and refused.remarks[-1].standing is Standing.refused


def test_a_retry_goes_on_from_somebody_elses_push_only_where_people_have_the_head() -> None:
    run = Story(*TO_CODING).run
    for state in RunState:
        there = replace(run, state=state)
        over = state in (RunState.failed, RunState.cancelled)
        assert begins_again(there) is over
        waits = state in (RunState.ready, RunState.needs_input)
        assert begins_again(replace(there, foreign=Foreign("e" * 40))) is (over or waits)
