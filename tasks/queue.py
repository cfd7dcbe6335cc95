"""Celery as a doorbell: the app, its queues, and one way to ring that never makes the caller wait."""

import json
import threading
from queue import Empty, Full, SimpleQueue
from typing import Any, Protocol

from celery import Celery
from kombu.exceptions import OperationalError as BrokerDown

CONTROL, AGENT, GATE = "control", "agent", "gate"
QUEUES = (CONTROL, AGENT, GATE)
DRIVE = "sortie.drive"
SEND_TIMEOUT_S = 0.5
BACKLOG = 10_000
RUN = "run"
"""The header of a message that says which run it rings for."""


def celery_app(broker_url: str) -> Celery:
    """The app for one broker. Messages are acknowledged on receipt and never retried: the sweep finds what got lost."""
    app = Celery("sortie", broker=broker_url or "memory://")
    app.conf.update(
        task_acks_late=False,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_default_queue=CONTROL,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_transport_options={
            "socket_connect_timeout": SEND_TIMEOUT_S,
            "socket_timeout": 10,
            "socket_keepalive": True,
            # kombu otherwise tries a dead broker again and again, for seconds, inside one send.
            "max_retries": 0,
            "interval_start": 0,
            "interval_step": 0,
            "interval_max": 0,
        },
    )
    return app


def ring(app: Celery, run_id: str, queue: str = CONTROL) -> None:
    """One message, without retries. Raises BrokerDown or OSError where the broker does not take it."""
    app.send_task(DRIVE, args=[run_id], queue=queue, retry=False, headers={RUN: run_id})


def unheard(app: Celery) -> frozenset[str] | None:
    """The runs that messages wait for in any queue; None where the broker cannot be asked.

    Nobody consumes a message to learn this: kombu keeps a queue as a Redis list of JSON documents
    (https://docs.celeryq.dev/projects/kombu/en/stable/reference/kombu.transport.redis.html).
    """
    with app.connection_for_read() as connection:
        try:
            client = getattr(connection.default_channel, "client", None)
            found = [raw for name in QUEUES for raw in client.lrange(name, 0, -1)] if client else []
        except (*connection.connection_errors, BrokerDown, OSError):
            return None
    return frozenset(json.loads(raw)["headers"].get(RUN, "") for raw in found)


class Doorbell(Protocol):
    """Rings for a run; `wake` is True when the broker was reachable when last heard of. `waiting`: see `unheard`."""

    def wake(self, run_id: str, queue: str = CONTROL) -> bool: ...

    def waiting(self) -> frozenset[str] | None: ...


class Waker:
    """Rings from a thread of its own, so that an acknowledgement waits for SQL alone. A lost ring costs one sweep."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._calls: SimpleQueue[tuple[str, str] | None] = SimpleQueue()
        self._reachable = True
        self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
        self._thread.start()

    def wake(self, run_id: str, queue: str = CONTROL) -> bool:
        """Asks that somebody drive this run. Never blocks and never raises."""
        if self._calls.qsize() < BACKLOG:
            self._calls.put((run_id, queue))
        return self._reachable

    def waiting(self) -> frozenset[str] | None:
        """The runs that rings wait for, unheard; None while the broker cannot be asked."""
        return unheard(self._app)

    def close(self) -> None:
        """Sends what is queued and ends the thread."""
        self._calls.put(None)
        self._thread.join(5)

    @property
    def reachable(self) -> bool:
        """Whether the last ring was heard."""
        return self._reachable

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            self._reachable = self._send(*call)

    def _send(self, run_id: str, queue: str) -> bool:
        try:
            ring(self._app, run_id, queue)
        except (BrokerDown, OSError):
            self._drain()
            return False
        return True

    def _drain(self) -> None:
        """While the broker is away, old calls are worth nothing: the sweep will ring for them."""
        kept: list[Any] = []
        try:
            while True:
                call = self._calls.get_nowait()
                if call is None:
                    kept.append(call)
        except (Empty, Full):
            for call in kept:
                self._calls.put(call)
