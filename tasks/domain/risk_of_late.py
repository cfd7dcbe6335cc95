"""When a run is at risk to miss its promise (UX, M13). Pure."""

from datetime import datetime

from tasks.domain.request import Deliver
from tasks.domain.run import ENDED, Run, RunState

AT_RISK = "SLA-002"
SHARE = 0.8
_WAITS = (RunState.needs_input, RunState.disputed)
_PROMISED = (Deliver.new_pr,)


def at_risk(run: Run, now: datetime) -> bool:
    """Four fifths of the time are used, no pull request is there, nobody is waited for, and it has not been said."""
    if run.pr is not None or run.state in ENDED or run.state in _WAITS or run.deliver not in _PROMISED:
        return False
    told = any(note.code == AT_RISK for note in run.notes)
    return not told and run.clock.used_s(now) >= SHARE * run.clock.target_s
