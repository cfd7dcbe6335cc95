"""The tables. SQL is the truth; everything else in Sortie can be rebuilt from them."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Utc(TypeDecorator[datetime]):
    """A UTC time on every database; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return None if value is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        """SQLite keeps text; its driver's own way to write it takes several times as long."""
        return _as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _as_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


metadata = MetaData()

counters = Table(
    "counters",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Integer, nullable=False),
)

streams = Table(
    "streams",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("parent", String(40), nullable=False, default=""),
    Column("root", String(40), nullable=False),
    Column("due_at", Utc, nullable=True),
    Column("woken_at", Utc, nullable=True),
    Index("ix_streams_due", "due_at"),
)

events = Table(
    "events",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("type", String(60), nullable=False),
    Column("version", Integer, nullable=False),
    Column("data", Text, nullable=False),
    Column("epoch", Integer, nullable=True),
    Column("at", Utc, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("state", String(20), nullable=False),
    Column("title", Text, nullable=False),
    Column("repo", String(200), nullable=False),
    Column("requester", String(200), nullable=False),
    Column("team", String(40), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("thread_ts", String(40), nullable=False),
    Column("card_ts", String(40), nullable=False, default=""),
    Column("head_oid", String(64), nullable=False, default=""),
    Column("pr_number", Integer, nullable=True),
    Column("asked_on", Integer, nullable=True),
    Column("asked_by", String(200), nullable=False, server_default=""),
    Column("seq", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("ended", Boolean, nullable=False),
    Index("ix_runs_thread", "channel", "thread_ts"),
    Index("ix_runs_card", "channel", "card_ts"),
    Index("ix_runs_head", "head_oid"),
    Index("ix_runs_pr", "repo", "pr_number"),
    Index("ix_runs_asked_on", "repo", "asked_on"),
    Index("ix_runs_asked_by", "asked_by", "created_at"),
    Index("ix_runs_state", "ended", "state"),
)

leases = Table(
    "leases",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("id", String(40), primary_key=True),
    Column("holder", String(80), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("expires_at", Utc, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("source", String(20), primary_key=True),
    Column("delivery_id", String(200), primary_key=True),
    Column("semantic_key", String(300), nullable=True),
    Column("at", Utc, nullable=False),
    UniqueConstraint("source", "semantic_key", name="uq_deliveries_semantic"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", String(40), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("lane", String(40), nullable=False),
    Column("slot", String(40), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("data", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", Utc, nullable=False),
    Column("claim", String(80), nullable=False, default=""),
    Column("claim_until", Utc, nullable=True),
    Column("created_at", Utc, nullable=False),
    Column("settled_at", Utc, nullable=True),
    Column("error", Text, nullable=False, default=""),
    Column("result", Text, nullable=False, default=""),
    Index("ix_outbox_next", "state", "priority", "id", "kind"),
    Index("ix_outbox_lane", "run_id", "lane", "id"),
)

turns = Table(
    "turns",
    metadata,
    Column("run_id", String(40), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("turn", Integer, primary_key=True),
    Column("messages", Text, nullable=False),
    Column("prompt_hash", String(64), nullable=False),
    Column("model", String(80), nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("cache_write_tokens", Integer, nullable=False),
    Column("cache_read_tokens", Integer, nullable=False),
    Column("at", Utc, nullable=False),
)

switch_turns = Table(
    "switch_turns",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(40), nullable=False),
    Column("on", Boolean, nullable=False),
    Column("by", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Utc, nullable=False),
)

channel_changes = Table(
    "channel_changes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("team", String(40), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("repo", String(200), nullable=False),
    Column("steer", String(20), nullable=False),
    Column("verbosity", String(20), nullable=False),
    Column("emoji_start", Boolean, nullable=False),
    Column("digest", Boolean, nullable=False),
    Column("owner", String(40), nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", Utc, nullable=False),
    Index("ix_channel_changes", "team", "channel", "id"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("state", String(12), nullable=False),
    Column("data", Text, nullable=False),
    Column("due_at", Utc, nullable=True),
    Column("at", Utc, nullable=False),
    Index("ix_drafts_due", "state", "due_at"),
    Index("ix_drafts_at", "at"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("team", String(40), primary_key=True),
    Column("user", String(40), primary_key=True),
    Column("account_id", BigInteger, nullable=False),
    Column("login", String(100), nullable=False),
    Column("linked_at", Utc, nullable=False),
)

account_changes = Table(
    "account_changes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("team", String(40), nullable=False),
    Column("user", String(40), nullable=False),
    Column("what", String(20), nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("login", String(100), nullable=False),
    Column("at", Utc, nullable=False),
    Index("ix_account_changes_whose", "team", "user", "id"),
)

kept_requests = Table(
    "kept_requests",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("team", String(40), nullable=False),
    Column("user", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("data", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Index("ix_kept_requests_whose", "team", "user"),
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("team", String(40), primary_key=True),
    Column("profile", String(20), nullable=False),
    Column("at", Utc, nullable=False),
)

homes = Table(
    "homes",
    metadata,
    Column("team", String(40), primary_key=True),
    Column("user", String(40), primary_key=True),
    Column("at", Utc, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("isolation", String(20), nullable=False),
    Column("ready", Boolean, nullable=False),
    Column("detail", Text, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("load", Float, nullable=False, default=0.0),
)
