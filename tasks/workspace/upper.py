"""What was changed in an overlay, read from its upper layer by the harness itself: no git, no link followed, bounded in all.

The layer was written by an agent's processes and is treated as an attacker's. Its form is the kernel's:
https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories
"""

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tasks.workspace.ignoring import RULES, IgnoreRules
from tasks.workspace.importing import ImportLimits
from tasks.workspace.objects import TreeEntry, trees
from tasks.workspace.outcomes import BAD_TREE, TOO_LARGE, UNREADABLE, Refusal
from tasks.workspace.process import MIB
from tasks.workspace.splicing import Splice

MAX_DEPTH = 200
MAX_PATH_BYTES = 4000
_RULES_BYTES = MIB
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OPAQUE, _REDIRECT, _METACOPY, _WHITEOUT = (
    f"user.overlay.{name}" for name in ("opaque", "redirect", "metacopy", "whiteout")
)
_TREE, _SUBMODULE = "40000", "160000"


@dataclass(frozen=True, slots=True)
class Known:
    """What to compare with: the repository that holds the objects, the base's tree, and the tree that was saved last."""

    git_dir: Path
    base_tree: str
    last_tree: str


@dataclass(frozen=True, slots=True)
class _Directory:
    """One directory of the layer. `base` is what shows through from below, `tracked` the trees whose names count as tracked."""

    parts: tuple[str, ...]
    base: str | None
    tracked: tuple[str, ...]

    def path(self, name: str) -> str:
        return "/".join((*self.parts, name))


