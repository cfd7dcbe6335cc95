"""The demo's target on a code host, mirrored, with a sandbox and a toolchain around it."""

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.sandboxes.bubblewrap import BubblewrapProvider
from tasks.workspace.workspaces import Workspaces
from tests.support.toolchain import copy_toolchain
from tests.tasks.steps.story import REPO, Story, target_files
from tests.tasks.workspace.git_server import GitServer
from tests.tasks.workspace.repos import make_bare


@pytest.fixture(scope="session")
def sandboxes() -> BubblewrapProvider:
    return BubblewrapProvider()


@pytest.fixture(scope="session")
def toolchain() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="sortie-toolchain-"))
    copy_toolchain(path)
    found = importlib.util.find_spec("py")
    assert found is not None and found.origin is not None
    shutil.copyfile(found.origin, path / "py.py")  # pytest 9.2 imports its own shim of the old name
    (path / "py.py").chmod(0o644)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def also() -> dict[str, bytes]:
    """Files of the base beside the demo's; a test module may say which."""
    return {}


@pytest.fixture
def story(
    tmp_path: Path, sandboxes: BubblewrapProvider, toolchain: Path, also: dict[str, bytes]
) -> Iterator[Story]:
    """A run whose worker is about to begin, on the demo's target."""
    home = Path(tempfile.mkdtemp(prefix="sortie-steps-"))
    home.chmod(0o755)
    server = GitServer(tmp_path / "host")
    server.start()
    base = make_bare(server.path(REPO), target_files() | also)
    workspaces = Workspaces(home, sandboxes)
    workspaces.sync_mirror(REPO, server.remote(REPO))
    server.stop()
    yield Story(home, server.path(REPO), base, workspaces, sandboxes, toolchain)
    subprocess.run(["chmod", "-R", "u+rwX", str(home)], check=False)
    shutil.rmtree(home)
