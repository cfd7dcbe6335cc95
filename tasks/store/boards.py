"""The list of runs that were asked for together is written again when one of them moves; only the newest writing counts."""

from datetime import datetime

from sqlalchemy import Connection

from tasks.domain.effect import chat
from tasks.domain.run import Run
from tasks.store import outbox

SEQ = 2
"""Any number behind the first lets a newer writing take the place of an older one."""


def moved(conn: Connection, now: datetime, board: str) -> None:
    """Has a list written again."""
    outbox.add(
        conn,
        now,
        "",
        SEQ,
        (chat("board", slot=f"board:{board}", priority=3, lane=f"b.{board}", draft=board),),
    )


def shows(before: Run, after: Run) -> bool:
    """Whether what the list says of a run is different."""
    return (before.state, before.title, before.pr) != (after.state, after.title, after.pr)
