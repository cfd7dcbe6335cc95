"""A dispute that is decided by a button in the chat: the code host says who may, as for a comment."""

from dataclasses import replace

import pytest

from integrations.types.code_host import Role
from tasks.domain.decisions import Disputed
from tasks.domain.effects import effects_of
from tasks.domain.events import Event
from tasks.domain.facts import PressedInChat, StopRequested
from tasks.domain.remarks import Remark, Standing, Why
from tasks.domain.request import Person
from tasks.domain.results import BranchPushed, PermissionSeen
from tasks.domain.run import Run, RunState
from tests.support.histories import ONE, TO_PR, TWO, Story, checks, gated, review, submitted

BEN = Person("slack", "T1", "U2")
BEN_ON_GITHUB = Person("slack", "T1", "U2", "ben")
DISPUTED: tuple[Event, ...] = (*TO_PR, checks(), *review(ONE, 2, "blocked"), Disputed(ONE))
FIX = PressedInChat(BEN, "ben", "fix it")
WAIVE = PressedInChat(BEN, "ben", "not a problem", "redacted upstream")
KEY = f"chat:{len(DISPUTED) + 2}"


def seen(role: Role = Role.write, *, owner: bool = False) -> PermissionSeen:
    return PermissionSeen(KEY, "ben", 9, role, owner)


def last(*events: Event) -> tuple[Run, list[tuple[str, dict[str, str]]]]:
    """The run after these events, and what the last of them causes to be written."""
    story = Story(*events[:-1])
    before = story.run
    after = story.tell(events[-1])
    return after, [(e.kind, dict(e.data)) for e in effects_of(before, events[-1], after)]


def remark(run: Run) -> Remark:
    found = run.heard(KEY)
    assert found is not None
    return found.remark


@pytest.mark.parametrize("pressed", [FIX, WAIVE])
def test_nothing_is_decided_before_the_host_has_said_who_it_was(pressed: PressedInChat) -> None:
    run, written = last(*DISPUTED, pressed)
    assert run.state is RunState.disputed and run.open_findings()
    assert written == [("host.permission", {"remark": KEY})]
    assert (remark(run).needs, remark(run).owner) == (Role.write, pressed is WAIVE)


def test_who_may_write_has_it_fixed_and_the_post_says_who_decided() -> None:
    run, written = last(*DISPUTED, FIX, seen())
    assert (run.state, run.granted_rounds, run.granted_by) == (RunState.revising, 1, BEN_ON_GITHUB)
    assert ("chat.settle", {"name": "M7", "answer": "fix it", "by": "U2"}) in written


def test_a_code_owner_waives_and_the_name_of_the_account_is_kept_with_the_reason() -> None:
    run, written = last(*DISPUTED, WAIVE, seen(owner=True))
    assert (run.state, run.waived) == (RunState.reviewing, "redacted upstream")
    told = [f.settled for v in run.verdicts for f in v.findings]
    assert told == ["ben: redacted upstream"]
    kinds = [kind for kind, _ in written]
    assert {"chat.settle", "host.verdicts", "host.ready"} <= set(kinds)


@pytest.mark.parametrize(
    ("pressed", "answer", "why"),
    [
        (FIX, seen(Role.read), Why.role),
        (FIX, seen(Role.triage), Why.role),
        (WAIVE, seen(Role.none, owner=True), Why.role),
        (WAIVE, seen(Role.admin), Why.owner),
    ],
)
def test_who_may_not_is_told_privately_and_the_dispute_stays(
    pressed: PressedInChat, answer: PermissionSeen, why: str
) -> None:
    run, written = last(*DISPUTED, pressed, answer)
    found = run.heard(KEY)
    assert found is not None and (found.standing, found.why) == (Standing.refused, why)
    assert run.state is RunState.disputed and run.open_findings() and not run.waived
    assert written == [("chat.whisper", {"name": "press", "remark": KEY})]


def test_the_requester_needs_the_same_rights_as_everybody() -> None:
    ada = Person("slack", "T1", "U1")
    run, _ = last(*DISPUTED, replace(FIX, by=ada, login="ada"), seen(Role.read))
    assert run.state is RunState.disputed


def test_a_press_settles_no_dispute_that_began_after_it() -> None:
    again = (BranchPushed("b", TWO), *review(TWO, 3, "blocked"), Disputed(TWO))
    other = PressedInChat(BEN, "ben", "fix it")
    theirs = PermissionSeen(f"chat:{len(DISPUTED) + 3}", "ben", 9, Role.write)
    between = (theirs, submitted(TWO, ONE), gated(TWO), *again)
    run, written = last(*DISPUTED, WAIVE, other, *between, seen(owner=True))
    found = run.heard(KEY)
    assert run.state is RunState.disputed and not run.waived
    assert found is not None and (found.standing, found.why) == (Standing.moot, Why.moved_on)
    assert [kind for kind, _ in written] == ["chat.whisper"]


def test_a_press_that_comes_after_the_end_does_nothing() -> None:
    run, written = last(*DISPUTED, FIX, StopRequested(BEN), seen())
    assert run.state is RunState.cancelled and [kind for kind, _ in written] == ["chat.whisper"]


def test_the_answer_that_comes_twice_decides_once() -> None:
    run, written = last(*DISPUTED, FIX, seen(), seen())
    assert run.granted_rounds == 1 and written == []
