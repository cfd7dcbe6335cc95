"""Whatever happens to a layer shows in a look at it, and nothing else does."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.workspace.git import GitFailed
from tasks.workspace.untouched import SETTLED_NS, look
from tasks.workspace.workspace import Workspace
from tests.tasks.workspace.conftest import World


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("one\n")
    (tmp_path / "src" / "link").symlink_to("a.py")
    return tmp_path


def _same_size_and_time(layer: Path) -> None:
    file = layer / "src" / "a.py"
    before = file.stat()
    file.write_text("two\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _same_name_again(layer: Path) -> None:
    (layer / "src" / "other").write_text("one\n")
    (layer / "src" / "other").rename(layer / "src" / "a.py")


CHANGES: dict[str, Callable[[Path], object]] = {
    "other words, the same size, the time put back": _same_size_and_time,
    "another file under the same name": _same_name_again,
    "more": lambda layer: (layer / "new").write_text(""),
    "less": lambda layer: (layer / "src" / "a.py").unlink(),
    "a mode": lambda layer: (layer / "src" / "a.py").chmod(0o755),
    "a mark of the overlay": lambda layer: os.setxattr(layer / "src", "user.overlay.opaque", b"y"),
    "elsewhere": lambda layer: (layer / "src").rename(layer / "lib"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_shows(layer: Path, change: Callable[[Path], object]) -> None:
    before = look(layer, most=10)
    time.sleep(2 * SETTLED_NS / 1e9)
    assert look(layer, most=10) != before, "by then it counts as settled"
    settled = look(layer, most=10)
    assert settled is not None and settled.settled
    change(layer)
    after = look(layer, most=10)
    assert after is not None and after.digest != settled.digest


def test_reading_changes_nothing(layer: Path) -> None:
    before = look(layer, most=10)
    (layer / "src" / "a.py").read_text()
    after = look(layer, most=10)
    assert before is not None and after is not None and before.digest == after.digest


def test_what_was_changed_just_now_is_not_settled(layer: Path) -> None:
    found = look(layer, most=10)
    assert found is not None and not found.settled


def test_more_than_may_be_there_is_not_looked_at(layer: Path) -> None:
    assert look(layer, most=3) is not None
    assert look(layer, most=2) is None


def test_work_that_nobody_touched_is_not_read_again(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "echo new >new.py")
    time.sleep(2 * SETTLED_NS / 1e9)
    assert world.workspaces.save(workspace)
    away = world.quarantine.rename(world.quarantine.with_suffix(".away"))
    world.agent(workspace, "cat new.py")
    assert world.workspaces.save(workspace) == "", "without the repository that a reading needs"
    world.agent(workspace, "echo more >>new.py")
    with pytest.raises((GitFailed, OSError)):
        world.workspaces.save(workspace)
    away.rename(world.quarantine)
    assert world.workspaces.save(workspace), "what failed was not taken for read"


def test_what_is_submitted_is_read_though_nobody_touched_it(world: World) -> None:
    workspace = world.provision()
    world.agent(workspace, "echo new >new.py")
    time.sleep(2 * SETTLED_NS / 1e9)
    assert world.workspaces.save(workspace)
    away = world.quarantine.rename(world.quarantine.with_suffix(".away"))
    assert world.workspaces.save(workspace) == "", "for a save it is known"
    with pytest.raises((GitFailed, OSError)):
        _submitted(world, workspace)
    away.rename(world.quarantine)
    assert _submitted(world, workspace)


def _submitted(world: World, workspace: Workspace) -> str:
    at = datetime(2026, 11, 30, tzinfo=UTC)
    return world.workspaces.submit(workspace, parent_oid=world.base, message="Say new", at=at).oid
