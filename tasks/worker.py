"""The Celery side of a worker: one task, three lines, and a consumer for it."""

from typing import Any

from celery import Celery, signals

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


def consumer(app: Celery, *, name: str, queues: frozenset[str], concurrency: int) -> Any:
    """Celery's own worker, not yet started. It leaves logging as it is: connecting to `setup_logging` is how it is told to

    (https://docs.celeryq.dev/en/stable/userguide/signals.html#setup-logging); otherwise it raises the level of every logger.
    """
    signals.setup_logging.connect(_as_it_is, weak=False)
    return app.Worker(
        pool_cls="threads",
        concurrency=concurrency,
        queues=sorted(queues),
        hostname=name,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )


def _as_it_is(**_: object) -> None:
    """Whoever started this process has configured its logging."""
