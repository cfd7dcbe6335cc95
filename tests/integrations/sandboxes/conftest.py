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
from integrations.types.sandbox import Command, CommandResult, Limits, SandboxSpec

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
    path = Path(tempfile.mkdtemp(prefix="sortie-test-", dir="/dev/shm"))
    path.chmod(0o711)
    yield path
    trees.remove(path)


@pytest.fixture
def workspace(place: Path, provider: BubblewrapProvider) -> Path:
    """An empty workspace that belongs to the sandbox's user."""
    return new_workspace(place, provider)


@pytest.fixture
def sandbox(provider: BubblewrapProvider, workspace: Path) -> Iterator[BubblewrapSandbox]:
    """A sandbox around `workspace` with the default limits."""
    with provider.open(SandboxSpec(workspace)) as opened:
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
