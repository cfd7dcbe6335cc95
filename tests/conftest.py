"""What every test may ask for: a database of either kind, with the real migrations applied."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tests.support.postgres import running_postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A running PostgreSQL server of this test session."""
    with running_postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, migrated database: every test that asks runs on SQLite and on PostgreSQL."""
    url = f"sqlite:///{tmp_path / 'sortie.db'}"
    if request.param == "postgresql":
        url = fresh_postgres(request.getfixturevalue("postgres_url"), tmp_path.name)
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    return url


def fresh_postgres(server: str, name: str) -> str:
    """A new empty database on a running server."""
    database = "t_" + "".join(c if c.isalnum() else "_" for c in name.lower())
    admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{database}"'))
        connection.execute(text(f'CREATE DATABASE "{database}"'))
    admin.dispose()
    return f"{server}/{database}"
