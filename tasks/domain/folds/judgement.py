"""CI and review: whose word counts for the head, and what follows from it."""

from dataclasses import replace

from tasks.domain import plan as plans
from tasks.domain.decisions import (
    CiJudged,
    Disputed,
    FindingsRebutted,
    LensReported,
    Reopened,
    ReviewSettled,
    ReviewStarted,
)
from tasks.domain.events import Event
from tasks.domain.request import Deliver
from tasks.domain.run import JUDGED, Run, RunState
from tasks.domain.verdict import LENSES, Outcome, with_settled

REOPENED = frozenset({RunState.pr_open, RunState.reviewing})
"""Words that come late open the work again in these."""


def judged(run: Run, event: Event) -> Run:
    match event:
        case CiJudged(head_oid, result, excerpt, rounds) if head_oid == run.head_oid and run.state in JUDGED:
            if run.state is RunState.ready and result != "red":
                return run
            judged = replace(run, ci_result=result, ci_excerpt=excerpt, ci_rounds=rounds)
            if result == "red":
                items = plans.mark(run.plan, plans.PULL_REQUEST, plans.ItemStatus.error)
                return replace(judged, state=RunState.ci_fixing, ci_round=run.ci_round + 1, plan=items)
            items = plans.mark(run.plan, plans.PULL_REQUEST, plans.ItemStatus.complete)
            items = plans.mark(items, plans.REVIEW, plans.ItemStatus.in_progress)
            return replace(judged, state=RunState.reviewing, plan=items)
        case Reopened(head_oid) if head_oid == run.head_oid and run.state in REOPENED:
            items = plans.mark(plans.start_work(run.plan, 0), plans.PULL_REQUEST, plans.ItemStatus.pending)
            items = plans.mark(items, plans.REVIEW, plans.ItemStatus.pending)
            return replace(run, state=RunState.coding, plan=items, gates=(), gated_oid="", review_outcome="")
        case ReviewStarted(head_oid, number, lenses):
            return replace(
                run, review_head=head_oid, review_round=number, review_outcome="", lenses=lenses or LENSES
            )
        case LensReported(verdict, cost):
            others = tuple(
                v for v in run.verdicts if (v.lens, v.head_oid) != (verdict.lens, verdict.head_oid)
            )
            verdicts = (*with_settled(others, verdict.settled), verdict)
            hearing = tuple(lens for lens in run.hearing if lens != verdict.lens)
            return replace(run, verdicts=verdicts, hearing=hearing, cost_usd=run.cost_usd + (cost or 0.0))
        case FindingsRebutted(oid, rebuttals):
            return _rebutted(replace(run, rebuttals=(*run.rebuttals, *rebuttals)), oid)
        case ReviewSettled(head_oid, outcome) if head_oid == run.review_head:
            settled = replace(run, review_outcome=outcome)
            if run.deliver is Deliver.findings and outcome != Outcome.unavailable:
                return replace(settled, state=RunState.answered)
            return replace(settled, state=RunState.revising) if outcome == Outcome.blocked else settled
        case Disputed():
            items = plans.mark(run.plan, plans.REVIEW, plans.ItemStatus.error)
            return replace(run, state=RunState.disputed, plan=items)
    return run


def _rebutted(run: Run, oid: str) -> Run:
    """Where nothing was changed, and the harness saw all that speaks against the findings, their lenses hear it and judge again."""
    findings = run.open_findings()
    unchanged = run.state is RunState.revising and oid == run.review_head == run.head_oid
    if not unchanged or not findings or not all(run.rebutted(f.number) for f in findings):
        return run
    lenses = tuple(dict.fromkeys(f.lens for f in findings))
    return replace(run, state=RunState.reviewing, hearing=lenses, review_head="", review_outcome="")
