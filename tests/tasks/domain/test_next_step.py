"""What a run does next, told as situations."""

from datetime import timedelta

import pytest

from integrations.types.chat import MessageRef
from integrations.types.code_host import CheckState, Conclusion, Role
from tasks.domain.checks import GateOutcome
from tasks.domain.decisions import (
    CiJudged,
    Disputed,
    Failed,
    FailureClass,
    Noted,
    Provisioned,
    QuestionAsked,
    Refused,
    Reopened,
    RepoChosen,
    RepoGuessed,
    ReviewSettled,
    ReviewStarted,
    StepFailed,
    Titled,
    TurnTaken,
)
from tasks.domain.effects import effects_of
from tasks.domain.events import Event
from tasks.domain.facts import (
    CiChanged,
    DisputeDecided,
    PullRequestMoved,
    QuestionAnswered,
    Replied,
    RetryRequested,
    StopRequested,
)
from tasks.domain.fold import fold
from tasks.domain.next_step import Decide, Do, Rest, Wait, next_step
from tasks.domain.policy import Link, Policy
from tasks.domain.request import Person
from tasks.domain.results import BranchPushed, ChecksSeen, EffectFailed, MadeReady, PullRequestOpened
from tasks.domain.run import RunState
from tests.support.histories import (
    BASE,
    ONE,
    POLICY,
    TO_ACCEPTED,
    TO_CODING,
    TO_PR,
    TO_READY,
    TO_REVIEWED,
    TWO,
    Story,
    checks,
    gated,
    inspected,
    review,
    submitted,
)

BEN = Person("slack", "T1", "U2", "ben")


def step(story: Story, policy: Policy = POLICY) -> Decide | Do | Wait | Rest:
    return next_step(story.run, policy, story.now)


def decided(story: Story, policy: Policy = POLICY) -> Event:
    answer = step(story, policy)
    assert isinstance(answer, Decide), answer
    return answer.event


def test_the_happy_path_asks_for_each_step_once() -> None:
    story, asked = Story(), []
    for event in TO_READY:
        answer = step(story)
        asked.append(answer.step if isinstance(answer, Do) else type(answer).__name__)
        story.tell(event)
    assert [name for name in dict.fromkeys(asked) if name.islower()] == [
        "title",
        "provision",
        "code",
        "gate",
        "review",
    ]
    assert story.run.state is RunState.ready
    assert step(story) == Rest()


def test_an_unlinked_person_is_refused_before_anything_is_asked_of_the_code_host() -> None:
    assert decided(Story(), Policy(repos=("acme/api",))) == Refused(
        "AUTH-001", "Connect your GitHub account to start this."
    )


def test_a_person_who_may_only_read_is_refused_with_their_role() -> None:
    story = Story(RepoChosen("acme/api", "x", None, "ada"), inspected(role=Role.triage))
    refusal = decided(story)
    assert isinstance(refusal, Refused)
    assert refusal.code == "AUTH-003" and "triage" in refusal.sentence


def test_a_repository_nobody_knows_is_refused_without_naming_its_state() -> None:
    story = Story(RepoChosen("acme/api", "x", None, "ada"))
    story.tell(type(inspected())("acme/api", found=False))
    refusal = decided(story)
    assert isinstance(refusal, Refused) and refusal.code == "REPO-002"


def test_where_nothing_decides_the_repository_a_person_is_asked_and_the_clock_stands_still() -> None:
    nowhere = Policy(repos=("acme/api", "acme/web"), links=(Link("T1", "U1", "ada"),))
    story = Story()
    assert step(story, nowhere) == Do("guess")
    story.tell(RepoGuessed())
    question = decided(story, nowhere)
    assert isinstance(question, QuestionAsked) and question.options == ("acme/api", "acme/web")
    story.tell(question)
    due = story.run.clock.due_at(story.now)
    story.now += timedelta(minutes=10)
    assert isinstance(step(story, nowhere), Wait)
    assert story.run.clock.due_at(story.now) == due + timedelta(minutes=10)
    story.tell(QuestionAnswered(question.number, "acme/web", BEN))
    assert decided(story, nowhere) == RepoChosen("acme/web", "you picked it", None, "ada")
    assert story.run.clock.paused_since is None


