"""The outbox: intents stored with the event they follow from, claimed one at a time per run and lane."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    bindparam,
    exists,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Row

from tasks.domain.effect import Effect
from tasks.store.clock import Reading
from tasks.store.schema import Utc, outbox

FURTHEST = timedelta(minutes=30)
"""Nothing in the outbox is ever put off or claimed for longer."""

PENDING, SENDING, DONE, FAILED, UNKNOWN, DROPPED = (
    "pending",
    "sending",
    "done",
    "failed",
    "unknown",
    "dropped",
)

_SURELY_UNSENT = (outbox.c.state == PENDING) & (outbox.c.error != UNKNOWN)
"""What may have happened must be looked up by its own id before anything takes its place."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One stored effect. `doubtful` when an earlier try may already have happened: look it up before repeating."""

    id: int
    run_id: str
    seq: int
    effect: Effect
    state: str
    attempts: int
    claim: str
    doubtful: bool
    created_at: datetime
    due_at: datetime
    error: str = ""
    settled_at: datetime | None = None


def add(conn: Connection, now: datetime, run_id: str, seq: int, effects: tuple[Effect, ...]) -> None:
    """Stores effects; one with a slot takes the place of an older one that was surely not sent, and is as urgent as that."""
    slots = [effect.slot for effect in effects if effect.slot]
    if slots and seq > 1:
        replaced = (outbox.c.run_id == run_id) & outbox.c.slot.in_(slots) & _SURELY_UNSENT
        urgent: dict[str, int] = {}
        for row in conn.execute(select(outbox.c.slot, outbox.c.priority).where(replaced)):
            urgent[row.slot] = min(row.priority, urgent.get(row.slot, row.priority))
        if urgent:
            conn.execute(
                update(outbox)
                .where(replaced)
                .values(state=DROPPED, settled_at=now, error="replaced by a newer one")
            )
        effects = tuple(replace(e, priority=min(e.priority, urgent.get(e.slot, e.priority))) for e in effects)
    if effects:
        conn.execute(_ADD, [_row(effect, run_id, seq, now) for effect in effects])


def add_first(conn: Connection, now: datetime, of_runs: Sequence[tuple[str, tuple[Effect, ...]]]) -> None:
    """Stores the effects of new runs' first events; no run may have any yet."""
    rows = [_row(effect, run_id, 1, now) for run_id, effects in of_runs for effect in effects]
    if rows:
        conn.execute(_ADD, rows)


def _row(effect: Effect, run_id: str, seq: int, now: datetime) -> dict[str, object]:
    return {
        "run_id": run_id,
        "seq": seq,
        "kind": effect.kind,
        "lane": effect.lane,
        "slot": effect.slot,
        "priority": effect.priority,
        "data": json.dumps(dict(effect.data)) if effect.data else "{}",
        "state": PENDING,
        "attempts": 0,
        "due_at": now,
        "claim": "",
        "created_at": now,
        "error": "",
        "result": "",
    }


def drop_pending(
    conn: Connection, now: datetime, run_id: str, *, prefix: str, but_lanes: tuple[str, ...] = ()
) -> None:
    """Unsent intents whose kind begins so will never be sent, save for those of some lanes."""
    dropped = outbox.c.kind.startswith(prefix) & outbox.c.lane.not_in(but_lanes)
    conn.execute(
        update(outbox)
        .where(outbox.c.run_id == run_id, _SURELY_UNSENT, dropped)
        .values(state=DROPPED, settled_at=now, error="the run ended")
    )


def drop_notices(conn: Connection, now: datetime, lanes: tuple[str, ...]) -> None:
    """Unsent writes of these lanes that belong to no run will never be sent."""
    if lanes:
        unsent = outbox.c.lane.in_(lanes) & (outbox.c.run_id == "") & _SURELY_UNSENT
        conn.execute(update(outbox).where(unsent).values(state=DROPPED, settled_at=now, error="not wanted"))


def claim(
    conn: Connection, clock: Reading, claim_ids: tuple[str, ...], *, ttl_s: float, prefix: str = ""
) -> tuple[Intent, ...]:
    """Takes the most urgent due intents whose kind begins with `prefix`, one for each claim id; one per run and lane is
    under way at a time.

    An expired claim is taken over as doubtful; while the clock is in doubt, only one that was not extended for `ttl_s`.
    A time further ahead than anything is ever put off was written under a clock that has been set back since: it is due
    too. So is what nobody has tried yet, whatever clock its writer went by.
    """
    now = clock.at
    asked = {"now": now, "nonsense": now + FURTHEST, "prefix": prefix, "most": len(claim_ids)}
    found = [*_left(conn, clock, asked, ttl_s), *conn.execute(_FRESH, asked)]
    urgent = sorted(found, key=lambda row: (row.priority, row.id))
    until = now + timedelta(seconds=ttl_s)
    taken = (_taken(conn, row, ours, until) for row, ours in zip(urgent, claim_ids, strict=False))
    return tuple(intent for intent in taken if intent is not None)


def _left(conn: Connection, clock: Reading, asked: dict[str, object], ttl_s: float) -> list[Row[Any]]:
    """What somebody began to write and does not go on with. Where the clock is in doubt, all that is under way is watched."""
    if clock.settled:
        return list(conn.execute(_EXPIRED, asked))
    for row in conn.execute(_UNDER_WAY):
        clock.stood(("claim", row.id), (row.claim, row.claim_until), after_s=0.0)
    return [
        row
        for row in conn.execute(_EXPIRED, asked)
        if clock.abandoned(("claim", row.id), (row.claim, row.claim_until), after_s=ttl_s)
    ]


