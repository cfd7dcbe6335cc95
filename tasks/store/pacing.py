"""What the pace of writes depends on: where a run's messages stand, and how many cards are alive."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from tasks.domain.run import RunState
from tasks.store.schema import Utc, leases, runs, streams
from tasks.store.statements import RUN

UNSTARTED = (RunState.received, RunState.triaging, RunState.queued)
_PLACE = select(runs.c.channel, runs.c.card_ts).where(runs.c.id == bindparam("of"))
_ALIVE = (
    select(func.count())
    .select_from(runs)
    .where(runs.c.ended.is_(False), runs.c.card_ts != "", runs.c.state != str(RunState.ready))
)


_STAND_BEFORE = (
    select(func.count())
    .select_from(
        runs.join(streams, (streams.c.id == runs.c.id) & (streams.c.kind == RUN)).outerjoin(
            leases, (leases.c.id == runs.c.id) & (leases.c.kind == RUN)
        )
    )
    .where(runs.c.state.in_([str(state) for state in UNSTARTED]), runs.c.number < bindparam("number"))
    .where(streams.c.due_at <= bindparam("now", type_=Utc))
    .where(leases.c.id.is_(None) | (leases.c.expires_at <= bindparam("now", type_=Utc)))
)


def stand_before(conn: Connection, now: datetime, run_id: str) -> int:
    """How many runs that were asked for earlier are due, not begun, and in nobody's hands."""
    number = conn.execute(select(runs.c.number).where(runs.c.id == run_id)).scalar()
    if number is None:
        return 0
    return int(conn.execute(_STAND_BEFORE, {"number": number, "now": now}).scalar_one())


def place_of(conn: Connection, run_id: str) -> tuple[str, str]:
    """The channel of a run and its card's ts, "" where there is none yet."""
    row = conn.execute(_PLACE, {"of": run_id}).first()
    return (row.channel, row.card_ts) if row else ("", "")


def cards_alive(conn: Connection) -> int:
    """Cards of runs that may still change by themselves."""
    return int(conn.execute(_ALIVE).scalar_one())
