"""A run whose repository was the wrong one: its request, thread and clock stay, everything that was found there goes."""

from dataclasses import replace

from tasks.domain.facts import RepoChanged
from tasks.domain.folds.again import from_the_start
from tasks.domain.run import Run, RunState

_BEFORE_A_PUSH = frozenset(
    {
        RunState.triaging,
        RunState.needs_input,
        RunState.queued,
        RunState.planning,
        RunState.coding,
        RunState.verifying,
    }
)


def may_move(run: Run) -> bool:
    """Whether nothing has left this machine yet, and nothing is about to: what is gated is on its way."""
    gated = run.submission is not None and run.gated_oid == run.submission.oid
    begun = run.state in _BEFORE_A_PUSH and not (run.state is RunState.verifying and gated)
    return begun and run.request.host is None and not run.pushed_oid and run.pr is None


def moved(run: Run, event: RepoChanged) -> Run:
    """Another attempt, so that work under way on the wrong repository is given up."""
    if not may_move(run) or event.repo.lower() == run.repo.lower():
        return run
    fresh = from_the_start(run, RunState.triaging)
    return replace(
        fresh,
        repo="",
        repo_reason="",
        repo_answer=event.repo,
        inspection=None,
        base_ref="",
        base_oid="",
        asked_base=None,
        wip_oid="",
        branch="",
        known_heads=(),
    )
