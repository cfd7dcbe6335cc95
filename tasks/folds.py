"""Every state of the runs that were written about lately, so that a write costs only the events since the last one."""

from collections import OrderedDict
from threading import Lock
from typing import Protocol

from tasks.domain.events import Recorded
from tasks.domain.fold import apply, begin
from tasks.domain.run import Run

RUNS = 128


class Reads(Protocol):
    """What of a transaction is needed (tasks.store.store.Tx)."""

    def events(self, run_id: str, *, after: int = 0) -> tuple[Recorded, ...]: ...


class Folds:
    """Safe for threads; never the truth. Hand it reading transactions only: what it keeps must have been committed."""

    def __init__(self, runs: int = RUNS) -> None:
        self._runs = runs
        self._known: OrderedDict[str, tuple[Run, ...]] = OrderedDict()
        self._lock = Lock()

    def of(self, tx: Reads, run_id: str) -> tuple[Run, ...]:
        """The run after its first event, after its second, and so on to now. Raises UnknownEvent, KeyError."""
        with self._lock:
            states = list(self._known.get(run_id, ()))
        fresh = tx.events(run_id, after=states[-1].seq if states else 0)
        for recorded in fresh:
            states.append(apply(states[-1], recorded) if states else begin(run_id, recorded))
        if not states:
            raise KeyError(run_id)
        with self._lock:
            self._known[run_id] = tuple(states)
            self._known.move_to_end(run_id)
            if len(self._known) > self._runs:
                self._known.popitem(last=False)
        return tuple(states)
