"""What a press in the chat comes to once the host has said who it was."""

from dataclasses import replace

import pytest

from integrations.types.chat import MessageRef
from integrations.types.code_host import Role
from tasks.domain import presses
from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.decisions import Failed, Gated, RemarksAnswered, RoundStarted
from tasks.domain.effects import effects_of
from tasks.domain.events import Event
from tasks.domain.facts import (
    Chip,
    FeedbackGiven,
    PressedInChat,
    PullRequestMoved,
    RetryRequested,
    StopRequested,
)
from tasks.domain.next_step import Decide, Rest, Wait, next_step
from tasks.domain.remarks import Kind, Standing
from tasks.domain.request import Person
from tasks.domain.results import BranchPushed, MadeReady, PermissionSeen, Posted, PullRequestOpened
from tasks.domain.run import Run, RunState
from tasks.messages import posts
from tasks.messages.code_host import pr_body
from tasks.messages.words import Links
from tests.support.histories import ONE, POLICY, TO_CODING, TO_READY, Story, submitted

ADA, BEN = Person("slack", "T1", "U1", "ada"), Person("slack", "T1", "U2")
POSTED: tuple[Event, ...] = (*TO_READY, Posted("M6", MessageRef("C1", "9.0")))
CHANGE = PressedInChat(BEN, "ben", "request", "Also charges.")
CLOSE = PressedInChat(BEN, "ben", "close")


def seen(role: Role, *, seq: int | None = None, login: str = "ben", user_id: int = 9) -> PermissionSeen:
    return PermissionSeen(f"chat:{seq or len(POSTED) + 2}", login, user_id, role)


def last(*events: Event) -> tuple[Run, list[tuple[str, dict[str, str]]]]:
    """The run after these events, and what the last of them causes to be written."""
    story = Story(*events[:-1])
    before = story.run
    after = story.tell(events[-1])
    return after, [(e.kind, dict(e.data)) for e in effects_of(before, events[-1], after)]


def test_a_press_asks_the_host_and_does_nothing_before_it_answers() -> None:
    run, written = last(*POSTED, CHANGE)
    assert written == [("host.permission", {"remark": f"chat:{run.seq}"})]
    assert run.waiting_remarks() == () and run.state is RunState.ready


def test_words_from_the_chat_are_shown_on_the_pull_request_and_become_a_round() -> None:
    run, written = last(*POSTED, CHANGE, seen(Role.write))
    key = f"chat:{run.seq - 1}"
    assert [h.remark.text for h in run.waiting_remarks()] == ["Also charges."]
    assert written == [("host.relay", {"remark": key}), ("chat.amend", {"name": "M6"})]
    story = Story(*POSTED, CHANGE, seen(Role.write))
    story.now = story.now.replace(hour=14)
    step = next_step(story.run, POLICY, story.now)
    assert step == Decide(RoundStarted(1, Kind.comments, (key,), ONE))
    begun, drawn = last(*POSTED, CHANGE, seen(Role.write), RoundStarted(1, Kind.comments, (key,), ONE))
    assert begun.state is RunState.revising and ("chat.amend", {"name": "M6"}) in drawn
    over, answered = last(
        *POSTED, CHANGE, seen(Role.write), RoundStarted(1, Kind.comments, (key,), ONE),
        RemarksAnswered(1, (), "", ()),
    )  # fmt: skip
    assert over.state is RunState.ready and ("host.answer", {"remark": key}) in answered


@pytest.mark.parametrize("pressed", [CHANGE, CLOSE])
@pytest.mark.parametrize("role", [Role.none, Role.read, Role.triage])
def test_whoever_may_not_write_is_told_privately_and_nothing_else_happens(
    pressed: PressedInChat, role: Role
) -> None:
    run, written = last(*POSTED, pressed, seen(role))
    assert [h.standing for h in run.remarks] == [Standing.refused]
    assert written == [("chat.whisper", {"name": "press", "remark": f"chat:{run.seq - 1}"})]
    assert run.state is RunState.ready and run.closing is None


def test_the_requester_closes_whatever_role_they_have_and_the_chat_is_told_who_it_was() -> None:
    by_ada = PressedInChat(ADA, "ada", "close")
    run, written = last(*POSTED, by_ada, seen(Role.none, login="ada"))
    assert written[0] == ("host.close", {"remark": f"chat:{run.seq - 1}"}) and run.closing is not None
    closed, drawn = last(
        *POSTED,
        by_ada,
        seen(Role.none, login="ada"),
        PullRequestMoved(812, "closed", False, ONE, "sortie[bot]"),
    )
    assert closed.state is RunState.closed and closed.closing is not None and closed.closing.id == "U1"
    assert ("chat.amend", {"name": "M6"}) in drawn
    again, nothing = last(
        *POSTED, by_ada, seen(Role.none, login="ada"), PullRequestMoved(812, "closed", False, ONE, "sortie[bot]"),
        PullRequestMoved(812, "closed", False, ONE),
    )  # fmt: skip
    assert again.state is RunState.closed and nothing == []


def test_the_requester_asks_for_changes_only_while_they_may_write() -> None:
    run, _ = last(*POSTED, PressedInChat(ADA, "ada", "request", "x"), seen(Role.read, login="ada"))
    assert run.remarks[0].standing is Standing.refused


def test_a_press_that_comes_too_late_is_moot_and_said_so() -> None:
    run, written = last(*POSTED, CHANGE, StopRequested(BEN), seen(Role.write))
    assert run.state is RunState.cancelled and run.remarks[0].standing is Standing.moot
    assert [kind for kind, _ in written] == ["chat.whisper"]


