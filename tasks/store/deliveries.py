"""What was delivered before: every arrival is remembered by its sender's id, and by what it means where that can be told twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Executable, select
from sqlalchemy.dialects import postgresql, sqlite

from tasks.store.schema import deliveries

_KEY = (deliveries.c.source, deliveries.c.delivery_id)
_NEW: dict[str, Executable] = {
    "sqlite": sqlite.insert(deliveries).on_conflict_do_nothing().returning(*_KEY),
    "postgresql": postgresql.insert(deliveries).on_conflict_do_nothing().returning(*_KEY),
}


@dataclass(frozen=True, slots=True)
class DeliveryKey:
    """What one delivery is known by; two deliveries of the same `meaning` say the same thing ("" = nothing)."""

    source: str
    id: str
    meaning: str = ""


def remember(conn: Connection, now: datetime, keys: Sequence[DeliveryKey]) -> tuple[bool, ...]:
    """Keeps them all; False for each that was seen before, itself or another with the same meaning."""
    names = [(key.source, key.id[:200]) for key in keys]
    if len(set(names)) < len(names):  # One of them came twice: one after the other, so that the first counts.
        return tuple(remember(conn, now, (key,))[0] for key in keys)
    if not keys:
        return ()
    rows = [
        {"source": source, "delivery_id": ident, "semantic_key": key.meaning[:300] or None, "at": now}
        for (source, ident), key in zip(names, keys, strict=True)
    ]
    written = {(row.source, row.delivery_id) for row in conn.execute(_NEW[conn.dialect.name], rows)}
    return tuple(name in written for name in names)


def known(conn: Connection, source: str, ident: str) -> bool:
    """Whether this one was seen."""
    same = (deliveries.c.source == source) & (deliveries.c.delivery_id == ident[:200])
    return conn.execute(select(deliveries.c.at).where(same)).first() is not None
