"""Where repositories and workspaces lie on disk, one lock per mirror, and removing what an agent left."""

import contextlib
import fcntl
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from integrations.errors import Retryable
from tasks.workspace.git import git
from tasks.workspace.names import host_part, plain_word, repo_parts
from tasks.workspace.workspace import MARKER

_ALTERNATES = "objects/info/alternates"


@dataclass(frozen=True, slots=True)
class Layout:
    """All paths under one home. `home` must be reachable by the sandbox's user (not under a 0700 directory)."""

    home: Path
    host: str

    def mirror(self, repo: str) -> Path:
        """Bare, ours, never mounted writable: mirrors/<host>/<owner>/<name>.git."""
        return self._bare("mirrors", repo)

    def quarantine(self, repo: str) -> Path:
        """Bare, ours, never mounted at all; borrows the mirror's objects: quarantine/<host>/<owner>/<name>.git."""
        return self._bare("quarantine", repo)

    def checkouts(self, repo: str) -> Path:
        """One shared checkout per base commit: checkouts/<host>/<owner>/<name>/<oid>."""
        owner, name = repo_parts(repo)
        return self.home / "checkouts" / host_part(self.host) / owner / name

    @property
    def workspaces(self) -> Path:
        """All workspaces of all runs."""
        return self.home / "workspaces"

    def run(self, run_id: str) -> Path:
        """All workspaces of a run."""
        return self.workspaces / plain_word(run_id)

    def _bare(self, kind: str, repo: str) -> Path:
        owner, name = repo_parts(repo)
        return self.home / kind / host_part(self.host) / owner / f"{name}.git"


def ensure_repositories(layout: Layout, repo: str) -> tuple[Path, Path]:
    """Makes the mirror and the quarantine of a repository where they are missing; both paths. Call it under the lock."""
    mirror, quarantine = layout.mirror(repo), layout.quarantine(repo)
    for path in (mirror, quarantine):
        if not (path / "HEAD").exists():
            make_directory(path)
            git(None, "init", "--quiet", "--bare", "--template=", str(path))
            git(path, "config", "gc.auto", "0")
    if not _borrows(quarantine, mirror):
        alternates = quarantine / _ALTERNATES
        make_directory(alternates.parent)
        alternates.write_text(_objects_of(mirror))
    return mirror, quarantine


def repositories(layout: Layout, repo: str) -> tuple[Path, Path]:
    """The same, and no lock where both are there. Raises as `locked`."""
    mirror, quarantine = layout.mirror(repo), layout.quarantine(repo)
    if _borrows(quarantine, mirror):
        return mirror, quarantine
    with locked(layout, repo):
        return ensure_repositories(layout, repo)


def _borrows(quarantine: Path, mirror: Path) -> bool:
    """Whether both are finished: this is written last."""
    try:
        return (quarantine / _ALTERNATES).read_text() == _objects_of(mirror)
    except FileNotFoundError:
        return False


def _objects_of(mirror: Path) -> str:
    return f"{mirror.resolve() / 'objects'}\n"


def make_directory(path: Path) -> None:
    """Makes a directory and its parents, passable for the sandbox's user whatever our umask is."""
    for place in reversed([path, *path.parents]):
        with contextlib.suppress(FileExistsError):
            place.mkdir()
            place.chmod(0o755)


@contextlib.contextmanager
def locked(layout: Layout, repo: str, *, timeout_s: float = 600.0) -> Iterator[None]:
    """Holds the repository's lock, against other threads and processes alike. Raises Retryable when it stays taken."""
    path = layout.mirror(repo).with_suffix(".lock")
    make_directory(path.parent)
    with lock_file(path, busy=f"Another worker is still fetching {repo}.", timeout_s=timeout_s):
        yield


@contextlib.contextmanager
def lock_file(path: Path, *, busy: str, timeout_s: float = 600.0, shared: bool = False) -> Iterator[None]:
    """Holds the lock file at `path`, `shared` with others of that kind; the kernel lets go of it with the process.

    Raises Retryable(`busy`) when it stays taken.
    """
    deadline = time.monotonic() + timeout_s
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _try_lock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise Retryable(busy, code="GIT-001")
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def remove(path: Path) -> None:
    """Removes a tree however deep or closed an agent left it, following no link. Raises OSError when something is left."""
    for argv in (["/bin/rm", "-rf"], ["/bin/chmod", "-R", "u+rwX"], ["/bin/rm", "-rf"]):
        if os.path.lexists(path):
            command = [*argv, "--", str(path)]
            subprocess.run(
                command, env={"PATH": "/usr/bin:/bin"}, capture_output=True, timeout=300, check=False
            )
    if os.path.lexists(path):
        raise OSError(f"{path} could not be removed")


def discard(place: Path) -> None:
    """Removes a workspace, first what makes it count as one. Raises OSError when something is left."""
    (place / MARKER).unlink(missing_ok=True)
    remove(place)