def test_an_answer_of_the_host_that_comes_twice_does_nothing_twice() -> None:
    _, written = last(*POSTED, CLOSE, seen(Role.write), seen(Role.write))
    assert written == []


def test_the_last_word_of_each_person_counts_and_survives_a_retry() -> None:
    bad = FeedbackGiven(BEN, False, (Chip.wrong_fix,), "no")
    run, written = last(*POSTED, FeedbackGiven(BEN, True), FeedbackGiven(ADA, True), bad)
    assert run.feedback == (FeedbackGiven(ADA, True), bad) and written == []
    assert run.state is RunState.ready and isinstance(POSTED[-2], MadeReady)


# --- untested ---------------------------------------------------------------------------------------------------------

FAILING = GateResult("test", GateOutcome.failed, "pass", "fail", "One fails.", command="pytest -q")


def failed(*gates: GateResult) -> tuple[Event, ...]:
    """A run that gave up on its checks, with the post about it."""
    return (
        *TO_CODING, submitted(), Gated(ONE, (FAILING, *gates)), Failed("AGT-007", "The checks still fail."),
        Posted("M8", MessageRef("C1", "9.0")),
    )  # fmt: skip


def opened(*more: Event, role: Role = Role.write) -> tuple[Event, ...]:
    before = failed()
    answer = PermissionSeen(f"chat:{len(before) + 2}", "ben", 9, role)
    return (*before, PressedInChat(BEN, "ben", "open untested"), answer, *more)


PUSHED = BranchPushed("sortie/R-1042-x", ONE)
OPENED = PullRequestOpened(812, "http://host/acme/api/pull/812", ONE)


def test_a_failed_change_is_opened_untested_and_the_run_stays_failed() -> None:
    run, written = last(*opened())
    assert run.state is RunState.verifying and ("host.push", {"oid": ONE, "expected": ""}) in written
    assert next_step(run, POLICY, Story().now) == Wait("the push")
    _, then = last(*opened(PUSHED))
    assert ("host.open_pr", {"head": ONE}) in then
    done, told = last(*opened(PUSHED, OPENED))
    assert done.state is RunState.failed and done.failure is not None and done.pr is not None
    assert ("chat.amend", {"name": "M8"}) in told and (
        "host.labels",
        {"labels": "sortie:needs-human"},
    ) in told
    assert "host.checks" not in dict(told) and ("chat.post", {"name": "M5"}) not in told
    assert next_step(done, POLICY, Story().now) == Rest()
    assert pr_body(done, links=Links("http://x")).split("\n")[1].startswith("**Untested.** The checks")


def test_an_untested_change_is_worked_on_again_by_a_retry_and_never_just_judged() -> None:
    run, written = last(*opened(PUSHED, OPENED, RetryRequested(ADA)))
    assert run.state is RunState.queued and run.untested is None
    assert ("host.unlabel", {"labels": "sortie:needs-human"}) in written


@pytest.mark.parametrize(
    "gate",
    [
        GateResult("secrets", GateOutcome.failed, "not run", "fail", "1 place may hold a secret."),
        GateResult("protected-paths", GateOutcome.needs_human, "not run", "pass", "a person must look."),
        GateResult("file-modes", GateOutcome.broken, "not run", "not run"),
        GateResult("coverage", GateOutcome.needs_human, "pass", "pass", "less", command="pytest"),
    ],
)
def test_what_a_person_must_look_at_is_not_opened_untested_either(gate: GateResult) -> None:
    run = Story(*failed(gate)).run
    assert not presses.fits(run, presses.UNTESTED) and presses.held_back(run) == (gate.name,)
    told = str(posts.failed(run, now=Story().now, links=Links("http://x")))
    assert "cannot be opened untested" in told and gate.name in told and "task_untested" not in told
    key = f"chat:{run.seq + 1}"
    after, written = last(
        *failed(gate), PressedInChat(BEN, "ben", "open untested"), PermissionSeen(key, "ben", 9, Role.admin)
    )
    assert after.state is RunState.failed and [kind for kind, _ in written] == ["chat.whisper"]


def test_only_who_may_write_opens_untested_and_only_what_the_gates_have_seen() -> None:
    refused, written = last(*opened(role=Role.triage))
    assert refused.state is RunState.failed and [kind for kind, _ in written] == ["chat.whisper"]
    by_ada = (*failed(), PressedInChat(ADA, "ada", "open untested"))
    run, _ = last(*by_ada, PermissionSeen(f"chat:{len(by_ada) + 1}", "ada", 7, Role.read))
    assert run.state is RunState.failed, "not by having asked for it"
    ungated = Story(*TO_CODING, submitted(), Failed("SBX-010", "no sandbox")).run
    assert not presses.fits(ungated, presses.UNTESTED)
    assert "task_untested" not in str(posts.failed(ungated, now=Story().now, links=Links("http://x")))


@pytest.mark.parametrize("state", list(RunState))
def test_a_pull_request_is_closed_from_the_chat_only_where_nothing_goes_on(state: RunState) -> None:
    run = replace(Story(*POSTED).run, state=state)
    closable = state in (RunState.ready, RunState.failed, RunState.cancelled)
    assert presses.fits(run, presses.CLOSE) is closable
    assert not presses.fits(replace(run, pr=None), presses.CLOSE)
    assert presses.fits(run, "anything else") is False
    assert presses.held_back(replace(run, submission=None)) == ()
