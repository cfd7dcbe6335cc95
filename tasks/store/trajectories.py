"""Conversations of agents, one row per turn: what a run resumes from."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from integrations.types.model import Message, Usage
from tasks.store.schema import turns


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """One turn as it is kept: `key` names the conversation ("1/worker"), `messages` are those the turn added."""

    key: str
    turn: int
    messages: tuple[Message, ...]
    prompt_hash: str
    model: str
    usage: Usage


def save(conn: Connection, now: datetime, run_id: str, turn: StoredTurn) -> None:
    """Keeps a turn; the same turn of the same conversation is replaced."""
    conn.execute(
        delete(turns).where(turns.c.run_id == run_id, turns.c.key == turn.key, turns.c.turn == turn.turn)
    )
    conn.execute(
        insert(turns).values(
            run_id=run_id,
            key=turn.key,
            turn=turn.turn,
            messages=json.dumps(turn.messages, ensure_ascii=False),
            prompt_hash=turn.prompt_hash,
            model=turn.model,
            input_tokens=turn.usage.input_tokens,
            output_tokens=turn.usage.output_tokens,
            cache_write_tokens=turn.usage.cache_write_tokens,
            cache_read_tokens=turn.usage.cache_read_tokens,
            at=now,
        )
    )


def conversation(conn: Connection, run_id: str, key: str) -> tuple[Message, ...]:
    """All messages kept under a key, oldest first."""
    statement = select(turns.c.messages).where(turns.c.run_id == run_id, turns.c.key == key)
    rows = conn.execute(statement.order_by(turns.c.turn)).scalars()
    return tuple(message for row in rows for message in json.loads(row))
