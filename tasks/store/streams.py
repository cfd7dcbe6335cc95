"""Streams of events and what is projected from them, inside one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import ColumnElement, Connection, func, select, update
from sqlalchemy.engine import Row

from tasks.domain.effect import ANSWERS
from tasks.domain.effects import effects_of
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import RunRequested
from tasks.domain.fold import apply, begin
from tasks.domain.folds.opened import without_thread
from tasks.domain.request import Person
from tasks.domain.run import ENDED, Run, RunState
from tasks.store import boards, codec, homes, outbox, statements
from tasks.store.errors import LeaseLost
from tasks.store.leases import FREE
from tasks.store.leases import FURTHEST as LEASE_FURTHEST
from tasks.store.schema import leases, runs, streams
from tasks.store.statements import RUN

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


def next_numbers(conn: Connection, name: str, count: int) -> range:
    """The next values of a counter that a migration has put there; numbers of runs begin at 1001."""
    last = int(conn.execute(statements.COUNT, {"of": name, "more": count}).scalar_one())
    return range(last - count + 1, last + 1)


def start(conn: Connection, now: datetime, wanted: Sequence[RunRequested]) -> tuple[Run, ...]:
    """A new run for each: its first event, its projection and its first effects."""
    if not wanted:
        return ()
    numbers = next_numbers(conn, RUN, len(wanted))
    new = [
        (n, event, begin(f"R-{n}", Recorded(1, now, event))) for n, event in zip(numbers, wanted, strict=True)
    ]
    conn.execute(
        statements.NEW_STREAM,
        [
            {"kind": RUN, "id": run.id, "seq": 1, "root": run.id, "parent": "", "due_at": now}
            for _, _, run in new
        ],
    )
    conn.execute(statements.NEW_EVENT, [_event(run.id, 1, event, now, None) for _, event, run in new])
    conn.execute(
        statements.NEW_RUN,
        [{"id": run.id, "number": n, "created_at": now, **_projection(run, now)} for n, _, run in new],
    )
    outbox.add_first(conn, now, [(run.id, effects_of(None, event, run)) for _, event, run in new])
    return tuple(run for _, _, run in new)


def append(
    conn: Connection, now: datetime, run_id: str, event: Event, *, epoch: int | None, cache: FoldCache
) -> Run:
    """One more event: stored, projected, its effects in the outbox, the run due at once. Raises LeaseLost, KeyError."""
    seq = _lock_stream(conn, run_id) + 1
    if epoch is not None:
        held = conn.execute(statements.EPOCH, {"of": run_id}).scalar()
        if held != epoch:
            raise LeaseLost(run_id)
    before = load(conn, run_id, cache)
    assert before is not None
    after = apply(before, Recorded(seq, now, event))
    conn.execute(statements.NEW_EVENT, _event(run_id, seq, event, now, epoch))
    if epoch is None:
        conn.execute(statements.ADVANCE_DUE, {"of": run_id, "to": seq, "when": now})
    else:
        conn.execute(statements.ADVANCE, {"of": run_id, "to": seq})
    conn.execute(statements.PROJECT, {"of": run_id, **_projection(after, now)})
    if after.state in QUIET_ENDS and before.state not in QUIET_ENDS:
        outbox.drop_pending(conn, now, run_id, prefix="host.", but_lanes=ANSWERS)
    outbox.add(conn, now, run_id, seq, effects_of(before, event, after))
    if boards.shows(before, after):
        if after.request.board:
            boards.moved(conn, now, after.request.board)
        homes.moved(conn, now, after.request.requester)
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


def ring(conn: Connection, now: datetime, run_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Notes that rings for these runs go out now; returns those for which none is out that nobody has answered yet."""
    if len(run_ids) == 1:
        rung = conn.execute(statements.RING, {"of": run_ids[0], "when": now}).rowcount == 1
        return run_ids if rung else ()
    quiet = update(streams).where(
        streams.c.kind == RUN, streams.c.id.in_(run_ids), streams.c.woken_at.is_(None)
    )
    changed = set(conn.execute(quiet.values(woken_at=now).returning(streams.c.id)).scalars())
    return tuple(run_id for run_id in run_ids if run_id in changed)


def mark_woken(conn: Connection, now: datetime, run_ids: tuple[str, ...]) -> None:
    conn.execute(update(streams).where(streams.c.kind == RUN, streams.c.id.in_(run_ids)).values(woken_at=now))


