"""Another attempt: what is kept of the one before it."""

from dataclasses import replace

from tasks.domain import plan as plans
from tasks.domain.checks import GateResult
from tasks.domain.folds.theirs import nothing_of_ours
from tasks.domain.remarks import Heard, Standing
from tasks.domain.risk import Risk
from tasks.domain.run import HUMAN_COMMITS, Run, RunState
from tasks.domain.verdict import Outcome


def another_attempt(run: Run) -> Run:
    """Everything that is known of the repository and of earlier work stays; rounds, verdicts and failures begin anew."""
    if run.pushed_oid and (run.foreign or (run.failure and run.failure.code == HUMAN_COMMITS)):
        return _kept_of_the_repository(run, from_the_start(run, RunState.provisioning))
    if _stands(run) or _on_their_branch(run):
        return _looked_at_again(run)
    known = run.inspection is not None and run.inspection.found
    state = RunState.queued if known and run.base_oid else RunState.received
    return from_the_start(run, state)


def _stands(run: Run) -> bool:
    """Whether the pushed head is whole and nothing speaks against it: then it is judged again, not made again."""
    unopened = run.effect_failure is not None and run.effect_failure.kind == "host.open_pr"
    pushed = run.submission is not None and run.submission.oid == run.pushed_oid
    made = pushed and (run.pr is not None or unopened)
    held_against_it = run.ci_result == "red" or run.review_outcome == Outcome.blocked
    return made and not run.unheard and not held_against_it and not run.untested


def _on_their_branch(run: Run) -> bool:
    """Whether commits of this run are on a person's branch: those are never made anew, whatever is held against them."""
    return run.is_theirs and run.pr is not None and run.commands_known and not nothing_of_ours(run)


def _looked_at_again(run: Run) -> Run:
    """From its checks on; or from the pull request, where the branch stands and only that could not be opened."""
    gates, gated_oid, risk = _gates_of_the_head(run)
    items = plans.mark(run.plan, plans.PULL_REQUEST, plans.ItemStatus.in_progress)
    state = RunState.pr_open if run.pr else RunState.verifying
    return replace(
        _kept_of_the_repository(run, from_the_start(run, state)),
        gates=gates,
        gated_oid=gated_oid,
        risk=risk,
        plan=plans.mark(items, plans.REVIEW, plans.ItemStatus.pending),
    )


def _gates_of_the_head(run: Run) -> tuple[tuple[GateResult, ...], str, Risk | None]:
    """What the gates said of the pushed head, also where a round after it came as far as its own gates, and no further."""
    before = run.round.before if run.round and not run.round.over else run
    known = run if run.gated_oid == run.pushed_oid else before
    return (known.gates, known.gated_oid, known.risk) if known.gated_oid == run.pushed_oid else ((), "", None)


def _kept_of_the_repository(run: Run, fresh: Run) -> Run:
    """What an attempt knows that begins with a pull request and not with the request."""
    return replace(
        fresh,
        submission=run.submission,
        commands=run.commands,
        commands_known=run.commands_known,
        has_tests=run.has_tests,
        isolation=run.isolation,
        workspace=run.workspace,
        rules=run.rules,
        lenses=run.lenses,
        plan=run.plan,
        steering_seen=run.steering_seen,
    )


def _put_back(heard: Heard) -> Heard:
    """What a broken round did not answer waits for the next one."""
    return replace(heard, standing=Standing.waiting) if heard.standing is Standing.working else heard


def from_the_start(run: Run, state: RunState) -> Run:
    """A fresh attempt that knows what earlier ones learned and cost."""
    fresh = Run(run.id, run.seq, run.request, run.title, run.clock, state=state)
    return replace(
        fresh,
        attempt=run.attempt + 1,
        titled=run.titled,
        repo=run.repo,
        repo_reason=run.repo_reason,
        repo_answer=run.repo_answer,
        repo_guess=run.repo_guess,
        login=run.login,
        asked_base=run.asked_base,
        inspection=run.inspection,
        base_ref=run.base_ref,
        base_oid=run.base_oid,
        steering=run.steering,
        questions_asked=run.questions_asked,
        turns=run.turns,
        cost_usd=run.cost_usd,
        cost_before=run.cost_usd,
        cost_known=run.cost_known,
        wip_oid=run.wip_oid,
        pushed_oid=run.pushed_oid,
        branch=run.branch,
        pr=run.pr,
        pr_opened_at=run.pr_opened_at,
        card=run.card,
        posts=run.posts,
        remarks=tuple(map(_put_back, run.remarks)),
        rounds=run.rounds,
        rounds_alone=run.rounds_alone,
        held_by=run.held_by,
        foreign=run.foreign,
        adopted=run.adopted,
        known_heads=run.known_heads,
        feedback=run.feedback,
        deliver=run.deliver,
        pushes=run.pushes,
        risk_shown=run.risk_shown,
        thread=run.thread.anew(),
    )
