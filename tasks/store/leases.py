"""Leases with a fencing epoch: who may append decisions to a stream."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError

from tasks.store.clock import Reading
from tasks.store.schema import leases

FURTHEST = timedelta(minutes=10)
"""No lease is ever taken for longer: one that ends later was taken under a clock that has been set back since."""

FREE = ""
"""The holder of a lease that was let go."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lease that was taken. `abandoned` when its last holder never let go: it died or lost its mind."""

    epoch: int
    abandoned: bool = False


def acquire(
    conn: Connection, clock: Reading, key: tuple[str, str], *, holder: str, ttl_s: float
) -> Held | None:
    """Takes a free or expired lease under a new epoch; None when somebody else holds it, or may hold it."""
    kind, ident = key
    until = clock.at + timedelta(seconds=ttl_s)
    row = conn.execute(
        select(leases).where(leases.c.kind == kind, leases.c.id == ident).with_for_update()
    ).first()
    if row is None:
        try:
            with conn.begin_nested():
                conn.execute(
                    insert(leases).values(kind=kind, id=ident, holder=holder, epoch=1, expires_at=until)
                )
        except IntegrityError:
            return None
        return Held(1)
    if row.holder != FREE and not _abandoned(clock, key, row, ttl_s):
        return None
    changed = conn.execute(
        update(leases)
        .where(leases.c.kind == kind, leases.c.id == ident, leases.c.epoch == row.epoch)
        .values(holder=holder, epoch=row.epoch + 1, expires_at=until)
    )
    return Held(row.epoch + 1, abandoned=row.holder != FREE) if changed.rowcount == 1 else None


def look_at_all(conn: Connection, clock: Reading) -> None:
    """Notes what is held and how, so that a young process knows later who went on with it."""
    for row in conn.execute(select(leases).where(leases.c.holder != FREE)):
        clock.stood(_watched((row.kind, row.id)), (row.epoch, row.expires_at), after_s=0.0)


def extend(conn: Connection, now: datetime, key: tuple[str, str], *, epoch: int, ttl_s: float) -> bool:
    """Keeps a lease; False when a newer epoch exists, or when it was let go meanwhile."""
    return _change(conn, key, epoch, expires_at=now + timedelta(seconds=ttl_s))


def held(conn: Connection, clock: Reading, kind: str) -> dict[str, int]:
    """The epoch of every lease that somebody holds now, or may hold, by id."""
    taken = select(leases.c.id, leases.c.epoch).where(leases.c.kind == kind, leases.c.holder != FREE)
    if clock.settled:
        taken = taken.where(leases.c.expires_at > clock.at, leases.c.expires_at <= clock.at + FURTHEST)
    return {row.id: row.epoch for row in conn.execute(taken)}


def release(conn: Connection, now: datetime, key: tuple[str, str], *, epoch: int) -> None:
    """Lets go at once, if it is still ours."""
    _change(conn, key, epoch, expires_at=now, holder=FREE)


def _abandoned(clock: Reading, key: tuple[str, str], row: Row[Any], ttl_s: float) -> bool:
    left = clock.abandoned(_watched(key), (row.epoch, row.expires_at), after_s=ttl_s)
    return left and _expired(row.expires_at, clock.at)


def _watched(key: tuple[str, str]) -> tuple[str, ...]:
    return ("lease", *key)


def _expired(expires_at: datetime, now: datetime) -> bool:
    return not now < expires_at <= now + FURTHEST


def _change(conn: Connection, key: tuple[str, str], epoch: int, **values: object) -> bool:
    kind, ident = key
    changed = conn.execute(
        update(leases)
        .where(leases.c.kind == kind, leases.c.id == ident, leases.c.epoch == epoch)
        .where(leases.c.holder != FREE)
        .values(**values)
    )
    return changed.rowcount == 1
