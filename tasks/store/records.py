"""The runs as the record of lenses sees them, read from the events: nothing of it is stored twice."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection, select

from tasks.domain.events import Recorded
from tasks.domain.record import RunRecord, told
from tasks.store.codec import UnknownEvent, decode
from tasks.store.schema import events, runs
from tasks.store.statements import RUN

_KINDS = (
    "ReviewStarted", "LensReported", "MadeReady", "PullRequestMoved", "RoundStarted", "Undone", "FeedbackGiven"
)  # fmt: skip


def run_records(conn: Connection, *, since: datetime, repo: str = "") -> tuple[RunRecord, ...]:
    """Runs that were made since then and reviewed, oldest first; of one repository where it is named.

    A run with an event of a newer version is left out.
    """
    wanted = select(events, runs.c.repo, runs.c.number).join(runs, runs.c.id == events.c.id)
    wanted = wanted.where(events.c.kind == RUN, events.c.type.in_(_KINDS), runs.c.created_at >= since)
    if repo:
        wanted = wanted.where(runs.c.repo == repo)
    by_run: dict[tuple[int, str], list[tuple[int, datetime, str, int, str]]] = {}
    for row in conn.execute(wanted.order_by(runs.c.number, events.c.seq)):
        entry = (row.seq, row.at, row.type, row.version, row.data)
        by_run.setdefault((row.number, row.repo), []).append(entry)
    found = []
    for (_, name), entries in by_run.items():
        with suppress(UnknownEvent):
            recorded = [Recorded(seq, at, decode(kind, v, data)) for seq, at, kind, v, data in entries]
            found.append(told(name, recorded))
    return tuple(found)
