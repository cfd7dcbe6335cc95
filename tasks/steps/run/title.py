"""Restates the request as a title, so that the requester sees at once whether they were understood."""

from tasks.domain.decisions import Titled
from tasks.domain.events import Event
from tasks.domain.run import Run
from tasks.roles import TRIAGER, model_for
from tasks.steps.ports import Recorder, StepPorts
from tasks.steps.run.asked_there import all_asked
from tasks.steps.run.triage_title import restate

PATIENCE_S = 2.0


def title(run: Run, *, ports: StepPorts, log: Recorder) -> Event:
    """The title of the triager, or the first sentence as it stands when there is none in time."""
    del log
    model_id = model_for(TRIAGER, ports.settings.model.by_role)
    asked = all_asked(run)
    if place := run.request.host:
        asked = f"{asked}\n\n({place.title})"
    restated = restate(asked, model=ports.model, timeout_s=PATIENCE_S, model_id=model_id)
    return Titled(restated.title, restated.question) if restated else Titled(run.title)
