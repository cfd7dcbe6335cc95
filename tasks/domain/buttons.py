"""The buttons of the check run sortie/review: which command each stands for, and when it is offered. Pure."""

from tasks.domain.remarks import Standing
from tasks.domain.run import Run, RunState

FIX = "fix findings"
BUTTONS = {"fix": FIX, "review": "review", "waive": "waive"}
"""Identifier → the command that a press stands for, in the order people see them."""


def offered(run: Run) -> tuple[str, ...]:
    """Identifiers of the buttons at the head under review: none while it is worked on, or about to be."""
    asked = any(
        h.remark.verb == FIX and h.standing in (Standing.waiting, Standing.working) for h in run.remarks
    )
    at_rest = run.state in (RunState.ready, RunState.disputed) and run.review_head == run.head_oid
    if not at_rest or run.foreign or asked:
        return ()
    fits = {"fix": run.unsettled_findings(), "review": True, "waive": run.open_findings()}
    return tuple(name for name in BUTTONS if fits[name])
