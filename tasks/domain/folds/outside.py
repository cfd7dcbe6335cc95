"""What the code host tells of itself, and the results of our own writes."""

from dataclasses import replace

from integrations.types.code_host import Conclusion
from tasks.domain import plan as plans
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import CiChanged, HeadMoved, PullRequestMoved, Undone
from tasks.domain.folds.talk import round_pushed
from tasks.domain.remarks import Foreign
from tasks.domain.results import (
    BranchPushed,
    CardPosted,
    ChecksSeen,
    EffectFailed,
    HeadAdopted,
    MadeReady,
    Posted,
    PullRequestOpened,
    RepoInspected,
    Suggested,
)
from tasks.domain.run import ENDED, PullRequestRef, Run, RunState


def heard(run: Run, event: Event) -> Run:
    match event:
        case CiChanged(head_oid) if head_oid == run.head_oid:
            return replace(run, checks_stale=True)
        case Undone() if run.state is RunState.merged:
            return replace(run, undone=(*run.undone, event))
        case PullRequestMoved(number, state, merged, _, by) if run.pr and run.pr.number == number:
            if merged:
                after = replace(run, state=RunState.merged, closed_by=by or run.closed_by, question=None)
                return replace(after, merge_oid=event.merge_oid or run.merge_oid)
            if state == "closed" and run.state is not RunState.merged:
                return replace(run, state=RunState.closed, closed_by=by or run.closed_by, question=None)
            return _head_seen(run, event.head_oid, by)
        case HeadMoved(head_oid):
            return _head_seen(run, head_oid, "")
    return run


def _head_seen(run: Run, oid: str, by: str) -> Run:
    """A head that we never made or took over is somebody else's; ours back on the branch ends that."""
    if run.state in ENDED or not oid:
        return run
    if oid == run.pushed_oid:
        return replace(run, foreign=None)
    if oid in run.known_heads or (run.foreign and run.foreign.oid == oid):
        return run
    return replace(run, foreign=Foreign(oid, by))


def result(run: Run, event: Event, recorded: Recorded) -> Run:
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
            return _risk_shown(_pushed(run, branch, oid))
        case Suggested(oid) if run.state is RunState.verifying and run.gated_oid == oid:
            return replace(run, state=RunState.answered)
        case PullRequestOpened(number, url, head_oid):
            pr = PullRequestRef(number, url, head_oid, recorded.at)
            after = replace(run, pr=pr, pr_opened_at=run.pr_opened_at or recorded.at)
            return _risk_shown(_opened(after, head_oid))
        case ChecksSeen(head_oid) if head_oid == run.head_oid:
            return _checked(run, event)
        case MadeReady() if run.state is RunState.reviewing:
            items = plans.mark(run.plan, plans.REVIEW, plans.ItemStatus.complete)
            return replace(run, state=RunState.ready, ready_at=recorded.at, plan=items)
        case HeadAdopted(head_oid, base_oid) if run.state is RunState.provisioning:
            return _risk_shown(_adopted(run, head_oid, base_oid))
        case EffectFailed() if run.state not in ENDED:
            return replace(run, effect_failure=event)
    return run


def _checked(run: Run, seen: ChecksSeen) -> Run:
    """What CI says now; and which checks said both, at one time or another, of this same head."""
    after = replace(
        run,
        checks=seen.checks,
        checks_settled=seen.settled,
        checks_logs=seen.logs,
        checks_stale=False,
        base_red=seen.base_red,
    )
    red = (c.name for c in after.red_checks)
    green = (c.name for c in seen.checks if c.conclusion is Conclusion.success)
    return replace(
        after,
        red_once=tuple(dict.fromkeys((*run.red_once, *red))),
        green_once=tuple(dict.fromkeys((*run.green_once, *green))),
    )


def _risk_shown(run: Run) -> Run:
    """A pull request shows the risk of the commit it holds; of one that no gate judged it is not known."""
    return replace(run, risk_shown=run.risk.level if run.pr and run.risk else None)


def _adopted(run: Run, head_oid: str, base_oid: str) -> Run:
    """From here on the branch is where somebody else left it: their head goes through CI and review like one of ours."""
    after = replace(
        _new_head(run, head_oid),
        base_oid=head_oid if run.is_theirs else base_oid,
        wip_oid=head_oid,
        foreign=None,
        adopted=True,
        known_heads=(*run.known_heads, head_oid),
    )
    if run.pr is None:
        return replace(after, state=RunState.queued)
    items = plans.mark(run.plan, plans.PULL_REQUEST, plans.ItemStatus.in_progress)
    return replace(after, state=RunState.pr_open, plan=items, pr=replace(run.pr, head_oid=head_oid))


def _pushed(run: Run, branch: str, oid: str) -> Run:
    """A new head: whatever was seen or said of the one before it, a waiver too, no longer counts."""
    if oid == run.pushed_oid:
        return _opened(run, oid)
    after = replace(_new_head(run, oid), branch=branch)
    return _opened(round_pushed(after, oid), oid)


def _new_head(run: Run, oid: str) -> Run:
    return replace(
        run,
        pushed_oid=oid,
        waived="",
        granted_by=None,
        hearing=(),
        checks=(),
        checks_settled=False,
        checks_logs=(),
        checks_stale=True,
        ci_result="",
        ci_excerpt="",
        base_red=(),
        red_once=(),
        green_once=(),
    )


def _opened(run: Run, head_oid: str) -> Run:
    """On to CI, if this is what the run waited for: an answer that comes late or twice moves nothing."""
    awaited = run.state is RunState.verifying and run.submission and run.submission.oid == head_oid
    if run.pr is None or not awaited:
        return run
    if run.untested:
        return replace(run, state=RunState.failed, pr=replace(run.pr, head_oid=head_oid))
    items = plans.mark(run.plan, plans.CHECKS, plans.ItemStatus.complete)
    items = plans.mark(items, plans.PULL_REQUEST, plans.ItemStatus.in_progress)
    return replace(run, state=RunState.pr_open, plan=items, pr=replace(run.pr, head_oid=head_oid))