@dataclass(slots=True)
class UpperLayer:
    """Reads one upper layer into a splice on top of the base."""

    root: Path
    known: Known
    rules: IgnoreRules
    splice: Splice
    limits: ImportLimits
    _seen: int = field(default=0, init=False)
    _bytes: int = field(default=0, init=False)
    _until: float = field(default=0.0, init=False)
    _trees: dict[str, dict[str, TreeEntry]] = field(default_factory=dict, init=False)

    def read(self) -> None:
        """Every change that is not ignored. Raises Refusal (GIT-010 bad tree, GIT-011 too large, GIT-012 unreadable)."""
        self._until = time.monotonic() + self.limits.read_s
        level = [_Directory((), self.known.base_tree, tuple({self.known.base_tree, self.known.last_tree}))]
        while level:
            wanted = {oid for each in level for oid in (each.base, *each.tracked) if oid}
            self._trees = trees(self.known.git_dir, wanted)
            level = self._level(level)
        if self.splice.changes > self.limits.files:
            sentence = f"The change touches {self.splice.changes} files; {self.limits.files} is the most that is taken."
            raise Refusal(TOO_LARGE, sentence)

    def _level(self, level: list[_Directory]) -> list[_Directory]:
        below: list[_Directory] = []
        doubtful: dict[str, tuple[_Directory, str]] = {}
        for directory in level:
            with self._opened(directory.parts) as handle:
                shown = self._base_below(directory, handle)
                self._note_rules(shown, handle)
                for name, mode in self._entries(handle, shown):
                    if self._is_tracked(shown, name, mode):
                        below += self._take(shown, name, mode, handle)
                    else:
                        doubtful[shown.path(name)] = (shown, name)
                        self.rules.ask(shown.path(name), directory=stat.S_ISDIR(mode))
        ignored = self.rules.ignored()
        for path, (directory, name) in doubtful.items():
            if path not in ignored:
                with self._opened(directory.parts) as handle:
                    below += self._take(directory, name, _stat(handle, name, path).st_mode, handle)
        return below

    def _base_below(self, directory: _Directory, handle: int) -> _Directory:
        """The directory, without the base where it hides it. Raises Refusal for forms that only a forger makes."""
        path = "/".join(directory.parts)
        if any(_xattr(handle, mark) is not None for mark in (_REDIRECT, _METACOPY)):
            raise Refusal(UNREADABLE, f"{path} points elsewhere, so the work cannot be read.")
        if _xattr(handle, _OPAQUE) != b"y" or not directory.parts:
            return directory
        if directory.base:
            self.splice.delete(path)
        return _Directory(directory.parts, None, directory.tracked)

    def _note_rules(self, directory: _Directory, handle: int) -> None:
        """The .gitignore that holds here: the layer's own, else the base's."""
        try:
            found = os.stat(RULES, dir_fd=handle, follow_symlinks=False).st_mode
        except FileNotFoundError:
            entry = self._names(directory.base).get(RULES)
            if entry and entry.regular:
                self.rules.from_base(directory.parts, entry.oid)
            return
        if stat.S_ISREG(found):
            with self._file(handle, RULES, directory.path(RULES)) as file:
                self.rules.own(directory.parts, os.read(file, _RULES_BYTES))

    def _entries(self, handle: int, directory: _Directory) -> Iterator[tuple[str, int]]:
        """What is there, whiteouts carried out. Raises Refusal for what a repository cannot hold."""
        hidden_by_name = _xattr(handle, _OPAQUE) == b"x"
        for name in os.listdir(handle):
            self._count(directory.path(name))
            if name == ".git":
                if directory.parts:
                    inner = "/".join(directory.parts)
                    raise Refusal(BAD_TREE, f"{inner} is a git repository of its own; remove {inner}/.git.")
                continue
            found = _stat(handle, name, directory.path(name))
            whiteout = stat.S_ISCHR(found.st_mode) and found.st_rdev == 0
            if whiteout or (hidden_by_name and _is_named_whiteout(handle, name, found)):
                if name in self._names(directory.base):
                    self.splice.delete(directory.path(name))
                continue
            yield name, found.st_mode

    def _take(self, directory: _Directory, name: str, mode: int, handle: int) -> list[_Directory]:
        """Hands one entry to the splice; a directory comes back to be read with the next level."""
        path, below = directory.path(name), self._names(directory.base).get(name)
        if stat.S_ISDIR(mode):
            return self._enter(directory, name, handle)
        if stat.S_ISLNK(mode):
            target = os.fsencode(os.readlink(name, dir_fd=handle))
            self._spend(len(target))
            self.splice.link(path, target, below)
        elif stat.S_ISREG(mode):
            with self._file(handle, name, path) as file:
                size = os.fstat(file).st_size
                self._spend(size)
                executable = bool(os.fstat(file).st_mode & stat.S_IXUSR)
                self.splice.file(path, file, size, executable=executable, below=below)
        else:
            raise Refusal(UNREADABLE, f"{path} is not a regular file, so the work cannot be read.")
        return []

    def _enter(self, directory: _Directory, name: str, handle: int) -> list[_Directory]:
        path, below = directory.path(name), self._names(directory.base).get(name)
        if below and below.mode == _SUBMODULE:
            with self._directory(handle, name, path) as inner:
                if os.listdir(inner):
                    raise Refusal(
                        BAD_TREE, f"{path} is a submodule: what it holds belongs to another repository."
                    )
            return []
        if below and below.mode != _TREE:
            self.splice.delete(path)
        tracked = [self._names(oid).get(name) for oid in directory.tracked]
        oids = {entry.oid for entry in tracked if entry and entry.mode == _TREE}
        base = below.oid if below and below.mode == _TREE else None
        return [_Directory((*directory.parts, name), base, tuple(oids))]

    def _is_tracked(self, directory: _Directory, name: str, mode: int) -> bool:
        found = [self._names(oid).get(name) for oid in directory.tracked]
        return any(entry and (not stat.S_ISDIR(mode) or entry.mode in (_TREE, _SUBMODULE)) for entry in found)

    def _names(self, oid: str | None) -> dict[str, TreeEntry]:
        return self._trees[oid] if oid else {}

    def _count(self, path: str) -> None:
        self._seen += 1
        if self._seen > self.limits.entries:
            raise Refusal(TOO_LARGE, f"The workspace holds more than {self.limits.entries} changed files.")
        if time.monotonic() > self._until:
            raise Refusal(TOO_LARGE, "The workspace takes too long to read: it holds too much.")
        if path.count("/") >= MAX_DEPTH or len(os.fsencode(path)) > MAX_PATH_BYTES:
            raise Refusal(TOO_LARGE, f"The workspace holds paths deeper than {MAX_DEPTH} directories.")

    def _spend(self, size: int) -> None:
        self._bytes += size
        most = self.limits.content_mb
        if self._bytes > most * MIB:
            raise Refusal(TOO_LARGE, f"The changed files hold more than {most} MiB, the most that is taken.")

    @contextmanager
    def _opened(self, parts: tuple[str, ...]) -> Iterator[int]:
        """The directory, reached from the root component by component, so that no link is ever followed."""
        with ExitStack() as closing:
            handle = os.open(self.root, _DIRECTORY)
            closing.callback(os.close, handle)
            for depth, part in enumerate(parts, 1):
                handle = closing.enter_context(self._directory(handle, part, "/".join(parts[:depth])))
            yield handle

    @contextmanager
    def _directory(self, handle: int, name: str, path: str) -> Iterator[int]:
        yield from _open(name, handle, _DIRECTORY, path)

    @contextmanager
    def _file(self, handle: int, name: str, path: str) -> Iterator[int]:
        for file in _open(name, handle, _FILE, path):
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise Refusal(UNREADABLE, f"{path} is not a regular file, so the work cannot be read.")
            yield file


def _open(name: str, handle: int, flags: int, path: str) -> Iterator[int]:
    try:
        opened = os.open(name, flags, dir_fd=handle)
    except OSError as why:
        raise Refusal(UNREADABLE, f"{path} cannot be read ({os.strerror(why.errno or 0)}).") from why
    try:
        yield opened
    finally:
        os.close(opened)


def _stat(handle: int, name: str, path: str) -> os.stat_result:
    try:
        return os.stat(name, dir_fd=handle, follow_symlinks=False)
    except OSError as why:
        raise Refusal(UNREADABLE, f"{path} cannot be read ({os.strerror(why.errno or 0)}).") from why


def _is_named_whiteout(handle: int, name: str, found: os.stat_result) -> bool:
    if not stat.S_ISREG(found.st_mode) or found.st_size:
        return False
    for file in _open(name, handle, _FILE, name):
        return _xattr(file, _WHITEOUT) is not None
    return False


def _xattr(handle: int, name: str) -> bytes | None:
    try:
        return os.getxattr(handle, name)
    except OSError as why:
        if why.errno in (errno.ENODATA, errno.ENOTSUP):
            return None
        raise
