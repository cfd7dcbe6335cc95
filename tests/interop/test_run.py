"""Whole runs whose every call passes through: to GitHub past Prism, to Slack and the model past a relay that notes it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tests.interop.acting import Note
from tests.interop.model_types import model_complaints
from tests.interop.published import note_answers, note_requests
from tests.interop.relay import Relay, relaying
from tests.interop.slack_types import complaints
from tests.interop.table import Row
from tests.interop.violations import violations
from tests.scenarios.test_repairs import DOCS_CI
from tests.scenarios.test_stop import stop
from tests.scenarios.world import Scene, World, world
from tests.support.toolchain import copy_toolchain

RUNS: dict[str, dict[str, Any]] = {
    "red CI, repaired": {"script": "red_ci_then_repair", "ci": DOCS_CI},
    "findings, disputed, with a plain token": {"script": "disputed", "auth": "token"},
}


@pytest.fixture(scope="module")
def toolchain() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="sortie-toolchain-"))
    yield copy_toolchain(folder)
    shutil.rmtree(folder, ignore_errors=True)


class Relays:
    """One relay for each vendor; GitHub's is followed by Prism."""

    def __init__(self, checked: tuple[Relay, Relay], stack: ExitStack) -> None:
        self.github, self._behind_prism = checked
        self.slack, self.model = (stack.enter_context(relaying()) for _ in range(2))
        self.github.seen.clear()

    def through(self, name: str, url: str) -> str:
        if name == "github":
            self._behind_prism.target = url
            return self.github.url
        relay = self.slack if name == "slack" else self.model
        relay.target = url
        return relay.url + ("/api/" if url.endswith("/api/") else "")


@pytest.fixture(params=RUNS)
def whole_run(
    request: pytest.FixtureRequest, checked: tuple[Relay, Relay], toolchain: Path, tmp_path: Path
) -> Iterator[tuple[str, Relays]]:
    database = f"sqlite:///{tmp_path / 'sortie.db'}"
    engine = open_engine(database)
    upgrade(engine)
    engine.dispose()
    with ExitStack() as stack:
        relays = Relays(checked, stack)
        scene = Scene(through=relays.through, **RUNS[request.param])
        _play(stack.enter_context(world(scene, database_url=database, toolchain=toolchain)))
        yield request.param, relays


def _play(made: World) -> None:
    run_id = made.asks()
    made.reaches(run_id, "ready", "disputed", within_s=150)
    made.quiet(run_id)
    stop(made, run_id)
    made.reaches(run_id, "cancelled", within_s=20)
    made.quiet(run_id)


def test_every_call_of_a_run_follows_what_the_vendors_publish(
    whole_run: tuple[str, Relays], note: Note, tmp_path: Path
) -> None:
    name, relays = whole_run
    found = violations(relays.github.seen)
    assert len(relays.github.seen) > 30
    note_requests(found, f"requests of a run ({name})", note)
    note_answers(found, f"answers of our simulator to a run ({name})", note)
    assert complaints(relays.slack.seen, tmp_path) == []
    note(Row("@slack/web-api 8.2.0, types", f"requests and answers of a run ({name})"))
    assert model_complaints(relays.model.seen) == []
    note(Row("anthropic 2.11, parameter types", f"requests of a run ({name})"))
