"""A proven provider, workspaces that its user can reach, and a canary that must appear nowhere."""

import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integrations.sandboxes import trees
from integrations.sandboxes.bubblewrap import BubblewrapProvider, BubblewrapSandbox
from integrations.types.sandbox import Bind, Command, CommandResult, Limits, Overlay, SandboxSpec

CANARY = f"canary-{secrets.token_hex(12)}"
"""Planted in this process's environment before any sandbox starts, and in files that only the host may read."""

os.environ["SORTIE_TEST_CANARY"] = CANARY

IMPORTS = os.pathsep.join([str(Path(__file__).parents[3]), *filter(None, sys.path)])
"""PYTHONPATH for a harness in a process of its own."""

Run = Callable[..., CommandResult]


@pytest.fixture(scope="session")
def provider() -> BubblewrapProvider:
    """bubblewrap as installed; the suite needs it, as a worker does."""
    return BubblewrapProvider()


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory outside any home, reachable by the sandbox's user."""
    path = Path(tempfile.mkdtemp(prefix="sortie-test-"))
    path.chmod(0o711)
    yield path
    trees.remove(path)


@pytest.fixture
def layered() -> bool:
    """Whether the workspace is an overlay."""
    return False


both = pytest.mark.parametrize("layered", [False, True], ids=["directory", "overlay"])
"""For what must hold whatever the workspace is mounted from."""


@pytest.fixture
def workspace(place: Path, provider: BubblewrapProvider, layered: bool) -> Path:
    """An empty workspace that belongs to the sandbox's user; of an overlay the layer where what is written lies."""
    return new_overlay(place, provider) if layered else new_workspace(place, provider)


@pytest.fixture
def sandbox(provider: BubblewrapProvider, workspace: Path) -> Iterator[BubblewrapSandbox]:
    """A sandbox around `workspace` with the default limits."""
    with provider.open(around(workspace)) as opened:
        yield opened


@pytest.fixture
def sh(sandbox: BubblewrapSandbox) -> Run:
    """Run a shell script in `sandbox`."""

    def run(script: str, limits: Limits | None = None) -> CommandResult:
        return sandbox.run(Command(("/bin/sh", "-c", script), limits=limits))

    return run


@pytest.fixture
def python(sandbox: BubblewrapSandbox) -> Run:
    """Run a Python script in `sandbox` with the system's interpreter."""

    def run(script: str, limits: Limits | None = None) -> CommandResult:
        return sandbox.run(Command(("/usr/bin/python3", "-I", "-"), stdin=script.encode(), limits=limits))

    return run


def new_workspace(place: Path, provider: BubblewrapProvider, name: str = "workspace") -> Path:
    """A workspace of its own below `place`."""
    path = place / name
    path.mkdir()
    provider.adopt(path)
    return path


def new_overlay(place: Path, provider: BubblewrapProvider, name: str = "layers") -> Path:
    """An empty overlay of its own below `place`; its upper layer."""
    for layer in ("lower", "upper", "work", "tree"):
        path = place / name / layer
        path.mkdir(parents=True)
        provider.adopt(path)
    return place / name / "upper"


def around(workspace: Path, *, writable: bool = True, binds: tuple[Bind, ...] = ()) -> SandboxSpec:
    """A sandbox for a workspace of either kind."""
    if workspace.name != "upper":
        return SandboxSpec(workspace, workspace_writable=writable, binds=binds)
    layers = workspace.parent
    overlay = Overlay(layers / "lower", workspace, layers / "work")
    return SandboxSpec(layers / "tree", workspace_writable=writable, binds=binds, overlay=overlay)


def processes_naming(token: str) -> list[str]:
    """Processes of the whole machine with `token` on their command line, this test's worker process excepted."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if token.encode() in words and b"import sys" not in words:
            found.append(path.parent.name)
    return found


def holding_mounts_below(place: Path) -> list[str]:
    """Processes of the machine in whose view something is mounted below `place`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/mountinfo"):
        try:
            mounts = path.read_text()
        except OSError:
            continue
        if any(line.split(" ")[4].startswith(f"{place}/") for line in mounts.splitlines()):
            found.append(path.parent.name)
    return found


def until(ready: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Poll with a deadline."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def gone(token: str, timeout_s: float = 2.0) -> None:
    """Every process naming `token` ends by itself in time; what does not is killed, and the test fails."""
    try:
        until(lambda: processes_naming(token) == [], timeout_s)
    finally:
        for pid in processes_naming(token):
            os.kill(int(pid), signal.SIGKILL)
