"""What every test may ask for: a database of either kind, with the real migrations applied."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from sqlalchemy import create_engine, text

from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tests.scenarios.noise import COUNTED, summary, too_many
from tests.support.leftovers import nothing_left_behind
from tests.support.postgres import running_postgres

BOTH = ("tests/scenarios/test_happy.py", "tests/scenarios/test_repairs.py", "tests/scenarios/test_stop.py")
"""Scenarios that always run on both databases; the others on one of the two, so that the suite stays quick."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--both", action="store_true", help="every scenario on SQLite and on PostgreSQL")
    parser.addoption("--times", type=int, default=1, help="how often each drill is tried")
    parser.addoption(
        "--write-table", action="store_true", help="the table of drills, or of interop, into its document"
    )
    parser.addoption("--told-as", default="", help="the command that the table of drills names")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Drops the half of the scenarios that is left to `--both`; which database a scenario keeps never changes."""
    if config.getoption("--both"):
        return
    ids = {item.nodeid for item in items}
    spared = [item for item in items if _spared(item, ids)]
    if spared:
        config.hook.pytest_deselected(items=spared)
        items[:] = [item for item in items if item not in set(spared)]


def _spared(item: pytest.Item, ids: set[str]) -> bool:
    """Whether this one is left out, and the same scenario on the other database is there to be run."""
    path, _, name = item.nodeid.partition("::")
    if not path.startswith("tests/scenarios/") or path in BOTH or "[" not in name:
        return False
    database = next((kind for kind in ("sqlite", "postgresql") if kind in name.split("[", 1)[1]), "")
    other = crc32(name.replace("postgresql", "").replace("sqlite", "").encode()) % 2
    kept = ("postgresql", "sqlite")[other]
    return database != kept and item.nodeid.replace(f"[{database}", f"[{kept}") in ids


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """One of several test processes ended: what its scenarios counted is ours to sum up."""
    COUNTED.extend(getattr(node, "workeroutput", {}).get("posts", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The suite fails where the runs of its scenarios wrote more than they may."""
    if (told := getattr(session.config, "workeroutput", None)) is not None:
        told["posts"] = COUNTED
    elif too_many(COUNTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if COUNTED:
        terminalreporter.write_line(summary(COUNTED), red=too_many(COUNTED))


@pytest.fixture(scope="session", autouse=True)
def clean_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The session fails with the name of every process and file that its tests left behind."""
    tmp_path_factory.getbasetemp()  # pytest keeps its own folders where it always does
    with nothing_left_behind():
        yield


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
