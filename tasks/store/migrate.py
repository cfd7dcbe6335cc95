"""Brings a database to today's schema, and says whether it is there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

LOCK = 7_202_611
"""PostgreSQL advisory lock: two migrations at once wait for each other."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine) -> None:
    """Runs every migration that is missing, in one transaction; safe to run twice and from two processes."""
    config = _config()
    with engine.connect().execution_options(sortie_writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def revision(engine: Engine) -> str | None:
    """The schema's revision in this database, None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def expected() -> str | None:
    """The revision that this version of Sortie needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()
