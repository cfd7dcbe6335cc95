"""Processes that nobody looks after any more: with us as their subreaper the kernel hands them to us (prctl(2))."""

import ctypes
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

_SET_CHILD_SUBREAPER = 36
PATIENCE_S = 5.0
LOOK_EVERY_S = 1.0


def adopt_orphans() -> None:
    """From now on what outlives its parent among our descendants becomes our child."""
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def descendants(but: Iterable[int]) -> dict[int, str]:
    """Our living descendants except these, with their command lines."""
    parents = dict(_parents())
    ours, left, known = {os.getpid()}, set(parents), set(but)
    while more := {pid for pid in left if parents[pid] in ours}:
        ours |= more
        left -= more
    return {pid: _command(pid) for pid in ours - known - {os.getpid()} if _command(pid)}


@dataclass(slots=True)
class Reaper:
    """Buries adopted children that have died. Those that somebody here started are waited for by whoever did, at once."""

    seen: dict[int, float] = field(default_factory=dict)

    def look(self) -> None:
        """To be called now and then."""
        now, dead = monotonic(), _dead_children()
        self.seen = {pid: self.seen.get(pid, now) for pid in dead}
        for pid in [pid for pid, since in self.seen.items() if now - since > PATIENCE_S]:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def _dead_children() -> set[int]:
    ours = os.getpid()
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            found |= {int(pid) for pid in (task / "children").read_text().split()}
    return {pid for pid in found if pid != ours and _state(pid) == "Z"}


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _parents() -> Iterable[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if stat[0] != "Z":
                yield int(entry.name), int(stat[1])


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
