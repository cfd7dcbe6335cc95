"""Requests that wait until their requester has linked an account: kept for an hour, started once, or dropped in silence."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, exists, func, insert, select

from tasks.domain.facts import RunRequested
from tasks.domain.request import Account, RunRequest
from tasks.store import codec
from tasks.store.accounts import Whose
from tasks.store.schema import accounts, kept_requests

KEPT_FOR = timedelta(hours=1)
MOST = 10
"""So many of one person's requests are kept; what comes after them is not even answered."""


def keep(conn: Connection, now: datetime, wanted: RunRequested) -> bool:
    """Keeps one request of the chat for an hour from now; False where enough of this person's wait already."""
    by = wanted.request.requester
    mine = select(func.count()).select_from(kept_requests).where(_of((by.account, by.id)))
    if conn.execute(mine.where(kept_requests.c.at > now - KEPT_FOR)).scalar_one() >= MOST:
        return False
    _, version, data = codec.encode(wanted)
    values = {"team": by.account, "user": by.id, "version": version, "data": data, "at": now}
    conn.execute(insert(kept_requests).values(**values))
    return True


def take(conn: Connection, now: datetime, whose: Whose, account: Account) -> tuple[RunRequested, ...]:
    """What this person asked for within the hour, oldest first, as requests of now and of this account. They are kept no more."""
    rows = conn.execute(delete(kept_requests).where(_of(whose)).returning(kept_requests))
    fresh = sorted((row for row in rows if row.at > now - KEPT_FOR), key=lambda row: row.id)
    return tuple(_of_now(codec.decode("RunRequested", row.version, row.data), now, account) for row in fresh)


def overdue(conn: Connection, now: datetime) -> tuple[Whose, ...]:
    """Whose requests still wait although they have an account in the table; what is older than an hour is dropped here."""
    conn.execute(delete(kept_requests).where(kept_requests.c.at <= now - KEPT_FOR))
    linked = exists().where(accounts.c.team == kept_requests.c.team, accounts.c.user == kept_requests.c.user)
    rows = conn.execute(select(kept_requests.c.team, kept_requests.c.user).where(linked).distinct())
    return tuple((row.team, row.user) for row in rows)


def waiting(conn: Connection, whose: Whose) -> Sequence[str]:
    """The texts of what waits, for tests and the operator."""
    rows = conn.execute(select(kept_requests).where(_of(whose)).order_by(kept_requests.c.id))
    found = [codec.decode("RunRequested", row.version, row.data) for row in rows]
    return [event.request.text for event in found if isinstance(event, RunRequested)]


def _of(whose: Whose) -> ColumnElement[bool]:
    return (kept_requests.c.team == whose[0]) & (kept_requests.c.user == whose[1])


def _of_now(event: object, now: datetime, account: Account) -> RunRequested:
    assert isinstance(event, RunRequested)
    request: RunRequest = replace(event.request, received_at=now, account=account, kept=True)
    return replace(event, request=request)
