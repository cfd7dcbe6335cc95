"""The one door to SQL: short transactions that either happened whole or not at all."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from integrations.types.model import Message
from tasks import failpoints
from tasks.domain.effect import Effect
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import RunRequested
from tasks.domain.remarks import Remark
from tasks.domain.request import Person, RunRequest
from tasks.domain.run import Run, RunState
from tasks.store import deliveries, leases, outbox, streams, trajectories
from tasks.store.clock import Clock, Reading, SteadyClock
from tasks.store.codec import UnknownEvent
from tasks.store.deliveries import DeliveryKey
from tasks.store.engine import BUSY_TIMEOUT_MS
from tasks.store.errors import Busy, StoreDown
from tasks.store.leases import Held
from tasks.store.outbox import Intent
from tasks.store.schema import workers
from tasks.store.statements import RUN
from tasks.store.streams import FoldCache, RunRow
from tasks.store.trajectories import StoredTurn
from tasks.store.turns import Turns

MERGED_LOOKED_AT = 500
"""So many of the newest merged runs of a repository are looked at when something comes back."""
FORGOTTEN_AFTER = timedelta(days=2)
_IN_THE_WAY = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL's codes of a conflict, a deadlock and a lock not had in time
(https://www.postgresql.org/docs/current/errcodes-appendix.html)."""


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A process that said it is alive. `ready` is whether it takes work; `detail` says why not."""

    name: str
    kind: str
    isolation: str
    ready: bool
    detail: str
    seen_at: datetime


@dataclass(slots=True)
class Tx:
    """One open transaction at one moment. Folds it computed are cached only once it has committed."""

    conn: Connection
    now: datetime
    cache: FoldCache
    touched: dict[str, Run] = field(default_factory=dict)
    appended: list[str] = field(default_factory=list)
    read: Reading | None = None

    @property
    def reading(self) -> Reading:
        return self.read or Reading(self.now)

    def noted(self, event: str) -> None:
        """An event is written, and not yet committed."""
        self.appended.append(event)
        failpoints.reached("append", event, "inside")

    def new_deliveries(self, keys: Sequence[DeliveryKey]) -> tuple[bool, ...]:
        """Remembers deliveries; False for each that, or whose meaning, was seen before."""
        return deliveries.remember(self.conn, self.now, keys)

    def new_delivery(self, source: str, delivery_id: str, *, semantic_key: str = "") -> bool:
        """The same for a single one."""
        return self.new_deliveries((DeliveryKey(source, delivery_id, semantic_key),))[0]

    def start_runs(self, wanted: Sequence[RunRequested]) -> tuple[Run, ...]:
        """A new run R-n for each, with its first event and effects, in this order."""
        runs = streams.start(self.conn, self.now, wanted)
        for run in runs:
            self.touched[run.id] = run
            self.noted("RunRequested")
        return runs

    def start_run(self, request: RunRequest, title: str, remark: Remark | None = None) -> Run:
        """The same for a single one. `remark` is the comment that asked, on the code host."""
        return self.start_runs((RunRequested(request, title, remark),))[0]

    def append(self, run_id: str, event: Event, *, epoch: int | None = None) -> Run:
        """A fact (epoch None) or a decision under a lease. Raises LeaseLost; KeyError for a run that is not there."""
        run = streams.append(self.conn, self.now, run_id, event, epoch=epoch, cache=self.cache)
        self.touched[run_id] = run
        self.noted(type(event).__name__)
        return run

    def load(self, run_id: str) -> Run | None:
        return streams.load(self.conn, run_id, self.cache)

    def events(self, run_id: str, *, up_to: int | None = None, after: int = 0) -> tuple[Recorded, ...]:
        return streams.history(self.conn, run_id, up_to=up_to, after=after)

    def runs_in_thread(self, team: str, channel: str, thread_ts: str) -> tuple[Run, ...]:
        return self._load_all(streams.find(self.conn, team=team, channel=channel, thread_ts=thread_ts))

    def run_by_card(self, channel: str, ts: str) -> Run | None:
        return self._first(streams.find(self.conn, channel=channel, card_ts=ts))

    def run_by_head(self, repo: str, head_oid: str) -> Run | None:
        """The run that works on this commit; where several do, a living one, and where none does, one that looks at it."""
        return self._first(streams.at_head(self.conn, repo, head_oid)) if head_oid else None

    def run_by_pr(self, repo: str, number: int) -> Run | None:
        return self._first(streams.find(self.conn, repo=repo, pr_number=number))

    def runs_asked_on(self, repo: str, number: int) -> tuple[Run, ...]:
        return self._load_all(streams.find(self.conn, repo=repo, asked_on=number))

    def asked_lately(self, by: Person, *states: RunState, since: datetime, limit: int) -> tuple[Run, ...]:
        """What this account asked for since then, as far as it stands like this."""
        return self.readable(streams.asked_lately(self.conn, by, since=since, states=states, limit=limit))

    def asked_by(self, by: Person, limit: int) -> tuple[Run, ...]:
        """The newest runs that this person of a chat asked for, what is not over first, as far as this version can read them."""
        return self.readable(streams.asked_by(self.conn, by, limit))

    def merged_since(self, repo: str, since: datetime) -> tuple[Run, ...]:
        """The newest runs of a repository that were merged since then, as far as this version can read them."""
        return self.readable(streams.merged_since(self.conn, repo, since, MERGED_LOOKED_AT))

    def runs_in(self, *states: RunState) -> tuple[Run, ...]:
        """Runs in one of these states, as far as this version can read them."""
        return self.readable(streams.in_states(self.conn, states))

    def readable(self, run_ids: tuple[str, ...]) -> tuple[Run, ...]:
        """Those of these runs that this version can read: one with an event of a newer version is left to that."""
        found: list[Run] = []
        for run_id in run_ids:
            with suppress(UnknownEvent):
                found += self._load_all((run_id,))
        return tuple(found)

    def states_of(self, run_ids: tuple[str, ...]) -> dict[str, str]:
        return streams.states_of(self.conn, run_ids)

    def recent(self, limit: int) -> tuple[RunRow, ...]:
        return streams.recent(self.conn, limit)

    def due(self, *, woken_before: datetime, limit: int = 200) -> tuple[str, ...]:
        return streams.due(self.conn, self.now, woken_before=woken_before, limit=limit)

    def ring(self, run_id: str) -> bool:
        return self.ring_all((run_id,)) != ()

    def ring_all(self, run_ids: tuple[str, ...]) -> tuple[str, ...]:
        return streams.ring(self.conn, self.now, run_ids)

    def asked_in(self, threads: Collection[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
        return streams.asked_in(self.conn, threads)

    def mark_woken(self, run_ids: tuple[str, ...]) -> None:
        streams.mark_woken(self.conn, self.now, run_ids)

    def defer(self, run_id: str, *, seen_seq: int, until: datetime | None) -> bool:
        return streams.defer(self.conn, run_id, seen_seq=seen_seq, until=until)

    def acquire(self, run_id: str, *, holder: str, ttl_s: float) -> Held | None:
        return leases.acquire(self.conn, self.reading, (RUN, run_id), holder=holder, ttl_s=ttl_s)

    def extend(self, run_id: str, *, epoch: int, ttl_s: float) -> bool:
        return leases.extend(self.conn, self.now, (RUN, run_id), epoch=epoch, ttl_s=ttl_s)

    def release(self, run_id: str, *, epoch: int) -> None:
        leases.release(self.conn, self.now, (RUN, run_id), epoch=epoch)

    def look_at_leases(self) -> None:
        """Notes who holds what, for a process whose clock is in doubt."""
        leases.look_at_all(self.conn, self.reading)

    def epochs_held(self) -> dict[str, int]:
        """Every run whose lease somebody holds now, with its epoch."""
        return leases.held(self.conn, self.reading, RUN)

    def claim(self, *, claim_id: str, ttl_s: float, prefix: str = "") -> Intent | None:
        return next(iter(self.claim_all((claim_id,), ttl_s=ttl_s, prefix=prefix)), None)

    def claim_all(self, claim_ids: tuple[str, ...], *, ttl_s: float, prefix: str = "") -> tuple[Intent, ...]:
        return outbox.claim(self.conn, self.reading, claim_ids, ttl_s=ttl_s, prefix=prefix)

    def extend_claims(self, claims: tuple[str, ...], *, ttl_s: float) -> None:
        outbox.extend(self.conn, self.now, claims, ttl_s=ttl_s)

    def holds(self, intent: Intent) -> bool:
        return outbox.held(self.conn, intent)

    def settle(self, intent: Intent, *, state: str, error: str = "") -> bool:
        return outbox.settle(self.conn, self.now, intent, state=state, error=error)

    def postpone(self, intent: Intent, *, due_at: datetime, error: str) -> None:
        outbox.postpone(self.conn, intent, due_at=due_at, error=error)

    def hold_back(self, intent: Intent, *, until: datetime) -> None:
        outbox.hold_back(self.conn, intent, until=until)

    def want(self, run_id: str, seq: int, effect: Effect) -> None:
        """One more write of a run, about the moment of this event."""
        outbox.add(self.conn, self.now, run_id, seq, (effect,))

    def notice(self, effect: Effect) -> None:
        """One write that belongs to no run."""
        outbox.add(self.conn, self.now, "", 0, (effect,))

    def drop_notices(self, lanes: tuple[str, ...]) -> None:
        """What belongs to no run and was not sent yet is not wanted any more."""
        outbox.drop_notices(self.conn, self.now, lanes)

    def outbox(self, run_id: str) -> tuple[Intent, ...]:
        return outbox.of_run(self.conn, run_id)

    def save_turn(self, run_id: str, turn: StoredTurn) -> None:
        trajectories.save(self.conn, self.now, run_id, turn)

    def conversation(self, run_id: str, key: str) -> tuple[Message, ...]:
        return trajectories.conversation(self.conn, run_id, key)

    def worker_seen(self, worker: WorkerRow) -> None:
        """Notes that a process lives; forgets those that were last seen days ago."""
        long_gone = workers.c.seen_at < self.now - FORGOTTEN_AFTER
        self.conn.execute(delete(workers).where((workers.c.name == worker.name) | long_gone))
        self.conn.execute(
            insert(workers).values(
                name=worker.name,
                kind=worker.kind,
                isolation=worker.isolation,
                ready=worker.ready,
                detail=worker.detail,
                started_at=self.now,
                seen_at=worker.seen_at,
                load=0.0,
            )
        )

    def workers(self) -> tuple[WorkerRow, ...]:
        rows = self.conn.execute(select(workers).order_by(workers.c.name))
        return tuple(WorkerRow(r.name, r.kind, r.isolation, r.ready, r.detail, r.seen_at) for r in rows)

    def _load_all(self, ids: tuple[str, ...]) -> tuple[Run, ...]:
        return tuple(run for run in map(self.load, ids) if run is not None)

    def _first(self, ids: tuple[str, ...]) -> Run | None:
        return self.load(ids[0]) if ids else None


class Store:
    """Opens transactions. Safe for threads; one per process and database."""

    def __init__(self, engine: Engine, clock: Clock | None = None) -> None:
        self.engine = engine
        self.clock: Clock = clock or SteadyClock()
        self._cache = FoldCache()
        self._turns = Turns()

    @contextmanager
    def writing(self) -> Iterator[Tx]:
        """One transaction that may write; committed at the end, undone on any exception. Raises StoreDown."""
        with self._open(writes=True) as tx:
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """One consistent view. Raises StoreDown."""
        with self._open(writes=False) as tx:
            yield tx

    @contextmanager
    def _turn(self, writes: bool) -> Iterator[None]:
        """SQLite has one writer: threads of one process queue here, instead of all asking the file again and again."""
        if not writes or self.engine.dialect.name != "sqlite":
            yield
            return
        try:
            with self._turns.one(patience_s=BUSY_TIMEOUT_MS / 1000):
                yield
        except TimeoutError:
            raise StoreDown("the other threads of this process do not stop writing") from None

    @property
    def settled(self) -> bool:
        """Whether this process may trust its clock about what looks expired."""
        return self._read().settled

    def _read(self) -> Reading:
        return self.clock.read() if isinstance(self.clock, SteadyClock) else Reading(self.clock())

    @contextmanager
    def _open(self, *, writes: bool) -> Iterator[Tx]:
        touched: dict[str, Run] = {}
        try:
            with self._turn(writes), self.engine.connect() as plain:
                conn = plain.execution_options(sortie_writes=writes)
                with conn.begin():
                    read = self._read()
                    tx = Tx(conn, read.at, self._cache, touched, read=read)
                    yield tx
        except (OperationalError, InterfaceError, InternalError, PoolTimeout) as down:
            raise (Busy if _in_the_way(down) else StoreDown)(type(down).__name__) from down
        except DBAPIError as failed:
            if failed.connection_invalidated:
                raise StoreDown(type(failed).__name__) from failed
            raise
        for run in touched.values():
            self._cache.put(run)
        for event in tx.appended:
            failpoints.reached("append", event, "after")


def _in_the_way(down: Exception) -> bool:
    return getattr(getattr(down, "orig", None), "sqlstate", None) in _IN_THE_WAY
