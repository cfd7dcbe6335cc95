"""Worlds for scenarios, each on a fresh database of either kind."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.scenarios.scripts import GREETING, QUICK_CI, script, target, works
from tests.scenarios.world import Scene, World, world
from tests.support.toolchain import copy_toolchain

Begin = Callable[..., World]


@pytest.fixture(scope="session")
def toolchain() -> Iterator[Path]:
    """pytest for the target, where every user can read it."""
    folder = Path(tempfile.mkdtemp(prefix="sortie-toolchain-"))
    yield copy_toolchain(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def begin(database_url: str, toolchain: Path) -> Iterator[Begin]:
    """Begins a world from a Scene's fields; it ends with the test."""
    with ExitStack() as stack:
        yield lambda **scene: stack.enter_context(
            world(Scene(**scene), database_url=database_url, toolchain=toolchain)
        )


@pytest.fixture
def begin_small(begin: Begin, tmp_path: Path) -> Begin:
    """As `begin`, on a target and a script that cost little: for scenarios that are not about the change itself."""
    scene = {"script": script(*works()), "target": target(tmp_path / "target", GREETING), "ci": QUICK_CI}
    return lambda **changes: begin(**(scene | changes))
