"""Whether an upper layer is as it was when it was last read in full, by what the kernel keeps of each file and not by what is in it.

A file's time of change (ctime, inode(7)) is the kernel's own: nobody inside a sandbox can set it back.
"""

import os
import time
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from threading import Lock

SETTLED_NS = 50_000_000
"""A change so shortly before a look may carry the same time as one right after it: clocks of file systems tick every 1 to 10 ms."""
_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Look:
    """`settled` is whether everything that happens from now on will show."""

    digest: bytes
    settled: bool


def look(root: Path, *, most: int) -> Look | None:
    """What stands below `root`, no link followed; None where it cannot all be looked at, or holds more than `most` entries."""
    digest, left = sha256(), most
    folders = [os.fspath(root)]
    now_ns = time.time_ns()
    try:
        newest_ns = os.lstat(root).st_ctime_ns
        digest.update(_facts("", os.lstat(root)))
        while folders:
            with os.scandir(folders.pop()) as entries:
                for entry in sorted(islice(entries, left + 1), key=lambda each: each.name):
                    left -= 1
                    if left < 0:
                        return None
                    found = entry.stat(follow_symlinks=False)
                    newest_ns = max(newest_ns, found.st_ctime_ns)
                    digest.update(_facts(entry.path, found))
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
    except OSError:
        return None
    return Look(digest.digest(), newest_ns + SETTLED_NS < now_ns)


def _facts(path: str, found: os.stat_result) -> bytes:
    facts = (found.st_ino, found.st_mode, found.st_size, found.st_rdev, found.st_mtime_ns, found.st_ctime_ns)
    return os.fsencode(path) + b"\0" + repr(facts).encode() + b"\0"


class Reads:
    """The looks of this process at what it then read in full. Safe for threads."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._last: dict[str, bytes] = {}

    def know(self, key: str, seen: Look) -> bool:
        """Whether nothing happened since the last full read under `key`."""
        with self._guard:
            return self._last.get(key) == seen.digest

    def remember(self, key: str, seen: Look | None) -> None:
        """`seen` was taken before the full read that has ended now."""
        with self._guard:
            self._last.pop(key, None)
            if seen is not None and seen.settled:
                self._last[key] = seen.digest
            while len(self._last) > _KEPT:
                del self._last[next(iter(self._last))]
