"""A run as the fold of its events: apply(run, recorded) → run. Facts about an old head are ignored here, and only here."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from integrations.types.chat import MessageRef
from integrations.types.code_host import CheckState, Conclusion
from tasks.domain import plan as plans
from tasks.domain.checks import GateOutcome, GateResult, blocks
from tasks.domain.events import (
    Accepted,
    BranchPushed,
    CardPosted,
    ChecksSeen,
    CiChanged,
    CiJudged,
    Disputed,
    DisputeDecided,
    EffectFailed,
    Event,
    Failed,
    Gated,
    LensReported,
    MadeReady,
    Noted,
    PlanMade,
    Posted,
    Provisioned,
    PullRequestMoved,
    PullRequestOpened,
    QuestionAnswered,
    QuestionAsked,
    Recorded,
    Refused,
    Replied,
    RepoChosen,
    RepoInspected,
    RetryRequested,
    ReviewSettled,
    ReviewStarted,
    RunRequested,
    StepFailed,
    StopRequested,
    Submitted,
    Titled,
    TurnTaken,
)
from tasks.domain.plan import PlanItem
from tasks.domain.request import Person, RunRequest
from tasks.domain.sla import Clock
from tasks.domain.verdict import Finding, LensVerdict, Outcome, Severity


class RunState(StrEnum):
    """Where a run stands (UX §3.1)."""

    received = "received"
    triaging = "triaging"
    needs_input = "needs_input"
    queued = "queued"
    provisioning = "provisioning"
    planning = "planning"
    coding = "coding"
    verifying = "verifying"
    pr_open = "pr_open"
    ci_fixing = "ci_fixing"
    reviewing = "reviewing"
    revising = "revising"
    disputed = "disputed"
    ready = "ready"
    merged = "merged"
    closed = "closed"
    declined = "declined"
    cancelled = "cancelled"
    failed = "failed"


ENDED = frozenset({RunState.merged, RunState.closed, RunState.declined, RunState.cancelled, RunState.failed})
"""No step follows these by itself; a person's retry or follow-up may."""

WORKING = frozenset({RunState.planning, RunState.coding, RunState.ci_fixing, RunState.revising})
"""The worker's loop runs in these."""

HUMAN_COMMITS = "GIT-004"
"""Somebody else pushed to our branch."""

JUDGED = frozenset({RunState.pr_open, RunState.reviewing})
"""CI's word counts in these: before the review, and when it changes in the middle of it."""

IN_REVIEW = frozenset({RunState.pr_open, RunState.ci_fixing, RunState.reviewing, RunState.revising})


@dataclass(frozen=True, slots=True)
class Steer:
    """A person's words meant for the agent; `seq` is the fact's place in the stream."""

    text: str
    by: Person
    seq: int


@dataclass(frozen=True, slots=True)
class Question:
    number: int
    kind: str
    text: str
    options: tuple[str, ...] = ()
    why: str = ""
    message: MessageRef | None = None


