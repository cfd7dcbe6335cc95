"""The machine a figure was taken on, how busy it was, and what single processes use of it (all from /proc)."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def described() -> str:
    """One line: processors, memory, kernel, Python, load average now."""
    kib = int(_field(Path("/proc/meminfo").read_text(), "MemTotal"))
    return (
        f"machine: {os.cpu_count()} × {_processor()}, {kib / 2**20:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}; load average {load()}"
    )


def load() -> str:
    """The load average of the last 1, 5 and 15 minutes."""
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def tree(*roots: int) -> tuple[int, ...]:
    """These processes and everything below them, as far as it lives."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    found, waiting = [], list(roots)
    while waiting:
        pid = waiting.pop()
        if _stat(pid):
            found.append(pid)
        waiting += children.get(pid, [])
    return tuple(found)


def cpu_s(pids: Iterable[int]) -> float:
    """CPU seconds of these processes so far, with those of their children that have ended and been waited for."""
    return sum(sum(map(int, stat[11:15])) for pid in pids if (stat := _stat(pid))) / _TICKS


def memory_bytes(pids: Iterable[int]) -> int:
    """Resident memory of these processes, each shared page counted once among them (Pss).

    A child that has not become another program yet is left out: until then vfork lets it show its parent's memory as its own.
    """
    total = 0
    for pid in pids:
        stat = _stat(pid)
        if stat is None or (program := _program(pid)) == _program(int(stat[1])) != b"":
            continue
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        if _program(pid) == program:
            total += 1024 * int(_field(text, "Pss") or 0)
    return total


def _program(pid: int) -> bytes:
    """What this process was started as; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the third on (proc(5)); None when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _field(text: str, name: str) -> str:
    for line in text.splitlines():
        if line.startswith(f"{name}:"):
            return line.split()[1]
    return ""
