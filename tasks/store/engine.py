"""One way to open a database: SQLite in WAL with durable commits, or PostgreSQL by URL."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

BUSY_TIMEOUT_MS = 30_000
_PATIENCE_MS = {"lock_timeout": 5_000, "idle_in_transaction_session_timeout": 60_000}
"""PostgreSQL: a process that froze in a transaction must not stop everybody who wants one of its rows for ever."""

LOOK_AGAIN_S = 0.002
"""How often a writer looks whether another process is done. SQLite's own handler sleeps up to 100 ms between two looks,
so that one busy process starves the others."""


def open_engine(url: str, *, pool_size: int = 20) -> Engine:
    """An engine for this URL; a SQLite file's folder is made. Raises sqlalchemy.exc.ArgumentError for a bad URL."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(
            parsed,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            pool_timeout=30,
            connect_args={"options": " ".join(f"-c {name}={value}" for name, value in _PATIENCE_MS.items())},
        )
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, pool_size=pool_size, max_overflow=pool_size, pool_timeout=30)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock at once: a transaction that reads first and writes later could fail in its middle."""
    if not connection.get_execution_options().get("sortie_writes", False):
        connection.exec_driver_sql("BEGIN")
    elif not _begins_soon(connection.connection.driver_connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begins_soon(sqlite: Any) -> bool:
    """Whether the write lock was had while looking for it often; if not, one more try says why not."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    sqlite.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                sqlite.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as busy:
                if busy.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    return False
                time.sleep(LOOK_AGAIN_S)
            else:
                return True
    finally:
        sqlite.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