def find(conn: Connection, **columns: object) -> tuple[str, ...]:
    """Ids of the runs whose projected columns have these values, newest first."""
    statement = select(runs.c.id).order_by(runs.c.number.desc())
    for name, value in columns.items():
        statement = statement.where(runs.c[name] == value)
    return tuple(conn.execute(statement).scalars())


def at_head(conn: Connection, repo: str, head_oid: str) -> tuple[str, ...]:
    """The id of the run that news of this commit are for: one with a pull request, then one that is not over, then the newest."""
    there = select(runs.c.id).where(runs.c.head_oid == head_oid, func.lower(runs.c.repo) == repo.lower())
    first = there.order_by(runs.c.pr_number.is_(None), runs.c.ended, runs.c.number.desc())
    return tuple(conn.execute(first.limit(1)).scalars())


def asked_in(conn: Connection, threads: Collection[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """Those of these threads (team, channel, time) in which a run was ever asked for."""
    if not threads:
        return set()
    place = (runs.c.team, runs.c.channel, runs.c.thread_ts)
    times = {thread_ts for _, _, thread_ts in threads}
    rows = conn.execute(
        select(*place).where(runs.c.channel.in_({t[1] for t in threads}), runs.c.thread_ts.in_(times))
    )
    return {(row.team, row.channel, row.thread_ts) for row in rows} & set(threads)


def asked_lately(
    conn: Connection, by: Person, *, since: datetime, states: tuple[RunState, ...], limit: int
) -> tuple[str, ...]:
    """Ids of runs that this account asked for since then and that stand like this, at most `limit`."""
    theirs = select(runs.c.id).where(runs.c.asked_by == account(by), runs.c.created_at >= since)
    found = theirs.where(runs.c.state.in_([str(s) for s in states])).limit(limit)
    return tuple(conn.execute(found).scalars())


def asked_by(conn: Connection, by: Person, limit: int) -> tuple[str, ...]:
    """Ids of the newest runs that this account of a chat asked for: what is not over first."""
    theirs = select(runs.c.id).where(runs.c.asked_by == account(by), runs.c.team == by.account)
    found = theirs.order_by(runs.c.ended, runs.c.number.desc()).limit(limit)
    return tuple(conn.execute(found).scalars())


def account(by: Person) -> str:
    """An account, by the id that never changes."""
    return f"{by.provider}:{by.id}"


def merged_since(conn: Connection, repo: str, since: datetime, limit: int) -> tuple[str, ...]:
    """The newest runs of a repository that were merged and have an event since then."""
    wanted = select(runs.c.id).where(
        runs.c.repo == repo, runs.c.state == RunState.merged, runs.c.updated_at >= since
    )
    return tuple(conn.execute(wanted.order_by(runs.c.number.desc()).limit(limit)).scalars())


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
    seq = conn.execute(statements.SEQ, {"of": run_id}).scalar_one_or_none()
    if seq is None:
        raise KeyError(run_id)
    return int(seq)


def _event(run_id: str, seq: int, event: Event, now: datetime, epoch: int | None) -> dict[str, object]:
    name, version, data = codec.encode(event)
    return {
        "kind": RUN,
        "id": run_id,
        "seq": seq,
        "type": name,
        "version": version,
        "data": data,
        "epoch": epoch,
        "at": now,
    }


def _rows(conn: Connection, run_id: str, after_seq: int) -> list[Row[tuple[object, ...]]]:
    return list(conn.execute(statements.EVENTS, {"of": run_id, "after": after_seq}))


def _recorded(row: Row[tuple[object, ...]]) -> Recorded:
    return Recorded(row.seq, row.at, codec.decode(row.type, row.version, row.data))


def _projection(run: Run, now: datetime) -> dict[str, object]:
    request = run.request
    chat, asked, opening = request.chat, request.host, without_thread(run)
    in_chat = chat.thread if chat else opening
    return {
        "state": str(run.state),
        "title": run.title,
        "repo": run.repo,
        "requester": request.requester.id if in_chat else request.requester.name,
        "team": in_chat.team if in_chat else "",
        "channel": in_chat.channel if in_chat else "",
        "thread_ts": chat.thread.thread_ts if chat else "",
        "asked_on": asked.number if asked else None,
        "asked_by": account(request.requester),
        "card_ts": run.card.ts if run.card else "",
        "head_oid": run.pushed_oid,
        "pr_number": run.pr.number if run.pr else None,
        "seq": run.seq,
        "updated_at": now,
        "ended": run.state in ENDED,
    }