def test_two_routing_words_for_different_repositories_are_a_question_not_a_guess() -> None:
    rules = (("refunds", "acme/api"), ("null", "acme/web"))
    policy = Policy(repos=POLICY.repos, links=POLICY.links, channel_repo=POLICY.channel_repo, routing=rules)
    asked = decided(Story(), policy)
    assert isinstance(asked, QuestionAsked) and asked.options == ("acme/api", "acme/web")


def test_new_failures_go_back_to_the_author_and_old_ones_do_not() -> None:
    story = Story(*TO_CODING, submitted(), gated(outcome=GateOutcome.failed))
    assert (story.run.state, step(story)) == (RunState.coding, Do("code"))
    story = Story(*TO_CODING, submitted(), gated(outcome=GateOutcome.red_before))
    note = decided(story)
    assert isinstance(note, Noted) and note.code == "REPO-007" and "main" in note.sentence
    story.tell(note)
    assert isinstance(step(story), Wait)


def test_a_repository_without_tests_is_named_as_such_once_and_worked_on() -> None:
    story = Story(*TO_ACCEPTED, Titled("x"), Provisioned(BASE, (), False, "full"))
    note = decided(story)
    assert isinstance(note, Noted) and note.code == "REPO-005"
    story.tell(note)
    assert step(story) == Do("code")


def test_gates_that_could_not_run_are_not_the_authors_fault() -> None:
    failed = decided(Story(*TO_CODING, submitted(), gated(outcome=GateOutcome.broken)))
    assert isinstance(failed, Failed) and failed.code == "SBX-010"


def test_gates_that_stay_red_end_the_run_with_its_work_kept() -> None:
    story = Story(*TO_CODING)
    for _ in range(POLICY.gate_rounds + 1):
        story.tell(submitted(), gated(outcome=GateOutcome.failed))
    failed = decided(story)
    assert isinstance(failed, Failed) and failed.code == "AGT-007" and "kept" in failed.left


def test_red_ci_sends_the_run_back_to_the_worker_twice_and_no_more() -> None:
    story = Story(*TO_PR)
    for expected in (Do("code"), Do("code"), None):
        story.tell(checks(story.run.head_oid, Conclusion.failure))
        judged = decided(story)
        assert isinstance(judged, CiJudged) and judged.result == "red"
        story.tell(judged)
        if expected:
            assert step(story) == expected
            oid = TWO if story.run.head_oid == ONE else ONE
            story.tell(submitted(oid), gated(oid), BranchPushed("sortie/R-1042-x", oid))
            assert story.run.state is RunState.pr_open
    failed = decided(story)
    assert isinstance(failed, Failed) and failed.code == "CI-003"


def test_a_check_on_an_old_head_changes_nothing() -> None:
    story = Story(*TO_PR, submitted(TWO), gated(TWO), BranchPushed("sortie/R-1042-x", TWO))
    before = story.run
    story.tell(checks(ONE, Conclusion.failure), CiChanged(ONE))
    assert (story.run.checks, story.run.state) == (before.checks, before.state)


def test_ci_is_not_judged_while_something_still_runs_or_news_is_out() -> None:
    story = Story(*TO_PR, checks(settled=False))
    assert isinstance(step(story), Wait)
    story.tell(checks(), CiChanged(ONE))
    assert isinstance(step(story), Wait)
    story.tell(checks())
    assert decided(story) == CiJudged(ONE, "green")


def test_a_repository_without_ci_is_found_out_after_a_grace() -> None:
    story = Story(*TO_PR, ChecksSeen(ONE, (), True))
    waiting = step(story)
    assert isinstance(waiting, Wait) and waiting.until is not None
    story.now = waiting.until
    assert decided(story) == CiJudged(ONE, "none")


def test_ci_that_never_finishes_ends_in_a_persons_hands_and_a_retry_waits_again() -> None:
    story = Story(*TO_PR, checks(conclusion=Conclusion.pending, settled=False))
    grace = step(story)
    assert isinstance(grace, Wait) and grace.until is not None
    story.now = grace.until
    patience = step(story)
    assert isinstance(patience, Wait) and patience.until is not None
    story.now = patience.until
    failed = decided(story)
    assert isinstance(failed, Failed) and failed.code == "CI-007" and "tests" in failed.happened
    story.tell(failed, RetryRequested(BEN))
    assert story.run.state is RunState.pr_open and isinstance(step(story), Wait)