@dataclass(frozen=True, slots=True)
class PullRequestRef:
    number: int
    url: str
    head_oid: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One run. Oids are full commit ids; money is in US dollars; `seq` is the last event folded in."""

    id: str
    seq: int
    request: RunRequest
    title: str
    clock: Clock
    state: RunState = RunState.received
    state_since: datetime | None = None
    titled: bool = False
    attempt: int = 1
    repo: str = ""
    repo_reason: str = ""
    login: str = ""
    asked_base: str | None = None
    inspection: RepoInspected | None = None
    base_ref: str = ""
    base_oid: str = ""
    isolation: str = ""
    commands: tuple[tuple[str, str], ...] = ()
    commands_known: bool = False
    has_tests: bool = True
    plan: tuple[PlanItem, ...] = ()
    question: Question | None = None
    questions_asked: int = 0
    repo_answer: str | None = None
    answer: str | None = None
    steering: tuple[Steer, ...] = ()
    steering_seen: int = 0
    turns: int = 0
    cost_usd: float = 0.0
    cost_known: bool = True
    wip_oid: str = ""
    submission: Submitted | None = None
    gates: tuple[GateResult, ...] = ()
    gated_oid: str = ""
    gate_round: int = 0
    pushed_oid: str = ""
    branch: str = ""
    pr: PullRequestRef | None = None
    checks: tuple[CheckState, ...] = ()
    checks_settled: bool = False
    checks_logs: tuple[tuple[str, str], ...] = ()
    checks_stale: bool = True
    ci_result: str = ""
    ci_excerpt: str = ""
    ci_round: int = 0
    review_head: str = ""
    review_round: int = 0
    review_outcome: str = ""
    granted_rounds: int = 0
    verdicts: tuple[LensVerdict, ...] = ()
    waived: str = ""
    failure: Failed | None = None
    refusal: Refused | None = None
    stopped_by: Person | None = None
    closed_by: str = ""
    step_failure: StepFailed | None = None
    effect_failure: EffectFailed | None = None
    notes: tuple[Noted, ...] = ()
    card: MessageRef | None = None
    posts: tuple[tuple[str, MessageRef], ...] = ()
    pr_opened_at: datetime | None = None
    ready_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def head_oid(self) -> str:
        """The head that is pushed, or "" before the first push."""
        return self.pushed_oid

    @property
    def red_checks(self) -> tuple[CheckState, ...]:
        """Checks of the head that failed; one that waits for a maintainer's approval has not run yet."""
        return tuple(
            c for c in self.checks if c.conclusion.is_red and c.conclusion is not Conclusion.action_required
        )

    @property
    def ci_is_red(self) -> bool:
        """Whether the newest snapshot of the head's checks is complete and not green."""
        return self.checks_settled and bool(self.red_checks)

    @property
    def ci_wants_approval(self) -> bool:
        """Whether the code host waits for a maintainer before it runs a check."""
        return any(c.conclusion is Conclusion.action_required for c in self.checks)

    @property
    def work_round(self) -> int:
        """How often work was handed back to the author so far: by a gate, CI or a reviewer."""
        return self.gate_round + self.ci_round + max(0, self.review_round - 1)

    def open_findings(self) -> tuple[Finding, ...]:
        """Blocking findings on the reviewed head that nobody waived."""
        if self.waived:
            return ()
        return tuple(
            f
            for v in self.current_verdicts()
            for f in v.findings
            if f.severity is Severity.blocking and f.status == "open"
        )

    def current_verdicts(self) -> tuple[LensVerdict, ...]:
        """Verdicts on the head under review; older ones are history."""
        return tuple(v for v in self.verdicts if v.head_oid == self.review_head)


def fold(run_id: str, events: tuple[Recorded, ...]) -> Run:
    """The run after all its events; raises ValueError where the first is not RunRequested."""
    if not events or not isinstance(events[0].event, RunRequested):
        raise ValueError(f"{run_id} does not begin with RunRequested")
    run = begin(run_id, events[0])
    for recorded in events[1:]:
        run = apply(run, recorded)
    return run


def begin(run_id: str, first: Recorded) -> Run:
    """The run right after its first event."""
    event = first.event
    assert isinstance(event, RunRequested)
    clock = Clock(event.request.received_at, event.request.sla_s)
    return Run(run_id, first.seq, event.request, event.title, clock, state_since=first.at)


def apply(run: Run, recorded: Recorded) -> Run:
    """The run after one more event. Pure; never raises on an event that came late or twice."""
    after = _apply(replace(run, seq=recorded.seq), recorded.event, recorded)
    if after.state is not run.state:
        paused = after.state in (RunState.needs_input, RunState.disputed)
        clock = after.clock.pause(recorded.at) if paused else after.clock.resume(recorded.at)
        ended = recorded.at if after.state in ENDED else None
        after = replace(after, clock=clock, state_since=recorded.at, ended_at=ended)
    return after


