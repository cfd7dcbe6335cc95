"""A fresh house for a drill, or one for many."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tests.drills.house import House, house
from tests.drills.orphans import adopt_orphans

DRILLS = "tests/drills/"


def migrated(url: str) -> str:
    """The same URL, once the schema stands there."""
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    return url


@contextmanager
def sqlite_house(folder: Path) -> Iterator[House]:
    adopt_orphans()
    with house(migrated(f"sqlite:///{folder / 'sortie.db'}")) as made:
        yield made


@pytest.fixture(scope="module")
def running_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all drills of a module: each leaves it as it was, and a broken one is mended by the supervisor."""
    with sqlite_house(tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture
def fresh_house(tmp_path: Path) -> Iterator[House]:
    """A house of a drill's own."""
    with sqlite_house(tmp_path) as made:
        yield made


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """The table of all drills of this run, as docs/reliability.md keeps it."""
    rows = []
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if (
                report.nodeid.startswith(DRILLS)
                and "test_complete" not in report.nodeid
                and report.when == "call"
            ):
                rows.append((report.nodeid.removeprefix(DRILLS), outcome, report.duration))
    if len(rows) > 1:
        terminalreporter.write_sep("=", "drills")
        for drill, outcome, seconds in sorted(rows):
            terminalreporter.write_line(f"| {drill} | {outcome} | {seconds:.0f} s |")
