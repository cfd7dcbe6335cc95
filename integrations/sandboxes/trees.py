"""Directory trees that a hostile process may be rearranging while we walk them: own, measure, remove."""

import contextlib
import os
import stat
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
MAX_DEPTH = 200
_REMOVE_S = 120


@dataclass(frozen=True, slots=True)
class TreeSize:
    """Disk space used and entries (files, directories, links). `too_deep`: something lies deeper than MAX_DEPTH."""

    used_bytes: int
    entries: int
    too_deep: bool = False


def adopt(root: Path, owner: tuple[int, int]) -> None:
    """Give `root` and all below it to (uid, gid). Follows no symlink, so a link in the tree gives away nothing.

    Raises OSError when we may not.
    """
    os.chown(root, *owner, follow_symlinks=False)
    if not stat.S_ISDIR(os.lstat(root).st_mode):
        return
    for directory, entry in _walk(root):
        with contextlib.suppress(FileNotFoundError):
            os.chown(entry.name, *owner, dir_fd=directory, follow_symlinks=False)


def measure(root: Path, *, stop_bytes: int | None = None, stop_entries: int | None = None) -> TreeSize:
    """The size of a tree; stops early once it is beyond a `stop`. What vanishes meanwhile is not counted.

    Raises OSError when `root` cannot be read.
    """
    used = count = 0
    linked: set[int] = set()
    with contextlib.closing(_walk(root)) as walk:
        try:
            for _, entry in walk:
                count += 1
                used += _disk_bytes(entry, linked)
                if (stop_bytes is not None and used > stop_bytes) or (
                    stop_entries is not None and count > stop_entries
                ):
                    break
        except RecursionError:
            return TreeSize(used, count, too_deep=True)
    return TreeSize(used, count)


def remove(root: Path) -> None:
    """Remove a tree however it is shaped (deep, unreadable directories); nothing outside it is touched.

    Raises OSError when something is left.
    """
    if not root.is_dir() or root.is_symlink():
        root.unlink(missing_ok=True)
        return
    for argv in (["chmod", "-R", "u+rwX"], ["rm", "-rf", "--one-file-system"]):
        subprocess.run(
            [f"/bin/{argv[0]}", *argv[1:], "--", str(root)],
            env={"PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_REMOVE_S,
            check=False,
        )
    if os.path.lexists(root):
        raise OSError(f"{root} could not be removed")


def _disk_bytes(entry: os.DirEntry[str], linked: set[int]) -> int:
    """Space of one entry; a file with several names counts once, `linked` remembers it."""
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError:
        return 0
    if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
        if found.st_ino in linked:
            return 0
        linked.add(found.st_ino)
    return found.st_blocks * 512


def _walk(root: Path) -> Generator[tuple[int, os.DirEntry[str]], None, None]:
    """Every entry below `root` as (open descriptor of its directory, entry). Raises RecursionError beyond MAX_DEPTH."""
    stack = [os.open(root, _DIRECTORY)]
    waiting: list[list[str]] = []
    try:
        while stack:
            if len(waiting) < len(stack):
                waiting.append((yield from _entries(stack[-1])))
            elif not waiting[-1]:
                waiting.pop()
                os.close(stack.pop())
            elif (child := _enter(waiting[-1].pop(), stack[-1])) is not None:
                stack.append(child)
                if len(stack) > MAX_DEPTH:
                    raise RecursionError(f"deeper than {MAX_DEPTH} directories")
    finally:
        for descriptor in stack:
            os.close(descriptor)


def _entries(directory: int) -> Generator[tuple[int, os.DirEntry[str]], None, list[str]]:
    below = []
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                below.append(entry.name)
            yield directory, entry
    return below


def _enter(name: str, parent: int) -> int | None:
    """Open the directory `name`, None when it is gone or is no directory any more."""
    try:
        return os.open(name, _DIRECTORY, dir_fd=parent)
    except PermissionError:
        return _enter_closed(name, parent)
    except OSError:
        return None


def _enter_closed(name: str, parent: int) -> int | None:
    """Open a directory whose owner, we, may not read it: for a moment it may be read."""
    try:
        handle = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except OSError:
        return None
    # By descriptor: by name, a symlink swapped in between would let chmod reach outside the tree.
    path = f"/proc/self/fd/{handle}"
    mode = stat.S_IMODE(os.fstat(handle).st_mode)
    try:
        os.chmod(path, mode | stat.S_IRWXU)
        opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        os.chmod(path, mode)
    except OSError:
        return None
    finally:
        os.close(handle)
    return opened