def _apply(run: Run, event: Event, recorded: Recorded) -> Run:
    match event:
        case CardPosted() | Posted() | RepoInspected() | BranchPushed() | PullRequestOpened() | ChecksSeen():
            return _result(run, event, recorded)
        case MadeReady() | EffectFailed():
            return _result(run, event, recorded)
        case Replied() | QuestionAnswered() | StopRequested() | RetryRequested() | DisputeDecided():
            return _spoken(run, event, recorded)
        case CiChanged() | PullRequestMoved():
            return _heard(run, event)
        case RunRequested():
            return run
        case Noted():
            return _decided(run, event)
        case _:
            return _decided(replace(run, step_failure=None), event)


def _spoken(run: Run, event: Event, recorded: Recorded) -> Run:
    match event:
        case Replied(by, text, _, steering):
            return replace(run, steering=(*run.steering, Steer(text, by, recorded.seq))) if steering else run
        case QuestionAnswered(number, answer):
            return _answered(run, number, answer)
        case StopRequested(by) if run.state not in ENDED:
            return replace(run, state=RunState.cancelled, stopped_by=by, question=None)
        case RetryRequested() if run.state in (RunState.failed, RunState.cancelled):
            return _another_attempt(run)
        case DisputeDecided(_, fix, reason) if run.state is RunState.disputed:
            if fix:
                return replace(run, state=RunState.revising, granted_rounds=run.granted_rounds + 1)
            waived = reason or "no reason was given"
            return replace(run, state=RunState.reviewing, waived=waived, review_outcome=Outcome.passed)
    return run


def _answered(run: Run, number: int, answer: str) -> Run:
    question = run.question
    if question is None or question.number != number or run.state is not RunState.needs_input:
        return run
    if question.kind == "repo":
        return replace(run, state=RunState.triaging, question=None, repo_answer=answer)
    return replace(run, state=RunState.coding, question=None, answer=answer)


def _another_attempt(run: Run) -> Run:
    """Everything that is known of the repository and of earlier work stays; rounds, verdicts and failures begin anew."""
    if _stands(run):
        return _looked_at_again(run)
    known = run.inspection is not None and run.inspection.found
    state = RunState.queued if known and run.base_oid else RunState.received
    return _from_the_start(run, state)


def _stands(run: Run) -> bool:
    """Whether the pushed head is whole and nothing speaks against it: then it is judged again, not made again."""
    made = run.submission is not None and run.submission.oid == run.pushed_oid and run.pr is not None
    held_against_it = run.ci_result == "red" or run.review_outcome == Outcome.blocked
    heard = all(steer.seq <= run.steering_seen for steer in run.steering)
    moved = run.failure is not None and run.failure.code == HUMAN_COMMITS
    return made and heard and not held_against_it and not moved


def _looked_at_again(run: Run) -> Run:
    items = plans.mark(run.plan, plans.PULL_REQUEST, plans.ItemStatus.in_progress)
    return replace(
        _from_the_start(run, RunState.pr_open),
        submission=run.submission,
        gates=run.gates,
        gated_oid=run.gated_oid,
        commands=run.commands,
        commands_known=run.commands_known,
        has_tests=run.has_tests,
        isolation=run.isolation,
        plan=plans.mark(items, plans.REVIEW, plans.ItemStatus.pending),
        steering_seen=run.steering_seen,
    )


def _from_the_start(run: Run, state: RunState) -> Run:
    fresh = Run(run.id, run.seq, run.request, run.title, run.clock, state=state)
    return replace(
        fresh,
        attempt=run.attempt + 1,
        titled=run.titled,
        repo=run.repo,
        repo_reason=run.repo_reason,
        repo_answer=run.repo_answer,
        login=run.login,
        asked_base=run.asked_base,
        inspection=run.inspection,
        base_ref=run.base_ref,
        base_oid=run.base_oid,
        steering=run.steering,
        questions_asked=run.questions_asked,
        turns=run.turns,
        cost_usd=run.cost_usd,
        cost_known=run.cost_known,
        wip_oid=run.wip_oid,
        pushed_oid=run.pushed_oid,
        branch=run.branch,
        pr=run.pr,
        pr_opened_at=run.pr_opened_at,
        card=run.card,
        posts=run.posts,
    )


