"""Work on a person's pull request: from its head on, and never more than commits on its branch."""

from dataclasses import replace

from tasks.domain.decisions import Accepted
from tasks.domain.folds.born import asked_by
from tasks.domain.grants import Pushes, fewer_pushes
from tasks.domain.policy import delivery
from tasks.domain.remarks import Standing
from tasks.domain.results import RepoInspected
from tasks.domain.run import PullRequestRef, Run, RunState


def accepted(run: Run, event: Accepted, seen: RepoInspected) -> Run:
    """What the work is based on. A change of a person's pull request is measured against its head: what was there is not ours."""
    queued = replace(run, state=RunState.queued, deliver=event.deliver, pushes=event.pushes)
    pull = seen.pull
    if pull is None:
        return replace(queued, base_ref=seen.base_ref, base_oid=seen.base_oid)
    if not run.changes:
        return replace(queued, base_ref=seen.base_ref, base_oid=pull.fork_oid)
    return replace(queued, base_ref=pull.head_ref, base_oid=pull.head_oid)


def narrowed(run: Run) -> Run:
    """The repository may take away what the operator grants: then the change becomes a pull request of its own."""
    if not run.is_theirs:
        return run
    left = fewer_pushes(run.pushes, run.rules.pushes)
    return replace(run, deliver=delivery(run, run.rules.pushes or Pushes.anyone), pushes=left)


def taken_up(run: Run) -> Run:
    """Their pull request is the one this run works on from here, and what was asked is its first round."""
    pull = run.inspection.pull if run.inspection else None
    if not run.is_theirs or pull is None:
        return run
    after = replace(run, state=RunState.pr_open)
    if run.pushed_oid:
        return after
    first = asked_by(run)
    waiting = (replace(first, standing=Standing.waiting), *run.remarks[1:]) if first else run.remarks
    return replace(
        after,
        base_ref=run.inspection.base_ref if run.inspection else run.base_ref,
        branch=pull.head_ref,
        pushed_oid=pull.head_oid,
        known_heads=(*run.known_heads, pull.head_oid),
        pr=PullRequestRef(pull.number, pull.url, pull.head_oid, run.request.received_at),
        remarks=waiting,
    )


def nothing_of_ours(run: Run) -> bool:
    """Whether no commit of ours is on their branch: a round that ends so leaves everything as it was."""
    pull = run.inspection.pull if run.inspection else None
    return run.is_theirs and pull is not None and run.pushed_oid == pull.head_oid
