"""Facts that come late, twice, in the wrong order or after the end: what the pure core must not fall for."""

import pytest

from integrations.types.code_host import Conclusion
from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.decisions import (
    CiJudged,
    Disputed,
    Failed,
    FailureClass,
    Gated,
    Noted,
    QuestionAsked,
    ReviewSettled,
    ReviewStarted,
    StepFailed,
)
from tasks.domain.effect import Effect
from tasks.domain.effects import effects_of
from tasks.domain.events import Event
from tasks.domain.facts import (
    CiChanged,
    DisputeDecided,
    PullRequestMoved,
    QuestionAnswered,
    RetryRequested,
    StopRequested,
)
from tasks.domain.next_action import next_action
from tasks.domain.next_step import Decide, Do, Wait, next_step
from tasks.domain.request import Person
from tasks.domain.results import BranchPushed, MadeReady, PullRequestOpened
from tasks.domain.run import RunState
from tests.support.histories import (
    ONE,
    POLICY,
    TO_CODING,
    TO_PR,
    TO_READY,
    TO_REVIEWED,
    TWO,
    Story,
    checks,
    gated,
    review,
    submitted,
    verdict,
)

BEN, CHEN = Person("slack", "T1", "U2", "ben"), Person("slack", "T1", "U3", "chen")
BRANCH = "sortie/R-1042-x"
OPENED = PullRequestOpened(812, "http://host/acme/api/pull/812", ONE)


def last(*events: Event) -> tuple[Effect, ...]:
    """The writes that the last event alone causes."""
    story = Story(*events[:-1])
    before = story.run
    return effects_of(before, events[-1], story.tell(events[-1]))


def kinds(*events: Event) -> list[str]:
    return [e.kind for e in last(*events)]


def broken() -> Gated:
    return Gated(ONE, (GateResult("test", GateOutcome.broken, "not run", "not run", "No sandbox."),))


def test_a_change_whose_gates_could_not_run_is_never_pushed() -> None:
    assert "host.push" not in kinds(*TO_CODING, submitted(), broken())
    assert "host.push" in kinds(*TO_CODING, submitted(), gated())


def test_gates_of_an_older_submission_push_nothing() -> None:
    assert "host.push" not in kinds(*TO_CODING, submitted(ONE), submitted(TWO), gated(ONE))


@pytest.mark.parametrize("fact", [BranchPushed(BRANCH, ONE), OPENED])
def test_a_late_answer_to_the_last_attempts_write_does_not_move_the_new_attempt(fact: Event) -> None:
    before = (*TO_PR[: TO_PR.index(OPENED)], StopRequested(BEN), RetryRequested(BEN))
    story = Story(*before, fact)
    assert (story.run.attempt, story.run.state) == (2, RunState.queued)
    assert "host.open_pr" not in kinds(*before, fact)


def test_a_pull_request_heard_of_late_is_kept_and_used_by_the_new_attempt() -> None:
    story = Story(*TO_PR[:-1], StopRequested(BEN), RetryRequested(BEN), OPENED)
    assert story.run.pr is not None and story.run.pr.number == 812
    story.tell(*TO_CODING[-3:], submitted(TWO, ONE), gated(TWO), BranchPushed(BRANCH, TWO))
    assert (story.run.state, story.run.pushed_oid) == (RunState.pr_open, TWO)


def test_a_push_or_a_pull_request_told_of_twice_starts_nothing_over() -> None:
    story = Story(*TO_REVIEWED)
    before = story.run
    story.tell(BranchPushed(BRANCH, ONE), OPENED)
    assert (story.run.state, story.run.checks) == (before.state, before.checks)
    assert story.run.checks_settled and story.run.ci_result == "green"


def test_ci_that_turns_red_during_the_review_is_repaired_and_not_announced_as_ready() -> None:
    story = Story(*TO_PR, checks(), CiJudged(ONE, "green"), ReviewStarted(ONE, 1), verdict("correctness"))
    story.tell(CiChanged(ONE), checks(ONE, Conclusion.failure))
    step = next_step(story.run, POLICY, story.now)
    assert isinstance(step, Decide) and step.event == CiJudged(ONE, "red", "tests")
    story.tell(step.event)
    assert (story.run.state, next_step(story.run, POLICY, story.now)) == (RunState.ci_fixing, Do("code"))


def test_checks_that_appear_after_a_repository_seemed_to_have_none_are_judged() -> None:
    story = Story(*TO_PR, CiJudged(ONE, "none"), ReviewStarted(ONE, 1), checks())
    step = next_step(story.run, POLICY, story.now)
    assert isinstance(step, Decide) and step.event == CiJudged(ONE, "green")
    story.tell(step.event)
    assert (story.run.state, story.run.ci_result) == (RunState.reviewing, "green")
    assert next_step(story.run, POLICY, story.now) == Do("review")