def _heard(run: Run, event: Event) -> Run:
    match event:
        case CiChanged(head_oid) if head_oid == run.head_oid:
            return replace(run, checks_stale=True)
        case PullRequestMoved(number, state, merged, _, by) if run.pr and run.pr.number == number:
            if merged:
                return replace(run, state=RunState.merged, closed_by=by or run.closed_by, question=None)
            if state == "closed" and run.state is not RunState.merged:
                return replace(run, state=RunState.closed, closed_by=by or run.closed_by, question=None)
    return run


def _result(run: Run, event: Event, recorded: Recorded) -> Run:
    match event:
        case CardPosted(message):
            return replace(run, card=message)
        case Posted(name, message):
            question = run.question
            if question and name in ("M2", "M3") and question.message is None:
                question = replace(question, message=message)
            return replace(run, posts=(*run.posts, (name, message)), question=question)
        case RepoInspected(repo) if repo == run.repo and run.state is RunState.triaging:
            return replace(run, inspection=event)
        case BranchPushed(branch, oid):
            return _pushed(run, branch, oid)
        case PullRequestOpened(number, url, head_oid):
            pr = PullRequestRef(number, url, head_oid, recorded.at)
            return _opened(replace(run, pr=pr, pr_opened_at=run.pr_opened_at or recorded.at), head_oid)
        case ChecksSeen(head_oid, checks, settled, logs) if head_oid == run.head_oid:
            return replace(run, checks=checks, checks_settled=settled, checks_logs=logs, checks_stale=False)
        case MadeReady() if run.state is RunState.reviewing:
            items = plans.mark(run.plan, plans.REVIEW, plans.ItemStatus.complete)
            return replace(run, state=RunState.ready, ready_at=recorded.at, plan=items)
        case EffectFailed() if run.state not in ENDED:
            return replace(run, effect_failure=event)
    return run


def _pushed(run: Run, branch: str, oid: str) -> Run:
    """A new head: whatever was seen or said of the one before it, a waiver too, no longer counts."""
    if oid == run.pushed_oid:
        return _opened(run, oid)
    after = replace(
        run,
        branch=branch,
        pushed_oid=oid,
        waived="",
        checks=(),
        checks_settled=False,
        checks_logs=(),
        checks_stale=True,
        ci_result="",
        ci_excerpt="",
    )
    return _opened(after, oid)


def _opened(run: Run, head_oid: str) -> Run:
    """On to CI, if this is what the run waited for: an answer that comes late or twice moves nothing."""
    awaited = run.state is RunState.verifying and run.submission and run.submission.oid == head_oid
    if run.pr is None or not awaited:
        return run
    items = plans.mark(run.plan, plans.CHECKS, plans.ItemStatus.complete)
    items = plans.mark(items, plans.PULL_REQUEST, plans.ItemStatus.in_progress)
    return replace(run, state=RunState.pr_open, plan=items, pr=replace(run.pr, head_oid=head_oid))


def _decided(run: Run, event: Event) -> Run:
    if run.state in ENDED:
        return _after_the_end(run, event)
    match event:
        case RepoChosen(repo, reason, base, login):
            chosen = replace(run, repo=repo, repo_reason=reason, asked_base=base, login=login)
            return replace(chosen, state=RunState.triaging, inspection=None)
        case QuestionAsked(number, kind, text, options, why):
            question = Question(number, kind, text, options, why)
            return replace(run, state=RunState.needs_input, question=question, questions_asked=number)
        case Refused():
            return replace(run, state=RunState.declined, refusal=event)
        case Accepted():
            seen = run.inspection
            assert seen is not None
            return replace(run, state=RunState.queued, base_ref=seen.base_ref, base_oid=seen.base_oid)
        case Titled(title):
            return replace(run, title=title, titled=True)
        case StepFailed():
            return replace(run, step_failure=event)
        case Failed():
            return replace(run, state=RunState.failed, failure=event)
        case Noted():
            return replace(run, notes=(*run.notes, event))
        case Provisioned() | PlanMade() | TurnTaken() | Submitted() | Gated():
            return _worked(run, event)
    return _judged(run, event)


