"""Streams of events and what is projected from them, inside one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import ColumnElement, Connection, insert, select, update
from sqlalchemy.engine import Row

from tasks.domain.effect import ANSWERS
from tasks.domain.effects import effects_of
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import RunRequested
from tasks.domain.fold import apply, begin
from tasks.domain.request import RunRequest
from tasks.domain.run import ENDED, Run, RunState
from tasks.store import codec, outbox
from tasks.store.errors import LeaseLost
from tasks.store.leases import FREE
from tasks.store.leases import FURTHEST as LEASE_FURTHEST
from tasks.store.schema import counters, events, leases, runs, streams

RUN = "run"
QUIET_ENDS = (RunState.cancelled, RunState.merged, RunState.closed)
CACHE_SIZE = 2_000
FURTHEST = timedelta(minutes=30)
"""No run is ever put off for longer."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of a list of runs."""

    id: str
    state: str
    title: str
    repo: str
    requester: str
    created_at: datetime
    updated_at: datetime


class FoldCache:
    """The last fold of each run, so that loading one costs only its new events. Safe for threads; never the truth."""

    def __init__(self) -> None:
        self._folds: dict[str, Run] = {}
        self._lock = Lock()

    def get(self, run_id: str) -> Run | None:
        with self._lock:
            return self._folds.get(run_id)

    def put(self, run: Run) -> None:
        with self._lock:
            if len(self._folds) >= CACHE_SIZE:
                self._folds.clear()
            self._folds[run.id] = run

    def forget(self, run_id: str) -> None:
        with self._lock:
            self._folds.pop(run_id, None)


def next_number(conn: Connection, name: str) -> int:
    """The next value of a counter that a migration has put there; numbers of runs begin at 1001."""
    counted = update(counters).where(counters.c.name == name).values(value=counters.c.value + 1)
    return int(conn.execute(counted.returning(counters.c.value)).scalar_one())


def start(conn: Connection, now: datetime, request: RunRequest, title: str) -> Run:
    """A new run with its first event, its projection and its first effects."""
    number = next_number(conn, RUN)
    run_id = f"R-{number}"
    event = RunRequested(request, title)
    run = begin(run_id, Recorded(1, now, event))
    conn.execute(insert(streams).values(kind=RUN, id=run_id, seq=1, root=run_id, parent="", due_at=now))
    _insert_event(conn, run_id, 1, event, now, None)
    conn.execute(insert(runs).values(id=run_id, number=number, created_at=now, **_projection(run, now)))
    outbox.add(conn, now, run_id, 1, effects_of(None, event, run))
    return run


def append(
    conn: Connection, now: datetime, run_id: str, event: Event, *, epoch: int | None, cache: FoldCache
) -> Run:
    """One more event: stored, projected, its effects in the outbox, the run due at once. Raises LeaseLost, KeyError."""
    seq = _lock_stream(conn, run_id) + 1
    if epoch is not None:
        held = conn.execute(
            select(leases.c.epoch).where(leases.c.kind == RUN, leases.c.id == run_id)
        ).scalar()
        if held != epoch:
            raise LeaseLost(run_id)
    before = load(conn, run_id, cache)
    assert before is not None
    after = apply(before, Recorded(seq, now, event))
    _insert_event(conn, run_id, seq, event, now, epoch)
    due = {"due_at": now} if epoch is None else {}
    conn.execute(update(streams).where(_is(run_id)).values(seq=seq, **due))
    conn.execute(update(runs).where(runs.c.id == run_id).values(**_projection(after, now)))
    if after.state in QUIET_ENDS and before.state not in QUIET_ENDS:
        outbox.drop_pending(conn, now, run_id, prefix="host.", but_lanes=ANSWERS)
    outbox.add(conn, now, run_id, seq, effects_of(before, event, after))
    return after


def load(conn: Connection, run_id: str, cache: FoldCache) -> Run | None:
    """The run as of this transaction, None when there is none."""
    known = cache.get(run_id)
    rows = _rows(conn, run_id, known.seq if known else 0)
    if known is None:
        if not rows:
            return None
        known = begin(run_id, _recorded(rows[0]))
        rows = rows[1:]
    for row in rows:
        known = apply(known, _recorded(row))
    return known


def history(
    conn: Connection, run_id: str, *, up_to: int | None = None, after: int = 0
) -> tuple[Recorded, ...]:
    """The events of a run in order: those after one sequence number, at most up to another."""
    return tuple(_recorded(r) for r in _rows(conn, run_id, after) if up_to is None or r.seq <= up_to)


def defer(conn: Connection, run_id: str, *, seen_seq: int, until: datetime | None) -> bool:
    """Sets when the run is due next, unless a fact arrived since `seen_seq`; False then, and it stays due."""
    changed = conn.execute(
        update(streams).where(_is(run_id), streams.c.seq == seen_seq).values(due_at=until, woken_at=None)
    )
    return changed.rowcount == 1


