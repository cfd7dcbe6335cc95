"""A home the sandbox's user can reach, a real code host's git, and a world that puts both together."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from integrations.sandboxes.bubblewrap import BubblewrapProvider
from integrations.types.sandbox import Command, CommandResult
from tasks.workspace.importing import ImportLimits
from tasks.workspace.storage import remove
from tasks.workspace.workspace import Kind, Tenure, Workspace
from tasks.workspace.workspaces import Workspaces
from tests.tasks.workspace.git_server import GitServer, TestRemote
from tests.tasks.workspace.repos import make_bare

REPO = "acme/api"


@dataclass
class World:
    """One repository on a code host, mirrored here; `base` is its first commit."""

    home: Path
    server: GitServer
    sandboxes: BubblewrapProvider
    workspaces: Workspaces
    base: str

    @property
    def remote(self) -> TestRemote:
        return self.server.remote(REPO)

    @property
    def origin(self) -> Path:
        return self.server.path(REPO)

    @property
    def quarantine(self) -> Path:
        return self.workspaces.layout.quarantine(REPO)

    def provision(self, attempt: int = 1, epoch: int = 1) -> Workspace:
        return self.workspaces.provision(Tenure("R-1", attempt, epoch), REPO, self.base)

    def agent(self, workspace: Workspace, script: str, *, ok: bool = True) -> CommandResult:
        """What an agent's shell command does: in its sandbox, in its workspace."""
        with self.sandboxes.open(workspace.spec()) as sandbox:
            result = sandbox.run(Command(("/bin/bash", "-c", script)))
        assert not ok or result.exit_code == 0, result.output
        return result


@pytest.fixture(scope="session")
def sandboxes() -> BubblewrapProvider:
    return BubblewrapProvider()


@pytest.fixture
def home() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="sortie-test-"))
    path.chmod(0o755)
    yield path
    remove(path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    server = GitServer(tmp_path / "host")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def kind() -> Kind:
    """What workspaces are in this test."""
    return Kind.overlay


both = pytest.mark.parametrize("kind", list(Kind), ids=[kind.value for kind in Kind])
"""For tests that must hold for overlays and for clones alike."""


@pytest.fixture
def world(home: Path, server: GitServer, sandboxes: BubblewrapProvider, kind: Kind) -> World:
    files = {
        "app.py": "def total(items):\n    return sum(items)\n",
        "README.md": "# api\n",
        "run.sh": "#!/bin/sh\necho hi\n",
        ".gitignore": "*.log\n",
    }
    base = make_bare(server.path(REPO), files)
    workspaces = Workspaces(home, sandboxes, kind=kind)
    workspaces.sync_mirror(REPO, server.remote(REPO))
    return World(home, server, sandboxes, workspaces, base)


@pytest.fixture
def patient_for_2_s(world: World, kind: Kind) -> World:
    """The same world, where reading a workspace may take two seconds."""
    world.workspaces = Workspaces(world.home, world.sandboxes, limits=ImportLimits(read_s=2.0), kind=kind)
    return world


@pytest.fixture
def small(world: World, kind: Kind) -> World:
    """The same world, where little may be submitted."""
    limits = ImportLimits(pack_mb=1, content_mb=2, files=50)
    world.workspaces = Workspaces(world.home, world.sandboxes, limits=limits, kind=kind)
    return world
