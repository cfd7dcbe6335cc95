"""Hostile worlds: canaries in every place, a judge over everything that got out. On SQLite alone: the attacks do not differ."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tests.attacks.canaries import PLANTED, Bystander, bystander
from tests.attacks.oracle import Court
from tests.attacks.plays import PEACEFUL, TARGET, target
from tests.scenarios import conftest as scenarios
from tests.scenarios.conftest import Begin
from tests.scenarios.world import World

begin, toolchain = scenarios.begin, scenarios.toolchain
Hostile = Callable[..., tuple[World, Court]]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """A fresh SQLite database."""
    url = f"sqlite:///{tmp_path / 'sortie.db'}"
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    return url


@pytest.fixture
def neighbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bystander]:
    """Another process with secrets; this process's environment holds some as well."""
    monkeypatch.setenv("SORTIE_CANARY", PLANTED["environment"])
    url = f"postgresql://sortie:{PLANTED['database password']}@db.internal/sortie"
    monkeypatch.setenv("SORTIE_DATABASE_URL", url)
    with bystander(tmp_path) as running:
        yield running


@pytest.fixture
def hostile(
    begin: Begin,
    neighbour: Bystander,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Hostile:
    """Begins a world (a Scene's fields; `files` are the target's) and its judge."""

    def start(files: dict[str, str] | None = None, **scene: object) -> tuple[World, Court]:
        folder = target(tmp_path / "target", TARGET if files is None else files)
        world = begin(**{"script": PEACEFUL, "ci": None, "target": folder} | scene)
        (world.settings.home.parent / "credentials").write_text(PLANTED["file in the worker's home"])
        world.settings.home.mkdir(exist_ok=True)
        (world.settings.home / "credentials").write_text(PLANTED["file in the worker's home"])
        said: list[str] = []

        def logs() -> str:
            out = capfd.readouterr()
            said.append(out.out + out.err + caplog.text)
            return "\n".join(said)

        court = Court(world, "", logs)
        return world, Court(world, court.refs()["refs/heads/main"], logs)

    return start
