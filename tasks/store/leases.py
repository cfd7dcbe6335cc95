"""Leases with a fencing epoch: who may append decisions to a stream."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from tasks.store.schema import leases


def acquire(
    conn: Connection, now: datetime, key: tuple[str, str], *, holder: str, ttl_s: float
) -> int | None:
    """Takes a free or expired lease; returns its new epoch, None when somebody else holds it."""
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
        return 1
    if row.expires_at > now:
        return None
    changed = conn.execute(
        update(leases)
        .where(leases.c.kind == kind, leases.c.id == ident, leases.c.epoch == row.epoch)
        .values(holder=holder, epoch=row.epoch + 1, expires_at=until)
    )
    return row.epoch + 1 if changed.rowcount == 1 else None


def extend(conn: Connection, now: datetime, key: tuple[str, str], *, epoch: int, ttl_s: float) -> bool:
    """Keeps a lease; False when a newer epoch exists."""
    return _set_expiry(conn, key, epoch, now + timedelta(seconds=ttl_s))


def release(conn: Connection, now: datetime, key: tuple[str, str], *, epoch: int) -> None:
    """Lets go at once, if it is still ours."""
    _set_expiry(conn, key, epoch, now)


def _set_expiry(conn: Connection, key: tuple[str, str], epoch: int, at: datetime) -> bool:
    kind, ident = key
    changed = conn.execute(
        update(leases)
        .where(leases.c.kind == kind, leases.c.id == ident, leases.c.epoch == epoch)
        .values(expires_at=at)
    )
    return changed.rowcount == 1
