"""What a tree of processes uses, read from /proc. One reading serves every sandbox of the process."""

import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_FRESH_S = 0.03


@dataclass(frozen=True, slots=True)
class _Process:
    parent: int
    cpu_s: float
    threads: int
    resident_bytes: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Totals of a process and all its descendants. `cpu_s` includes children that were waited for."""

    pids: tuple[int, ...]
    cpu_s: float
    threads: int
    resident_bytes: int


class _Table:
    """All processes of the machine, at most _FRESH_S old."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._rows: dict[int, _Process] = {}
        self._children: dict[int, list[int]] = {}

    def below(self, root: int) -> Usage:
        with self._lock:
            if time.monotonic() - self._read_at > _FRESH_S:
                self._read()
            rows, children = self._rows, self._children
        pids, todo = [], [root]
        while todo:
            pid = todo.pop()
            todo += children.get(pid, ())
            if pid in rows:
                pids.append(pid)
        return Usage(
            pids=tuple(pids),
            cpu_s=sum(rows[pid].cpu_s for pid in pids),
            threads=sum(rows[pid].threads for pid in pids),
            resident_bytes=sum(rows[pid].resident_bytes for pid in pids),
        )

    def _read(self) -> None:
        rows: dict[int, _Process] = {}
        children: dict[int, list[int]] = defaultdict(list)
        for name in os.listdir("/proc"):
            row = _row(name) if name.isdigit() else None
            if row is not None:
                rows[int(name)] = row
                children[row.parent].append(int(name))
        self._rows, self._children, self._read_at = rows, dict(children), time.monotonic()


def _row(pid: str) -> _Process | None:
    """One line of /proc/PID/stat (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html), None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            line = file.read()
    except OSError:
        return None
    # The name in parentheses may hold spaces and parentheses; what follows the last one is numbers from field 3 on.
    field = line[line.rindex(b")") + 2 :].split()
    return _Process(
        parent=int(field[1]),
        cpu_s=sum(map(int, field[11:15])) / _TICKS_PER_S,
        threads=int(field[17]),
        resident_bytes=int(field[21]) * _PAGE_BYTES,
    )


_table = _Table()


def below(root: int) -> Usage:
    """What `root` and its descendants use now (at most 30 ms old)."""
    return _table.below(root)


def parent(pid: int) -> int | None:
    """The parent of a process now, None when it is gone."""
    row = _row(str(pid))
    return None if row is None else row.parent


def proportional_bytes(pids: tuple[int, ...]) -> int:
    """Resident memory with each shared page counted once (Pss). A process we may not look into counts as resident 0."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
                lines = file.read().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:"))
    return total


def mounted(root_pid: int, paths: tuple[str, ...]) -> tuple[int, int]:
    """Bytes and entries in the file systems mounted at `paths` in the root directory of `root_pid`; (0, 0) when it is gone.

    Until bubblewrap has changed its root, the process still sees the host's file systems: those are not its own.
    """
    total_bytes = entries = 0
    for path in paths:
        inside = f"/proc/{root_pid}/root{path}"
        try:
            if os.stat(inside).st_dev == _device(path):
                continue
            found = os.statvfs(inside)
        except OSError:
            continue
        total_bytes += (found.f_blocks - found.f_bfree) * found.f_frsize
        entries += found.f_files - found.f_ffree
    return total_bytes, entries


def _device(path: str) -> int | None:
    try:
        return os.stat(path).st_dev
    except OSError:
        return None
