"""The sweep: rings again for every due run that nobody drives and whose ring was lost, and says so when nobody can."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from tasks import failpoints
from tasks.begin import begin_due
from tasks.domain.decisions import Noted
from tasks.domain.run import Run, RunState
from tasks.kept import begin_overdue
from tasks.messages.waiting import queued, told_ahead
from tasks.queue import Doorbell
from tasks.store.errors import StoreDown
from tasks.store.pacing import stand_before
from tasks.store.store import Store, Tx

log = structlog.get_logger(__name__)
RING_AGAIN_S = 5.0
SILENT_AFTER_S = 30.0
PATIENCE_S = 3.0
WAITING = (RunState.received, RunState.triaging, RunState.queued)
BUSY_AFTER_S = 5.0
"""So long a run may lie before its place in the line is told: usually somebody takes it up sooner."""
NOBODY = "SYS-001"
IN_LINE = "CAP-002"


@dataclass(frozen=True, slots=True)
class Sweep:
    """Safe to run twice at the same time: a ring too many finds the lease taken.

    A run is never rung for while a ring for it waits in a queue, so that an absence of workers leaves one message per run.
    """

    store: Store
    doorbell: Doorbell
    every_s: float = 1.0

    def run(self, closing: threading.Event) -> None:
        """Works until `closing` is set."""
        while not closing.wait(self.every_s):
            try:
                self.once()
            except StoreDown as down:
                log.warning("sweep_cannot_reach_sql", error=str(down))

    def once(self) -> tuple[str, ...]:
        """One round; returns the runs that are due, of which it rings for those that no ring waits for."""
        with self.store.writing() as tx:
            begin_overdue(tx)
            begin_due(tx)
            due = tx.due(woken_before=tx.now - timedelta(seconds=RING_AGAIN_S))
            tx.mark_woken(due)
        if due:
            failpoints.reached("sweep.marked")
        self._tell_who_waits(due, self._ring(due))
        return due

    def _ring(self, due: tuple[str, ...]) -> bool:
        """Whether the broker was reached."""
        waiting = self.doorbell.waiting() if due else frozenset()
        if waiting is None:
            return False
        heard = [self.doorbell.wake(run_id) for run_id in due if run_id not in waiting]
        return all(heard)

    def _tell_who_waits(self, due: tuple[str, ...], reached: bool) -> None:
        if not due:
            return
        with self.store.writing() as tx:
            if reached and _someone_works(tx):
                _tell_who_stands_in_line(tx, due)
                return
            for run in tx.readable(due):
                if _waits_in_silence(run, tx.now):
                    tx.append(run.id, Noted(NOBODY, _sentence(tx)))


def _tell_who_stands_in_line(tx: Tx, due: tuple[str, ...]) -> None:
    """Again only when half of those ahead are gone, so that a long queue costs few edits."""
    for run in tx.readable(due):
        if run.state not in WAITING or (tx.now - run.request.received_at).total_seconds() < BUSY_AFTER_S:
            continue
        ahead = stand_before(tx.conn, tx.now, run.id)
        told = next((told_ahead(n.sentence) for n in reversed(run.notes) if n.code == IN_LINE), None)
        if ahead and (told is None or ahead * 2 <= told):
            tx.append(run.id, Noted(IN_LINE, queued(ahead, tx.now)))


def _someone_works(tx: Tx) -> bool:
    return any(w.ready and _alive(w.seen_at, tx.now) for w in tx.workers() if w.kind == "worker")


def _alive(seen_at: datetime, now: datetime) -> bool:
    return (now - seen_at).total_seconds() <= SILENT_AFTER_S


def _waits_in_silence(run: Run, now: datetime) -> bool:
    told = any(note.code == NOBODY for note in run.notes)
    waited = (now - run.request.received_at).total_seconds()
    return run.state in WAITING and not told and waited >= PATIENCE_S


def _sentence(tx: Tx) -> str:
    seen = [w.seen_at for w in tx.workers() if w.kind == "worker"]
    since = f" since {max(seen):%H:%M} UTC" if seen else ""
    return f"Accepted. My workers are down{since}. The clock is running; work starts by itself when they are back."
