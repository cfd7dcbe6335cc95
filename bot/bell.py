"""Rings for a run and says at once whether the broker heard it, so that the card can be honest about it."""

from kombu.exceptions import OperationalError as BrokerDown

from tasks.queue import celery_app, ring


class Bell:
    """One ring per call, without retries; called from intake's own threads, never on the way of an answer."""

    def __init__(self, broker_url: str) -> None:
        self._app = celery_app(broker_url)

    def wake(self, run_id: str) -> bool:
        """False when the broker cannot be reached; the sweep finds the run then."""
        try:
            ring(self._app, run_id)
        except (BrokerDown, OSError):
            return False
        return True