def _taken(conn: Connection, row: Row[Any], ours: str, until: datetime) -> Intent | None:
    asked = {
        "of": row.id,
        "was": row.state,
        "held_by": row.claim,
        "ours": ours,
        "until": until,
        "tries": row.attempts + 1,
    }
    doubtful = row.state == SENDING or row.error == UNKNOWN
    return _intent(row, ours, doubtful=doubtful) if conn.execute(_TAKE, asked).rowcount == 1 else None


def _most_urgent(wanted: ColumnElement[bool]) -> Select[Any]:
    """Asked many times a second, so it is put together once; walks ix_outbox_next and ends with the last one that is wanted."""
    ours = outbox.c.kind.startswith(bindparam("prefix", type_=String))
    order = (outbox.c.priority, outbox.c.id)
    return select(outbox).where(wanted, ours).order_by(*order).limit(bindparam("most", type_=Integer))


def _fresh() -> ColumnElement[bool]:
    earlier = outbox.alias("earlier")
    blocked = exists().where(
        earlier.c.run_id == outbox.c.run_id,
        earlier.c.lane == outbox.c.lane,
        earlier.c.id < outbox.c.id,
        earlier.c.state.in_((PENDING, SENDING)),
    )
    due = (outbox.c.attempts == 0) | (outbox.c.due_at <= _NOW) | (outbox.c.due_at > _NONSENSE)
    return (outbox.c.state == PENDING) & due & ~blocked


_NOW, _NONSENSE = bindparam("now", type_=Utc), bindparam("nonsense", type_=Utc)
_LATE = (outbox.c.claim_until <= _NOW) | (outbox.c.claim_until > _NONSENSE)
_FRESH, _EXPIRED = _most_urgent(_fresh()), _most_urgent((outbox.c.state == SENDING) & _LATE)
_UNDER_WAY = select(outbox.c.id, outbox.c.claim, outbox.c.claim_until).where(outbox.c.state == SENDING)
_ADD = insert(outbox)
_TAKE = (
    update(outbox)
    .where(
        outbox.c.id == bindparam("of"),
        outbox.c.state == bindparam("was"),
        outbox.c.claim == bindparam("held_by"),
    )
    .values(
        state=SENDING,
        claim=bindparam("ours"),
        claim_until=bindparam("until"),
        attempts=bindparam("tries"),
    )
)


def extend(conn: Connection, now: datetime, claims: tuple[str, ...], *, ttl_s: float) -> None:
    """Keeps claims of writes that are still under way."""
    held = (outbox.c.state == SENDING) & outbox.c.claim.in_(claims)
    conn.execute(update(outbox).where(held).values(claim_until=now + timedelta(seconds=ttl_s)))


def held(conn: Connection, intent: Intent) -> bool:
    """Whether this claim still stands."""
    return conn.execute(_HELD, {"of": intent.id, "ours": intent.claim}).first() is not None


def settle(conn: Connection, now: datetime, intent: Intent, *, state: str, error: str = "") -> bool:
    """Ends an intent; False when another publisher took it over meanwhile."""
    ended = {"of": intent.id, "ours": intent.claim, "as": state, "why": error, "when": now}
    return conn.execute(_SETTLE, ended).rowcount == 1


def postpone(conn: Connection, intent: Intent, *, due_at: datetime, error: str) -> None:
    """Gives an intent back for a later try; the error "unknown" makes that try look first."""
    conn.execute(_POSTPONE, {"of": intent.id, "ours": intent.claim, "why": error, "when": due_at})


def hold_back(conn: Connection, intent: Intent, *, until: datetime) -> None:
    """Gives an intent back that nobody tried, because it is too early for it."""
    why = UNKNOWN if intent.doubtful else "held back"
    tried = {"of": intent.id, "ours": intent.claim, "why": why, "when": until}
    conn.execute(_HOLD_BACK, tried | {"tries": max(1, intent.attempts - 1)})


_CLAIMED = (
    (outbox.c.id == bindparam("of")) & (outbox.c.claim == bindparam("ours")) & (outbox.c.state == SENDING)
)
_LET_GO = update(outbox).where(_CLAIMED).values(error=bindparam("why"), claim="", claim_until=None)
_HELD = select(outbox.c.id).where(_CLAIMED)
_SETTLE = _LET_GO.values(state=bindparam("as"), settled_at=bindparam("when"))
_POSTPONE = _LET_GO.values(state=PENDING, due_at=bindparam("when"))
_HOLD_BACK = _POSTPONE.values(attempts=bindparam("tries"))


def of_run(conn: Connection, run_id: str) -> tuple[Intent, ...]:
    """Every intent of a run, oldest first."""
    rows = conn.execute(select(outbox).where(outbox.c.run_id == run_id).order_by(outbox.c.id))
    return tuple(_intent(row, row.claim, doubtful=False) for row in rows)


def _intent(row: Row[tuple[object, ...]], claim_id: str, *, doubtful: bool) -> Intent:
    data = tuple(sorted(json.loads(row.data).items()))
    effect = Effect(row.kind, row.lane, row.priority, row.slot, data)
    return Intent(
        row.id,
        row.run_id,
        row.seq,
        effect,
        row.state,
        row.attempts + (1 if claim_id and row.claim != claim_id else 0),
        claim_id,
        doubtful,
        row.created_at,
        row.due_at,
        row.error,
        row.settled_at,
    )
