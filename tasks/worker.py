"""The Celery side of a worker: one task, three lines."""

from celery import Celery

from tasks.drive import Driving, drive, note_bug
from tasks.queue import DRIVE


def register(app: Celery, driving: Driving) -> None:
    """Gives the app its task, with everything it needs handed in."""

    @app.task(name=DRIVE, shared=False)  # type: ignore[untyped-decorator]  # celery has no types
    def look_at(run_id: str) -> None:
        try:
            drive(run_id, driving)
        except Exception as bug:  # the task's boundary: our bug becomes an event of the run
            note_bug(run_id, bug, driving)
            raise
