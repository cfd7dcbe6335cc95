"""Keeps leases alive from a thread of its own, and tells their holders when to stop."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from tasks.domain.run import ENDED
from tasks.store.errors import StoreDown
from tasks.store.store import Store

log = structlog.get_logger(__name__)
_ENDED = frozenset(str(state) for state in ENDED)
LOOK_EVERY_S = 0.5


@dataclass(slots=True)
class Hold:
    """One lease in our hands. `over` once the run ended, the lease was lost, or this process is leaving."""

    run_id: str
    epoch: int
    over: threading.Event = field(default_factory=threading.Event)
    lost: bool = False


class LeaseKeeper:
    """One per process. The heartbeat is the driver's, never the agent's: a hung agent is still ours to kill."""

    def __init__(
        self, store: Store, *, ttl_s: float, heartbeat_s: float, on_beat: Callable[[], None] | None = None
    ) -> None:
        self._store, self._ttl_s, self._heartbeat_s = store, ttl_s, heartbeat_s
        self._on_beat = on_beat
        self._holds: dict[str, Hold] = {}
        self._owed: list[Hold] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)
        self._thread.start()

    def hold(self, run_id: str, epoch: int) -> Hold:
        """Starts keeping a lease that was just acquired."""
        taken = Hold(run_id, epoch)
        if self._closing.is_set():
            taken.over.set()
        with self._lock:
            self._holds[run_id] = taken
        return taken

    def drop(self, taken: Hold) -> None:
        """Stops keeping it; the row itself is released by the holder."""
        with self._lock:
            if self._holds.get(taken.run_id) is taken:
                del self._holds[taken.run_id]

    def release_later(self, taken: Hold) -> None:
        """Lets a lease go as soon as SQL answers again: one that just runs out looks like a worker that died."""
        with self._lock:
            self._owed.append(taken)

    @property
    def busy(self) -> int:
        """How many runs are in hand."""
        with self._lock:
            return len(self._holds)

    @property
    def leaving(self) -> bool:
        """Whether this process is going away: nothing new is begun."""
        return self._closing.is_set()

    def leave(self) -> None:
        """Tells every holder to let go of the turn in flight."""
        self._closing.set()
        with self._lock:
            for taken in self._holds.values():
                taken.over.set()

    def _run(self) -> None:
        passed = self._heartbeat_s
        while not self._closing.wait(LOOK_EVERY_S):
            passed += LOOK_EVERY_S
            try:
                self._release_owed()
                self._look()
                if passed >= self._heartbeat_s:
                    self._beat()
                    passed = 0.0
            except StoreDown as down:
                log.warning("lease_keeper_cannot_reach_sql", error=str(down))

    def _release_owed(self) -> None:
        with self._lock:
            owed = tuple(self._owed)
        if owed:
            with self._store.writing() as tx:
                for taken in owed:
                    tx.release(taken.run_id, epoch=taken.epoch)
            with self._lock:
                self._owed = [taken for taken in self._owed if taken not in owed]

    def _look(self) -> None:
        with self._lock:
            held = dict(self._holds)
        if not held:
            return
        with self._store.reading() as tx:
            states = tx.states_of(tuple(held))
        for run_id, taken in held.items():
            if states.get(run_id) in _ENDED:
                taken.over.set()

    def _beat(self) -> None:
        with self._lock:
            held = tuple(self._holds.values())
        if held:
            with self._store.writing() as tx:
                kept = {h.run_id: tx.extend(h.run_id, epoch=h.epoch, ttl_s=self._ttl_s) for h in held}
            for taken in held:
                if not kept[taken.run_id]:
                    taken.lost = True
                    taken.over.set()
        if not self._store.settled:
            with self._store.reading() as tx:
                tx.look_at_leases()
        if self._on_beat:
            self._on_beat()
