"""A commit made of a base and a few changed paths, however large the base is: built apart, then taken in like any stranger's.

git fast-import reads only the trees that lead to a changed path (https://git-scm.com/docs/git-fast-import).
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tasks.workspace.git import git
from tasks.workspace.ignoring import IGNORED
from tasks.workspace.objects import TreeEntry
from tasks.workspace.outcomes import UNREADABLE, Refusal
from tasks.workspace.process import Bounds

_CHUNK = 1 << 20
_COMMIT = b"""commit refs/heads/out
mark :1
committer work in progress <wip@sortie.invalid> 0 +0000
data 16
Work in progress
from %s
"""
_SMALL = ("-c", "fastimport.unpackLimit=0", "-c", "pack.threads=1", "-c", "core.packedGitLimit=256m")


@dataclass(frozen=True, slots=True)
class Scratch:
    """A throw-away repository of the harness that borrows another's objects, and an empty directory beside it."""

    git_dir: Path
    tree: Path

    def pack(self) -> Path | None:
        """The one pack that was made here; None when there is none."""
        return next((self.git_dir / "objects" / "pack").glob("*.pack"), None)


@contextmanager
def scratch(quarantine: Path) -> Iterator[Scratch]:
    """Made in milliseconds, without git, and removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="reading-", dir=quarantine) as place:
        made = Scratch(Path(place, "git"), Path(place, "tree"))
        for directory in ("objects/info", "objects/pack", "refs", "info"):
            (made.git_dir / directory).mkdir(parents=True)
        made.tree.mkdir()
        (made.git_dir / "HEAD").write_text("ref: refs/heads/none\n")
        (made.git_dir / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = false\n")
        (made.git_dir / "info" / "exclude").write_text("\n".join([*IGNORED.split(), ""]))
        (made.git_dir / "objects" / "info" / "alternates").write_text(f"{quarantine / 'objects'}\n")
        yield made


@dataclass(slots=True)
class Splice:
    """Collects changes; `stream` is an empty file of ours that takes the contents of the changed files."""

    stream: IO[bytes]
    _deleted: list[bytes] = field(default_factory=list, init=False)
    _set: list[bytes] = field(default_factory=list, init=False)

    @property
    def changes(self) -> int:
        """How many paths were named."""
        return len(self._deleted) + len(self._set)

    def delete(self, path: str) -> None:
        """The path and all below it are gone, unless they are named again."""
        self._deleted.append(b"D " + _quoted(path) + b"\n")

    def link(self, path: str, target: bytes, below: TreeEntry | None) -> None:
        """A symbolic link; nothing where `below`, what the base has here, is the same."""
        oid = hashlib.sha1(b"blob %d\0" % len(target) + target, usedforsecurity=False).hexdigest()
        if below != TreeEntry("120000", oid):
            self.stream.write(b"blob\nmark :%d\ndata %d\n" % (self._mark(), len(target)) + target + b"\n")
            self._set.append(b"M 120000 :%d %s\n" % (self._mark(), _quoted(path)))

    def file(self, path: str, source: int, size: int, *, executable: bool, below: TreeEntry | None) -> None:
        """`size` bytes of an open file; nothing where they are what the base has. Raises Refusal when it shrinks meanwhile."""
        mode = "100755" if executable else "100644"
        start = self.stream.tell()
        self.stream.write(b"blob\nmark :%d\ndata %d\n" % (self._mark(), size))
        digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        left = size
        while left:
            chunk = os.read(source, min(left, _CHUNK))
            if not chunk:
                raise Refusal(UNREADABLE, f"{path} changed while it was read.")
            digest.update(chunk)
            self.stream.write(chunk)
            left -= len(chunk)
        if below == TreeEntry(mode, digest.hexdigest()):
            self.stream.seek(start)
            self.stream.truncate()
            return
        self.stream.write(b"\n")
        self._set.append(b"M %s :%d %s\n" % (mode.encode(), self._mark(), _quoted(path)))

    def commit(self, place: Scratch, base_oid: str, *, timeout_s: float) -> str:
        """Builds the commit on `base_oid` in the scratch repository; its oid. Raises GitFailed."""
        self.stream.write(_COMMIT % base_oid.encode())
        self.stream.writelines(self._deleted)
        self.stream.writelines(self._set)
        self.stream.write(b"\nget-mark :1\ndone\n")
        self.stream.seek(0)
        bounds = Bounds(timeout_s=timeout_s)
        command = (*_SMALL, "fast-import", "--quiet", "--done")
        return git(place.git_dir, *command, stdin=self.stream, bounds=bounds).decode().strip()

    def _mark(self) -> int:
        """Of the change that is being added; 1 is the commit's."""
        return len(self._set) + 2


def _quoted(path: str) -> bytes:
    """As fast-import reads any path at all."""
    raw = os.fsencode(path).replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + raw + b'"'
