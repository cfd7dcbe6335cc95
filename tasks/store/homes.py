"""Home tabs: who has opened theirs has it published again whenever one of their runs moves, and never on a timer."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, select

from tasks.domain.effect import chat
from tasks.domain.request import Person
from tasks.store import outbox
from tasks.store.schema import homes

SEQ = 2
"""Any number behind the first lets a newer publishing take the place of an older one."""


def opened(conn: Connection, now: datetime, by: Person) -> None:
    """Somebody looks at their home tab: it is published, and kept up to date from now on."""
    conn.execute(delete(homes).where(_of(by)))
    conn.execute(insert(homes).values(team=by.account, user=by.id, at=now))
    _publish(conn, now, by)


def moved(conn: Connection, now: datetime, by: Person) -> None:
    """One of their runs moved. Nothing happens where they never opened the tab."""
    if by.provider == "slack" and conn.execute(select(exists().where(_of(by)))).scalar():
        _publish(conn, now, by)


def _publish(conn: Connection, now: datetime, by: Person) -> None:
    effect = chat(
        "home", slot=f"home:{by.id}"[:40], priority=4, lane=f"h.{by.id}"[:34], team=by.account, user=by.id
    )
    outbox.add(conn, now, "", SEQ, (effect,))


def _of(by: Person) -> ColumnElement[bool]:
    return (homes.c.team == by.account) & (homes.c.user == by.id)