def _after_the_end(run: Run, event: Event) -> Run:
    """A turn that was in flight when the run ended still cost money; nothing else counts any more."""
    return _spent(run, event) if isinstance(event, TurnTaken) else run


def _spent(run: Run, event: TurnTaken) -> Run:
    return replace(
        run,
        turns=run.turns + 1,
        cost_usd=run.cost_usd + (event.cost_usd or 0.0),
        cost_known=run.cost_known and event.cost_usd is not None,
        wip_oid=event.wip_oid or run.wip_oid,
        steering_seen=max(run.steering_seen, event.steering_seen),
    )


def _worked(run: Run, event: Event) -> Run:
    match event:
        case Provisioned():
            return replace(
                run,
                state=RunState.planning,
                commands=event.commands,
                commands_known=True,
                has_tests=event.has_tests,
                isolation=event.isolation,
                plan=plans.start_work(plans.with_work(()), 0),
            )
        case PlanMade(titles):
            state = RunState.coding if run.state is RunState.planning else run.state
            return replace(run, state=state, plan=plans.start_work(plans.with_work(titles), 0))
        case TurnTaken(role):
            after = replace(_spent(run, event), answer=None) if role == "worker" else _spent(run, event)
            return replace(after, state=RunState.coding) if after.state is RunState.planning else after
        case Submitted():
            items = plans.mark(plans.work_done(run.plan), plans.CHECKS, plans.ItemStatus.in_progress)
            return replace(
                run, state=RunState.verifying, submission=event, gates=(), gated_oid="", plan=items
            )
        case Gated(oid, results) if run.submission and run.submission.oid == oid:
            return _gated(replace(run, gates=results, gated_oid=oid))
    return run


def _gated(run: Run) -> Run:
    if not blocks(run.gates):
        return run
    items = plans.mark(run.plan, plans.CHECKS, plans.ItemStatus.error)
    if any(g.outcome is GateOutcome.broken for g in run.gates):
        return replace(run, plan=items)
    return replace(run, state=RunState.coding, gate_round=run.gate_round + 1, plan=items)


def _judged(run: Run, event: Event) -> Run:
    match event:
        case CiJudged(head_oid, result, excerpt) if head_oid == run.head_oid and run.state in JUDGED:
            judged = replace(run, ci_result=result, ci_excerpt=excerpt)
            if result == "red":
                items = plans.mark(run.plan, plans.PULL_REQUEST, plans.ItemStatus.error)
                return replace(judged, state=RunState.ci_fixing, ci_round=run.ci_round + 1, plan=items)
            items = plans.mark(run.plan, plans.PULL_REQUEST, plans.ItemStatus.complete)
            items = plans.mark(items, plans.REVIEW, plans.ItemStatus.in_progress)
            return replace(judged, state=RunState.reviewing, plan=items)
        case ReviewStarted(head_oid, number):
            return replace(run, review_head=head_oid, review_round=number, review_outcome="")
        case LensReported(verdict, cost):
            others = tuple(
                v for v in run.verdicts if (v.lens, v.head_oid) != (verdict.lens, verdict.head_oid)
            )
            return replace(run, verdicts=(*others, verdict), cost_usd=run.cost_usd + (cost or 0.0))
        case ReviewSettled(head_oid, outcome) if head_oid == run.review_head:
            settled = replace(run, review_outcome=outcome)
            return replace(settled, state=RunState.revising) if outcome == Outcome.blocked else settled
        case Disputed():
            items = plans.mark(run.plan, plans.REVIEW, plans.ItemStatus.error)
            return replace(run, state=RunState.disputed, plan=items)
    return run
