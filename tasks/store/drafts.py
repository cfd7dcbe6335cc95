"""Drafts in SQL: each begins once at most, whoever finds that it is time."""

from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.engine import Row

from tasks.domain.drafts import Draft, DraftKind, DraftState
from tasks.domain.request import Quotation
from tasks.store.schema import drafts

KEPT_FOR = timedelta(days=7)
_ADAPTER: TypeAdapter[Draft] = TypeAdapter(Draft)


def keep(conn: Connection, now: datetime, draft: Draft) -> bool:
    """Keeps a new draft, or opens one again that was dropped; False where it is open or has begun. Old ones are forgotten."""
    conn.execute(delete(drafts).where(drafts.c.at < now - KEPT_FOR))
    row = conn.execute(select(drafts).where(drafts.c.id == draft.id).with_for_update()).first()
    if row is None:
        conn.execute(insert(drafts).values(id=draft.id, at=now, **_values(draft)))
        return True
    if row.state != DraftState.dropped:
        return False
    conn.execute(update(drafts).where(drafts.c.id == draft.id).values(at=now, **_values(draft)))
    return True


def of(conn: Connection, draft_id: str) -> Draft | None:
    row = conn.execute(select(drafts).where(drafts.c.id == draft_id)).first()
    return _draft(row) if row else None


def end(conn: Connection, draft_id: str, state: DraftState) -> bool:
    """Lets an open draft begin, or drops it; False where somebody else has done either."""
    still_open = (drafts.c.id == draft_id) & (drafts.c.state == DraftState.open)
    return conn.execute(update(drafts).where(still_open).values(state=state)).rowcount == 1


def write(conn: Connection, draft: Draft) -> None:
    """Writes what has become of a draft; its state stays as it stands."""
    conn.execute(
        update(drafts).where(drafts.c.id == draft.id).values(data=_values(draft)["data"], due_at=draft.due_at)
    )


def quote(conn: Connection, draft_id: str, quoted: Quotation, *, thread_ts: str) -> Draft | None:
    """Fills in what an open draft is about, as it stood when it was read, and in which thread; None where it is not wanted any more."""
    found = of(conn, draft_id)
    place = found.request.chat if found else None
    if found is None or place is None or found.state is not DraftState.open or found.known:
        return None
    there = replace(place, thread=replace(place.thread, thread_ts=thread_ts))
    filled = replace(found, known=True, request=replace(found.request, quoted=quoted, place=there))
    write(conn, filled)
    return filled


def due(conn: Connection, now: datetime) -> tuple[Draft, ...]:
    """Open drafts whose time has come and of which everything is known."""
    wanted = select(drafts).where(drafts.c.state == DraftState.open, drafts.c.due_at <= now)
    found = [_draft(row) for row in conn.execute(wanted.order_by(drafts.c.due_at).limit(100))]
    return tuple(draft for draft in found if draft.known)


def _values(draft: Draft) -> dict[str, object]:
    return {
        "kind": str(draft.kind),
        "state": str(draft.state),
        "due_at": draft.due_at,
        "data": _ADAPTER.dump_json(draft).decode(),
    }


def _draft(row: Row[tuple[object, ...]]) -> Draft:
    kept = _ADAPTER.validate_json(row.data)
    return replace(kept, kind=DraftKind(row.kind), state=DraftState(row.state), due_at=row.due_at)
