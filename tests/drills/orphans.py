"""Processes that nobody looks after any more: with us as their subreaper the kernel hands them to us (prctl(2))."""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

_SET_CHILD_SUBREAPER = 36


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
