"""Leases with a fencing epoch: who may append decisions to a stream."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

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
    conn: Connection, now: datetime, key: tuple[str, str], *, holder: str, ttl_s: float
) -> Held | None:
    """Takes a free or expired lease under a new epoch; None when somebody else holds it."""
    kind, ident = key
    until = now + timedelta(seconds=ttl_s)
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
    if row.holder != FREE and now < row.expires_at <= now + FURTHEST:
        return None
    changed = conn.execute(
        update(leases)
        .where(leases.c.kind == kind, leases.c.id == ident, leases.c.epoch == row.epoch)
        .values(holder=holder, epoch=row.epoch + 1, expires_at=until)
    )
    return Held(row.epoch + 1, abandoned=row.holder != FREE) if changed.rowcount == 1 else None


def extend(conn: Connection, now: datetime, key: tuple[str, str], *, epoch: int, ttl_s: float) -> bool:
    """Keeps a lease; False when a newer epoch exists, or when it was let go meanwhile."""
    return _change(conn, key, epoch, expires_at=now + timedelta(seconds=ttl_s))


def held(conn: Connection, now: datetime, kind: str) -> dict[str, int]:
    """The epoch of every lease that somebody holds now, by id."""
    found = conn.execute(
        select(leases.c.id, leases.c.epoch).where(
            leases.c.kind == kind,
            leases.c.holder != FREE,
            leases.c.expires_at > now,
            leases.c.expires_at <= now + FURTHEST,
        )
    )
    return {row.id: row.epoch for row in found}


def release(conn: Connection, now: datetime, key: tuple[str, str], *, epoch: int) -> None:
    """Lets go at once, if it is still ours."""
    _change(conn, key, epoch, expires_at=now, holder=FREE)


def _change(conn: Connection, key: tuple[str, str], epoch: int, **values: object) -> bool:
    kind, ident = key
    changed = conn.execute(
        update(leases)
        .where(leases.c.kind == kind, leases.c.id == ident, leases.c.epoch == epoch)
        .where(leases.c.holder != FREE)
        .values(**values)
    )
    return changed.rowcount == 1
