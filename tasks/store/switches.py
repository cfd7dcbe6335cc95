"""The kill switch: every turn of it is a row, and the last row is how it stands. What cannot be read counts as on."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import SQLAlchemyError

from tasks.domain.grants import Switch
from tasks.store.schema import switch_turns

LANDING = "landing"
"""The switch that stops every landing."""


@dataclass(frozen=True, slots=True)
class Turned:
    """One turn of a switch: who, when (UTC) and why."""

    on: bool
    by: str
    reason: str
    at: datetime


def turn(conn: Connection, now: datetime, *, on: bool, by: str, reason: str) -> None:
    """Turns the switch; also one that stands there already, because who did it is kept."""
    values = {"name": LANDING, "on": on, "by": by[:200], "reason": reason[:1000], "at": now}
    conn.execute(insert(switch_turns).values(**values))


def turns(conn: Connection, limit: int = 20) -> tuple[Turned, ...]:
    """The newest turns first; none where nobody ever turned it."""
    wanted = select(switch_turns).where(switch_turns.c.name == LANDING)
    rows = conn.execute(wanted.order_by(switch_turns.c.id.desc()).limit(limit))
    return tuple(Turned(r.on, r.by, r.reason, r.at) for r in rows)


def state(conn: Connection) -> Switch:
    """How it stands now; `unreadable` where SQL does not say."""
    try:
        last = turns(conn, 1)
    except SQLAlchemyError:
        return Switch.unreadable
    return Switch.on if last and last[0].on else Switch.off
