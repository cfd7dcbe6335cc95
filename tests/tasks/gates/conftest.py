"""A small repository with a change on it, and the gates around both."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from integrations.sandboxes.bubblewrap import BubblewrapProvider
from integrations.types.sandbox import Limits
from tasks.domain.checks import GateResult
from tasks.gates.compare import Check
from tasks.gates.config import RepoConfig
from tasks.gates.hygiene import hygiene, read_change
from tasks.gates.run import CommitSide, Conditions, GateRoom, Subject, run_check, run_setup
from tasks.workspace.workspaces import Workspaces
from tests.support.toolchain import copy_toolchain
from tests.tasks.workspace.git_server import GitServer
from tests.tasks.workspace.repos import add_commit, make_bare, sh

REPO = "acme/api"
Files = Mapping[str, str | bytes | None]


@dataclass
class Bench:
    """`change` makes base and head; `check` runs one check on both."""

    home: Path
    server: GitServer
    sandboxes: BubblewrapProvider
    workspaces: Workspaces
    toolchain: Path
    base: str = ""
    head: str = ""
    conditions: Conditions = field(default_factory=lambda: Conditions(Limits(wall_s=60.0, memory_mb=1024)))
    cancelled: Callable[[], bool] = lambda: False

    def change(self, base: Files, change: Files) -> None:
        """A repository of `base` with `change` on top."""
        origin = self.server.path(REPO)
        present = {name: content for name, content in base.items() if content is not None}
        self.base = make_bare(origin, present)
        sh(origin, "update-ref", "refs/heads/change", self.base)
        self.head = add_commit(origin, change, branch="change")
        self.mirror()

    def mirror(self) -> None:
        for oid in (self.base, self.head):
            self.workspaces.sync_mirror(REPO, self.server.remote(REPO), ref=oid)

    def check(self, command: str, name: str = "test") -> GateResult:
        base, head = self.sides()
        with base, head:
            return run_check(Check(name, command), base, head).result

    def setup_and(self, command: str) -> tuple[GateResult, GateResult]:
        base, head = self.sides()
        with base, head:
            return run_setup(base, head), run_check(Check("test", command), base, head).result

    def sides(self) -> tuple[CommitSide, CommitSide]:
        room = GateRoom(self.workspaces, self.sandboxes, self.cancelled)
        subject = Subject("R-1", REPO, self.base, self.head)
        conditions = replace(self.conditions, toolchain=(self.toolchain,))
        return CommitSide(room, subject, conditions, self.base), CommitSide(
            room, subject, conditions, self.head
        )

    def hygiene(self, config: RepoConfig | None = None) -> dict[str, GateResult]:
        change = read_change(self.workspaces, REPO, base=self.base, head=self.head)
        results = hygiene(change, config or RepoConfig())
        return {result.name: result for result in results}


@pytest.fixture(scope="session")
def toolchain() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="sortie-toolchain-"))
    yield copy_toolchain(path)
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def sandboxes() -> BubblewrapProvider:
    return BubblewrapProvider()


@pytest.fixture
def bench(tmp_path: Path, sandboxes: BubblewrapProvider, toolchain: Path) -> Iterator[Bench]:
    home = Path(tempfile.mkdtemp(prefix="sortie-gates-"))
    home.chmod(0o755)
    server = GitServer(tmp_path / "host")
    server.start()
    yield Bench(home, server, sandboxes, Workspaces(home, sandboxes), toolchain)
    server.stop()
    subprocess.run(["chmod", "-R", "u+rwX", str(home)], check=False)
    shutil.rmtree(home)
