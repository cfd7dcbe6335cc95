"""What the pace of writes depends on: where a run's messages stand, and how many cards are alive."""

from sqlalchemy import Connection, bindparam, func, select

from tasks.domain.run import RunState
from tasks.store.schema import runs

_PLACE = select(runs.c.channel, runs.c.card_ts).where(runs.c.id == bindparam("of"))
_ALIVE = (
    select(func.count())
    .select_from(runs)
    .where(runs.c.ended.is_(False), runs.c.card_ts != "", runs.c.state != str(RunState.ready))
)


def place_of(conn: Connection, run_id: str) -> tuple[str, str]:
    """The channel of a run and its card's ts, "" where there is none yet."""
    row = conn.execute(_PLACE, {"of": run_id}).first()
    return (row.channel, row.card_ts) if row else ("", "")


def cards_alive(conn: Connection) -> int:
    """Cards of runs that may still change by themselves."""
    return int(conn.execute(_ALIVE).scalar_one())