def due(conn: Connection, now: datetime, *, woken_before: datetime, limit: int) -> tuple[str, ...]:
    """Runs that somebody should look at: due, under no living lease, and not woken just now.

    Those that nobody was woken for come first, then those that waited longest for another ring. A time further ahead than
    anything is ever put off was written under a clock that has been set back since.
    """
    statement = (
        select(streams.c.id)
        .outerjoin(leases, (leases.c.kind == streams.c.kind) & (leases.c.id == streams.c.id))
        .where(streams.c.kind == RUN, streams.c.due_at.is_not(None))
        .where((streams.c.due_at <= now) | (streams.c.due_at > now + FURTHEST))
        .where(
            streams.c.woken_at.is_(None) | (streams.c.woken_at < woken_before) | (streams.c.woken_at > now)
        )
        .where(
            leases.c.expires_at.is_(None)
            | (leases.c.holder == FREE)
            | (leases.c.expires_at <= now)
            | (leases.c.expires_at > now + LEASE_FURTHEST)
        )
        .order_by(streams.c.woken_at.is_not(None), streams.c.woken_at, streams.c.due_at)
        .limit(limit)
    )
    return tuple(conn.execute(statement).scalars())


def ring(conn: Connection, now: datetime, run_id: str) -> bool:
    """Notes that a ring for this run goes out now; False while an earlier one is out and nobody has looked since."""
    changed = conn.execute(
        update(streams).where(_is(run_id), streams.c.woken_at.is_(None)).values(woken_at=now)
    )
    return changed.rowcount == 1


def mark_woken(conn: Connection, now: datetime, run_ids: tuple[str, ...]) -> None:
    conn.execute(update(streams).where(streams.c.kind == RUN, streams.c.id.in_(run_ids)).values(woken_at=now))


def find(conn: Connection, **columns: object) -> tuple[str, ...]:
    """Ids of the runs whose projected columns have these values, newest first."""
    statement = select(runs.c.id).order_by(runs.c.number.desc())
    for name, value in columns.items():
        statement = statement.where(runs.c[name] == value)
    return tuple(conn.execute(statement).scalars())


def in_states(conn: Connection, states: tuple[RunState, ...]) -> tuple[str, ...]:
    """Ids of all runs that are in one of these states."""
    return tuple(conn.execute(select(runs.c.id).where(runs.c.state.in_([str(s) for s in states]))).scalars())


def states_of(conn: Connection, run_ids: tuple[str, ...]) -> dict[str, str]:
    """The projected state of each run: cheap enough to ask every second."""
    rows = conn.execute(select(runs.c.id, runs.c.state).where(runs.c.id.in_(run_ids)))
    return {row.id: row.state for row in rows}


def recent(conn: Connection, limit: int) -> tuple[RunRow, ...]:
    """The newest runs, for lists."""
    rows = conn.execute(select(runs).order_by(runs.c.number.desc()).limit(limit))
    return tuple(
        RunRow(r.id, r.state, r.title, r.repo, r.requester, r.created_at, r.updated_at) for r in rows
    )


def _is(run_id: str) -> ColumnElement[bool]:
    return (streams.c.kind == RUN) & (streams.c.id == run_id)


def _lock_stream(conn: Connection, run_id: str) -> int:
    seq = conn.execute(select(streams.c.seq).where(_is(run_id)).with_for_update()).scalar_one_or_none()
    if seq is None:
        raise KeyError(run_id)
    return int(seq)


def _insert_event(
    conn: Connection, run_id: str, seq: int, event: Event, now: datetime, epoch: int | None
) -> None:
    name, version, data = codec.encode(event)
    conn.execute(
        insert(events).values(
            kind=RUN, id=run_id, seq=seq, type=name, version=version, data=data, epoch=epoch, at=now
        )
    )


def _rows(conn: Connection, run_id: str, after_seq: int) -> list[Row[tuple[object, ...]]]:
    statement = select(events).where(events.c.kind == RUN, events.c.id == run_id, events.c.seq > after_seq)
    return list(conn.execute(statement.order_by(events.c.seq)))


def _recorded(row: Row[tuple[object, ...]]) -> Recorded:
    return Recorded(row.seq, row.at, codec.decode(row.type, row.version, row.data))


def _projection(run: Run, now: datetime) -> dict[str, object]:
    request = run.request
    return {
        "state": str(run.state),
        "title": run.title,
        "repo": run.repo,
        "requester": request.requester.id,
        "team": request.thread.team,
        "channel": request.thread.channel,
        "thread_ts": request.thread.thread_ts,
        "card_ts": run.card.ts if run.card else "",
        "head_oid": run.pushed_oid,
        "pr_number": run.pr.number if run.pr else None,
        "seq": run.seq,
        "updated_at": now,
        "ended": run.state in ENDED,
    }