@pytest.mark.parametrize("conclusion", [Conclusion.cancelled, Conclusion.stale])
def test_ci_that_was_called_off_is_no_fault_of_the_author(conclusion: Conclusion) -> None:
    story = Story(*TO_PR, checks(conclusion=conclusion))
    grace = step(story)
    assert isinstance(grace, Wait) and grace.until is not None, "it may be run again by itself"
    story.now = grace.until
    failed = decided(story)
    assert isinstance(failed, Failed) and failed.code == "CI-006"
    story.tell(failed)
    assert story.run.ci_round == 0


def test_a_failed_check_counts_beside_one_that_was_called_off() -> None:
    both = (CheckState("lint", Conclusion.cancelled), CheckState("tests", Conclusion.failure))
    story = Story(*TO_PR, ChecksSeen(ONE, both, True))
    judged = decided(story)
    assert isinstance(judged, CiJudged) and judged.result == "red"


@pytest.mark.parametrize("told", [TO_PR, TO_REVIEWED], ids=["in CI", "before ready"])
def test_words_that_come_after_the_work_was_handed_in_are_heard_before_ready(told: tuple[Event, ...]) -> None:
    story = Story(*told, Replied(BEN, "also charges", MessageRef("C1", "9.0"), True))
    assert decided(story) == Reopened(ONE)
    story.tell(Reopened(ONE), MadeReady(812))
    assert (story.run.state, step(story)) == (RunState.coding, Do("code")), (
        "a late answer does not make it ready"
    )
    heard = story.run.steering[-1].seq
    story.tell(TurnTaken("worker", 2, ("finish",), 0.1, steering_seen=heard))
    story.tell(submitted(TWO, ONE), gated(TWO), BranchPushed("sortie/R-1042-x", TWO), checks(TWO))
    assert decided(story) == CiJudged(TWO, "green")
    story.tell(CiJudged(TWO, "green"))
    assert decided(story) == ReviewStarted(TWO, story.run.review_round + 1)


def test_words_that_call_for_no_change_lead_to_another_look_at_the_same_head() -> None:
    story = Story(*TO_REVIEWED, Replied(BEN, "thanks, looks good", MessageRef("C1", "9.0"), True))
    story.tell(Reopened(ONE))
    story.tell(TurnTaken("worker", 2, ("finish",), 0.1, steering_seen=story.run.steering[-1].seq))
    story.tell(submitted(), gated(), BranchPushed("sortie/R-1042-x", ONE))
    story.tell(decided(story))
    assert (story.run.state, step(story)) == (RunState.reviewing, Do("review"))
    story.tell(ReviewSettled(ONE, "passed"), MadeReady(812))
    assert story.run.state is RunState.ready


def test_a_blocking_finding_goes_back_to_the_author_and_then_to_a_person() -> None:
    story = Story(*TO_PR, checks(), CiJudged(ONE, "green"), *review(outcome="blocked"))
    assert (story.run.state, step(story)) == (RunState.revising, Do("code"))
    story.tell(
        submitted(TWO, ONE),
        gated(TWO),
        BranchPushed("sortie/R-1042-x", TWO),
        checks(TWO),
        CiJudged(TWO, "green"),
    )
    assert decided(story) == ReviewStarted(TWO, 2)
    story.tell(*review(TWO, 2, "blocked"))
    assert decided(story) == Disputed(TWO)
    story.tell(Disputed(TWO))
    assert isinstance(step(story), Wait) and story.run.clock.paused_since is not None


@pytest.mark.parametrize(("fix", "state"), [(True, RunState.revising), (False, RunState.reviewing)])
def test_a_person_decides_a_dispute(fix: bool, state: RunState) -> None:
    story = Story(*TO_PR, checks(), CiJudged(ONE, "green"), *review(ONE, 2, "blocked"), Disputed(ONE))
    story.tell(DisputeDecided(BEN, fix, "" if fix else "redacted upstream"))
    assert story.run.state is state
    assert step(story) == (Do("code") if fix else Wait("leaving draft"))
    assert bool(story.run.open_findings()) is fix


def test_a_lens_that_could_not_run_is_never_a_pass() -> None:
    story = Story(
        *TO_PR, checks(), CiJudged(ONE, "green"), ReviewStarted(ONE, 1), ReviewSettled(ONE, "unavailable")
    )
    failed = decided(story)
    assert isinstance(failed, Failed) and failed.code == "REV-002"


