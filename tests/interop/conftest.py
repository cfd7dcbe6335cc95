"""Everything here is `make interop`: other people's servers as child processes, and the table at the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.acting import Note
from tests.interop.programs import HERE
from tests.interop.relay import Relay, relaying
from tests.interop.servers import prism
from tests.interop.table import BEGIN, END, Row, table

_ROWS = pytest.StashKey[list[Row]]()
DOCUMENT = HERE.parents[1] / "docs/interop.md"


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_ROWS] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("interop")


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Adds a row to the table."""
    rows = request.config.stash[_ROWS]
    return rows.append


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """For logs and seeds of one module's servers."""
    yield tmp_path_factory.mktemp("interop")


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Relay, Relay]]:
    """Two relays with Prism between them: what the first is asked is checked, then asked of the second's target."""
    with relaying() as back, prism(back.url, tmp_path_factory.mktemp("prism")) as url, relaying(url) as front:
        yield front, back


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Shows the table, and whether docs/interop.md still says the same."""
    rows = config.stash[_ROWS]
    if not rows:
        return
    shown = table(rows)
    terminalreporter.section("interop")
    terminalreporter.write_line(shown)
    head, _, rest = DOCUMENT.read_text().partition(BEGIN)
    kept, _, tail = rest.partition(END)
    if config.getoption("--write-table", default=False):
        DOCUMENT.write_text(f"{head}{BEGIN}\n{shown}\n{END}{tail}")
    elif kept.strip() != shown:
        terminalreporter.write_line(
            "\ndocs/interop.md says something else; after a whole run: ARGS=--write-table"
        )
