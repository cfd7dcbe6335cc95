"""Restates the request as a title, so that the requester sees at once whether they were understood."""

from tasks.domain.events import Event, Titled
from tasks.domain.run import Run
from tasks.steps.ports import Recorder, StepPorts
from tasks.steps.run.triage_title import restate

PATIENCE_S = 2.0


def title(run: Run, *, ports: StepPorts, log: Recorder) -> Event:
    """The title of the triager, or the first sentence as it stands when there is none in time."""
    del log
    restated = restate(run.request.text, model=ports.model, timeout_s=PATIENCE_S)
    return Titled(restated or run.title)
