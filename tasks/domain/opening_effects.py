"""The message that opens a run's thread, and what is shown in it from the moment it stands. Pure."""

from tasks.domain.effect import Effect, chat
from tasks.domain.events import Event
from tasks.domain.facts import RetryRequested, RunRequested
from tasks.domain.folds.opened import without_thread
from tasks.domain.results import ThreadOpened
from tasks.domain.run import Run, RunState

ROOT = "chat.root"


def opening_effects(before: Run | None, event: Event, after: Run) -> tuple[Effect, ...] | None:
    """The writes of a run that has no thread yet, or has one just now; None where every other rule holds."""
    if without_thread(after):
        opens = isinstance(event, RunRequested | RetryRequested)
        return (chat("root", slot="root", priority=2),) if opens else ()
    if before and without_thread(before) and isinstance(event, ThreadOpened):
        return _shown(after)
    return None


def _shown(run: Run) -> tuple[Effect, ...]:
    """What any run shows; and of one that was stopped before it could be seen, that it was."""
    shown = (chat("reaction", slot="reaction"), chat("session", slot="session"), chat("card", slot="card"))
    stopped = run.state is RunState.cancelled
    return (*shown, chat("post", priority=1, lane="stop", name="M14")) if stopped else shown
