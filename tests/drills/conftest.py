"""A house for a drill, how often each drill is tried, and the table of all of them at the end."""

import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from bot.cli.supervise import ChildSpec, Process, tethered
from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tests.drills.house import House, house
from tests.drills.nursery import nursery
from tests.drills.orphans import adopt_orphans
from tests.drills.table import ROOT, gather, here, text, write

DRILLS = "tests/drills/"
PAGE = ROOT / "docs/reliability.md"
HOUSES = {"running_house", "fresh_house", "started_house", "launch"}
"""What a test asks for that is a drill."""
DRILL = "drill"
FAILED = pytest.StashKey[bool]()
BEGAN = pytest.StashKey[float]()
Launch = Callable[[ChildSpec], Process]


def migrated(url: str) -> str:
    """The same URL, once the schema stands there."""
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    return url


@contextmanager
def sqlite_house(folder: Path, launch: Launch = tethered) -> Iterator[House]:
    adopt_orphans()
    with house(migrated(f"sqlite:///{folder / 'sortie.db'}"), launch=launch) as made:
        yield made


@pytest.fixture(scope="session")
def launch() -> Iterator[Launch]:
    """Starts processes without their imports."""
    with nursery() as made:
        yield made.launch


class Standing:
    """The house that stands from one drill to the next: each leaves it as it was, and one that failed loses it."""

    def __init__(self, launch: Launch, folders: pytest.TempPathFactory) -> None:
        self._launch, self._folders = launch, folders
        self._stack = ExitStack()
        self._house: House | None = None

    def enter(self) -> House:
        if self._house is None:
            folder = self._folders.mktemp("house")
            self._house = self._stack.enter_context(sqlite_house(folder, self._launch))
        return self._house

    def leave(self) -> None:
        self._house = None
        self._stack.close()


@pytest.fixture(scope="session")
def standing(launch: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    made = Standing(launch, tmp_path_factory)
    yield made
    made.leave()


@pytest.fixture
def running_house(request: pytest.FixtureRequest, standing: Standing) -> Iterator[House]:
    """The house of all drills that kill processes and leave everything else alone."""
    yield standing.enter()
    if request.node.stash.get(FAILED, False):
        standing.leave()


@pytest.fixture
def fresh_house(tmp_path: Path, alone: Launch) -> Iterator[House]:
    """A house of a drill's own."""
    with sqlite_house(tmp_path, alone) as made:
        yield made


@pytest.fixture
def alone(standing: Standing, launch: Launch) -> Launch:
    """As `launch`, while no other house stands."""
    standing.leave()
    return launch


@pytest.fixture
def started_house(tmp_path: Path) -> Iterator[House]:
    """A house whose processes are started as `sortie up` starts them."""
    with sqlite_house(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def _which_try() -> int:
    """Which of the tries of a drill this is."""
    return 1


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each drill as often as was asked for, one try after the other."""
    times = metafunc.config.getoption("--times")
    if times > 1 and HOUSES & set(metafunc.fixturenames):
        metafunc.parametrize("_which_try", range(1, times + 1), ids=[f"try{n}" for n in range(1, times + 1)])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    if HOUSES & set(getattr(item, "fixturenames", ())):
        report.user_properties.append((DRILL, True))
    return report


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.stash[BEGAN] = time.monotonic()


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Every try of every drill, those that could not even begin included; written to the page where that was asked for."""
    rows = gather(_tried(terminalreporter))
    if len(rows) < 2:
        return
    took_s = time.monotonic() - config.stash[BEGAN]
    command = config.getoption("--told-as") or "pytest " + " ".join(sys.argv[1:])
    table = text(rows, here(took_s, command, f"{datetime.now(UTC):%Y-%m-%d}"))
    terminalreporter.write_sep("=", "drills")
    terminalreporter.write_line(table)
    if config.getoption("--write-table"):
        write(PAGE, table)
        terminalreporter.write_line(f"written to {PAGE}")


def _tried(terminalreporter: TerminalReporter) -> list[tuple[str, bool, float, str]]:
    """One entry for each try: it has passed when its set-up, itself and its end have."""
    tries: dict[str, tuple[str, bool, float, str]] = {}
    for outcome in ("passed", "failed", "error", ""):
        for report in terminalreporter.getreports(outcome):
            if isinstance(report, pytest.TestReport) and (DRILL, True) in report.user_properties:
                node = report.nodeid.removeprefix(DRILLS)
                _, well, seconds, why = tries.get(node, (node, True, 0.0, ""))
                tries[node] = (
                    node,
                    well and not report.failed,
                    seconds + report.duration,
                    why or _why(report),
                )
    return list(tries.values())


def _why(report: pytest.TestReport) -> str:
    said = str(report.longrepr).rpartition("AssertionError:")[2] if report.failed else ""
    return said.strip().split("\n")[0]