def test_a_waiver_is_for_the_head_it_was_given_for() -> None:
    story = Story(*TO_PR, checks(), CiJudged(ONE, "green"), *review(ONE, 2, "blocked"), Disputed(ONE))
    story.tell(DisputeDecided(BEN, False, "redacted upstream"), CiJudged(ONE, "red", "tests"))
    story.tell(
        submitted(TWO, ONE), gated(TWO), BranchPushed(BRANCH, TWO), checks(TWO), CiJudged(TWO, "green")
    )
    step = next_step(story.run, POLICY, story.now)
    assert isinstance(step, Decide) and step.event == ReviewStarted(TWO, 3)
    assert not story.run.waived


def test_a_question_answered_twice_shows_the_answer_that_counted() -> None:
    asked = (QuestionAsked(1, "repo", "Which repo is this?", ("acme/api", "acme/web")),)
    first = QuestionAnswered(1, "acme/api", BEN)
    assert "chat.settle" in kinds(*asked, first)
    assert "chat.settle" not in kinds(*asked, first, QuestionAnswered(1, "acme/web", CHEN))


def test_a_dispute_decided_twice_shows_the_decision_that_counted() -> None:
    disputed = (*TO_PR, *review(ONE, 2, "blocked"), Disputed(ONE))
    first = DisputeDecided(BEN, True)
    assert "chat.settle" in kinds(*disputed, first)
    assert kinds(*disputed, first, DisputeDecided(CHEN, False, "fine")) == []


@pytest.mark.parametrize("fact", [BranchPushed(BRANCH, ONE), OPENED])
def test_what_landed_while_stop_was_on_its_way_is_put_into_the_confirmation(fact: Event) -> None:
    written = last(*TO_PR[: TO_PR.index(OPENED)], StopRequested(BEN), fact)
    assert ("chat.amend", "M14") in [(e.kind, e.get("name")) for e in written]
    assert "host.open_pr" not in [e.kind for e in written]


def test_what_landed_while_the_run_failed_is_put_into_the_post_that_said_so() -> None:
    before = TO_PR[: TO_PR.index(OPENED)]
    failed = Failed("OUT-010", "GitHub gave no answer.")
    posted = next(e for e in last(*before, failed) if e.get("name") == "M8")
    amended = next(e for e in last(*before, failed, OPENED) if e.kind == "chat.amend")
    assert amended.get("name") == "M8" and amended.lane == posted.lane


def test_a_stop_is_confirmed_in_a_lane_of_its_own() -> None:
    stop = next(e for e in last(*TO_PR, StopRequested(BEN)) if e.get("name") == "M14")
    opened = next(e for e in last(*TO_PR) if e.get("name") == "M5")
    assert stop.lane != opened.lane and stop.priority == 1


def test_decoration_never_stands_in_the_way_of_a_push_or_of_leaving_draft() -> None:
    ready = [e for e in last(*TO_REVIEWED) if e.kind.startswith("host.")]
    lanes = {e.kind: e.lane for e in ready}
    assert lanes.pop("host.ready") not in lanes.values()


def test_a_remark_does_not_forget_how_often_a_step_broke() -> None:
    story = Story(*TO_CODING)
    story.tell(StepFailed("code", FailureClass.sandbox, "SBX-007", "no", 2, story.now), Noted("SYS-001", "x"))
    assert story.run.step_failure is not None and story.run.step_failure.attempt == 2


def test_a_merge_told_of_twice_keeps_the_name_of_who_merged() -> None:
    merged = PullRequestMoved(812, "closed", True, ONE, "ada")
    story = Story(*TO_READY, merged, PullRequestMoved(812, "closed", True, ONE))
    assert story.run.closed_by == "ada"


def test_a_retry_after_a_review_that_could_not_run_reviews_the_same_head_again() -> None:
    unreviewed = (*TO_PR, checks(), CiJudged(ONE, "green"), ReviewStarted(ONE, 1))
    down = (ReviewSettled(ONE, "unavailable"), Failed("REV-002", "The model was down."))
    story = Story(*unreviewed, *down, RetryRequested(BEN))
    assert (story.run.state, story.run.attempt, story.run.head_oid) == (RunState.pr_open, 2, ONE)
    assert isinstance(next_step(story.run, POLICY, story.now), Wait)
    assert "host.checks" in kinds(*unreviewed, *down, RetryRequested(BEN))
    story.tell(checks(), CiJudged(ONE, "green"), *review(), MadeReady(812))
    assert story.run.state is RunState.ready


def test_ci_that_waits_for_a_maintainer_is_not_sent_to_the_agent() -> None:
    story = Story(*TO_PR, checks(ONE, Conclusion.action_required))
    step = next_step(story.run, POLICY, story.now)
    assert isinstance(step, Decide) and isinstance(step.event, Noted) and step.event.code == "CI-005"
    story.tell(step.event)
    assert isinstance(next_step(story.run, POLICY, story.now), Wait)
    assert next_action(story.run).reason == "approve_workflow"
    story.tell(checks())
    step = next_step(story.run, POLICY, story.now)
    assert isinstance(step, Decide) and step.event == CiJudged(ONE, "green")
