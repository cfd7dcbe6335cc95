"""Whether overlays can be had here: a real mount below the home, written in a sandbox and read back by the harness."""

import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from integrations.errors import IntegrationError
from integrations.ports import SandboxProvider
from integrations.types.sandbox import Command, Limits, Overlay, SandboxSpec
from tasks.workspace.storage import make_directory
from tasks.workspace.workspace import Kind, Place

_WRITE = "echo more >>kept && rm gone && rm -r hidden && mkdir hidden && echo new >hidden/new && cat kept"


@dataclass(frozen=True, slots=True)
class Choice:
    """What new workspaces are. `problem` says why overlays cannot be had, "" where they can or nobody asked."""

    kind: Kind
    problem: str = ""
    holds: bool = True
    """False when overlays were asked for by name and cannot be had."""

    @property
    def sentence(self) -> str:
        """For the start-up line and for doctor."""
        if self.kind is Kind.overlay and self.holds:
            return "workspaces are overlays on a shared checkout"
        if self.kind is Kind.overlay:
            return f"overlays were asked for and cannot be had: {self.problem}"
        why = f" ({self.problem})" if self.problem else ""
        return f"workspaces are isolated clones{why}"


def choose(wanted: str, sandboxes: SandboxProvider, home: Path) -> Choice:
    """`wanted` is "auto", "overlay" or "clone"; "auto" takes overlays where they are proven."""
    if wanted == Kind.clone:
        return Choice(Kind.clone)
    problem = overlay_problem(sandboxes, home)
    if wanted == Kind.overlay or not problem:
        return Choice(Kind.overlay, problem, holds=not problem)
    return Choice(Kind.clone, problem)


def overlay_problem(sandboxes: SandboxProvider, home: Path) -> str:
    """ "" when an overlay below `home` mounts, takes writes in a sandbox, and its upper layer reads as the kernel documents."""
    make_directory(home)
    root = Path(tempfile.mkdtemp(prefix="probe-", dir=home))
    try:
        root.chmod(0o755)
        return _attempt(sandboxes, root)
    except (IntegrationError, OSError) as why:
        return str(why)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _attempt(sandboxes: SandboxProvider, root: Path) -> str:
    place, lower = Place(root), root / "lower"
    for path in (lower, lower / "hidden", place.tree, place.upper, place.work):
        path.mkdir()
    for path in (lower / "kept", lower / "gone", lower / "hidden" / "old"):
        path.write_text("base\n")
    for path in (lower, place.tree, place.upper, place.work):
        sandboxes.adopt(path)
    overlay = Overlay(lower, place.upper, place.work)
    sandbox = sandboxes.open(SandboxSpec(place.tree, overlay=overlay, limits=Limits(wall_s=10)))
    try:
        result = sandbox.run(Command(("/bin/sh", "-c", _WRITE)))
    finally:
        sandbox.close()
    if result.output != b"base\nmore\n":
        return f"writing said {result.output[-200:]!r}"
    return _misread(place.upper, lower)


def _misread(upper: Path, lower: Path) -> str:
    gone = os.lstat(upper / "gone")
    if not (stat.S_ISCHR(gone.st_mode) and gone.st_rdev == 0):
        return "a removed file leaves no whiteout"
    if os.getxattr(upper / "hidden", "user.overlay.opaque") != b"y":
        return "a replaced directory is not marked"
    if (upper / "kept").read_text() != "base\nmore\n" or (lower / "kept").read_text() != "base\n":
        return "a write did not land in the upper layer alone"
    return ""