@pytest.mark.parametrize("n", range(len(TO_READY)))
def test_stop_ends_every_state_and_nothing_follows(n: int) -> None:
    story = Story(*TO_READY[:n], StopRequested(BEN))
    assert story.run.state is RunState.cancelled
    story.tell(*TO_READY[n:])
    assert (story.run.state, step(story)) == (RunState.cancelled, Rest())


def test_money_spent_by_a_turn_that_was_in_flight_at_the_stop_is_counted() -> None:
    story = Story(*TO_CODING)
    spent = story.run.cost_usd
    story.tell(StopRequested(BEN), TurnTaken("worker", 2, ("bash",), 0.25))
    assert story.run.cost_usd == spent + 0.25


def test_a_broken_step_is_tried_again_when_due_and_given_up_after_three() -> None:
    story = Story(*TO_ACCEPTED)
    for attempt in (1, 2):
        story.tell(_broken(story, attempt))
        assert isinstance(step(story), Wait)
        story.now += timedelta(seconds=6)
        assert isinstance(step(story), Do)
    story.tell(_broken(story, 3))
    failed = decided(story)
    assert isinstance(failed, Failed) and failed.code == "SBX-001"


def _broken(story: Story, attempt: int, failure: FailureClass = FailureClass.sandbox) -> StepFailed:
    return StepFailed("provision", failure, "SBX-001", "no", attempt, story.now + timedelta(seconds=5))


def test_an_overloaded_model_is_waited_for_longer_than_a_broken_sandbox() -> None:
    story = Story(*TO_CODING)
    story.tell(_broken(story, 3, FailureClass.model))
    assert isinstance(step(story), Wait)


def test_progress_forgets_an_earlier_failure() -> None:
    story = Story(*TO_CODING)
    story.tell(_broken(story, 2), TurnTaken("worker", 2, (), 0.0))
    assert story.run.step_failure is None


def test_a_refused_push_ends_the_run_with_the_hosts_reason() -> None:
    story = Story(*TO_CODING, submitted(), gated(), EffectFailed("host.push", "GIT-004", "Somebody pushed."))
    failed = decided(story)
    assert isinstance(failed, Failed) and (failed.code, failed.happened) == ("GIT-004", "Somebody pushed.")


def test_a_retry_begins_again_from_the_saved_work_with_a_new_attempt() -> None:
    story = Story(*TO_CODING, Failed("AGT-003", "no"), RetryRequested(BEN))
    assert (story.run.attempt, story.run.state, story.run.wip_oid) == (2, RunState.queued, "w" * 40)
    assert story.run.failure is None and step(story) == Do("provision")


def test_a_retry_after_the_pull_request_could_not_be_opened_opens_it_for_the_branch_that_stands() -> None:
    pushed = TO_PR[:-1]
    refused = EffectFailed("host.open_pr", "GIT-005", "GitHub did not open it.")
    story = Story(*pushed, refused, Failed("GIT-005", "no"))
    before = story.run
    retry = RetryRequested(BEN)
    story.tell(retry)
    assert (story.run.state, step(story)) == (RunState.verifying, Wait("the push"))
    opened = [e for e in effects_of(before, retry, story.run) if e.kind == "host.open_pr"]
    assert [e.get("head") for e in opened] == [ONE]
    story.tell(PullRequestOpened(812, "http://host/acme/api/pull/812", ONE))
    assert story.run.state is RunState.pr_open


def test_merged_and_closed_end_the_run_whatever_came_before() -> None:
    merged = Story(*TO_READY, PullRequestMoved(812, "closed", True, ONE, "ada"))
    assert merged.run.state is RunState.merged
    closed = Story(*TO_PR, PullRequestMoved(812, "closed", False, ONE, "ada"))
    assert (closed.run.state, step(closed)) == (RunState.closed, Rest())


def test_reordered_and_repeated_facts_end_in_the_same_state() -> None:
    story = Story(*TO_REVIEWED)
    story.tell(MadeReady(812), MadeReady(812), checks(), CiChanged(ONE))
    assert story.run.state is RunState.ready


def test_a_reply_never_loses_the_run_its_place() -> None:
    story = Story(*TO_PR)
    story.tell(Replied(BEN, "also charges", MessageRef("C1", "9.0"), True))
    assert story.run.state is RunState.pr_open and story.run.steering[-1].text == "also charges"


def test_folding_the_log_gives_the_run_that_was_lived() -> None:
    story = Story(*TO_READY)
    assert fold("R-1042", tuple(story.recorded)) == story.run
