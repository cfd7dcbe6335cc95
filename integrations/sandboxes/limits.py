"""Finds out, while a command runs, whether it is beyond a limit that the kernel does not enforce as a total."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from integrations.sandboxes import trees, usage
from integrations.types.sandbox import KilledBy, Limits

MIB = 1024 * 1024
_WALK_EVERY_S = 10.0
_FULL_HOUSE_S = 1.0


class DiskGauge:
    """The growth of one writable directory since the gauge was made. Walks only when its file system has grown."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._base = trees.measure(root)
        self._note()

    def broken(self, limits: Limits) -> bool:
        """True when the directory has grown by more than the limits allow. Cheap when little has been written."""
        found = os.statvfs(self._root)
        bytes_since = (self._bytes_free - found.f_bfree) * found.f_frsize
        files_since = self._files_free - found.f_ffree
        due = time.monotonic() - self._walked_at > _WALK_EVERY_S
        if not due and bytes_since < limits.disk_mb * MIB // 8 and files_since < limits.new_files // 8:
            return False
        most_bytes = self._base.used_bytes + limits.disk_mb * MIB
        most_entries = self._base.entries + limits.new_files
        now = trees.measure(self._root, stop_bytes=most_bytes, stop_entries=most_entries)
        self._note()
        return (
            now.used_bytes > most_bytes
            or now.entries > most_entries
            or (now.too_deep and not self._base.too_deep)
        )

    def _note(self) -> None:
        found = os.statvfs(self._root)
        self._bytes_free, self._files_free = found.f_bfree, found.f_ffree
        self._walked_at = time.monotonic()


@dataclass(slots=True)
class Watch:
    """Looks at one running command. `root_pid` and its descendants are the command; `memory_mounts` are its tmpfs."""

    limits: Limits
    root_pid: int
    disks: Sequence[DiskGauge] = ()
    memory_mounts: tuple[str, ...] = ()
    cancelled: Callable[[], bool] = lambda: False
    started: float = field(default_factory=time.monotonic)
    _full_since: float | None = None

    def broken(self) -> KilledBy | None:
        """The limit the command is beyond now, None when it may go on."""
        if self.cancelled():
            return KilledBy.CANCELLED
        if time.monotonic() - self.started > self.limits.wall_s:
            return KilledBy.TIMEOUT
        used = usage.below(self.root_pid)
        if self._too_much_memory(used):
            return KilledBy.MEMORY
        if used.cpu_s > self.limits.cpu_s:
            return KilledBy.CPU
        if self._house_is_full(used):
            return KilledBy.PROCESSES
        return self.disk_broken()

    def disk_broken(self) -> KilledBy | None:
        """DISK when a writable directory has grown too much; also worth asking after a command that was quick."""
        return KilledBy.DISK if any(disk.broken(self.limits) for disk in self.disks) else None

    def _too_much_memory(self, used: usage.Usage) -> bool:
        most = self.limits.memory_mb * MIB
        in_files, _ = usage.mounted(self.root_pid, self.memory_mounts)
        if used.resident_bytes + in_files <= most:
            return False
        # Resident pages that processes share were counted once per process.
        return (
            min(usage.proportional_bytes(used.pids) or used.resident_bytes, used.resident_bytes) + in_files
            > most
        )

    def _house_is_full(self, used: usage.Usage) -> bool:
        """The kernel refuses more processes; a command that stays at the limit for a second is a bomb."""
        now = time.monotonic()
        if used.threads < self.limits.processes - 1:
            self._full_since = None
        elif self._full_since is None:
            self._full_since = now
        return self._full_since is not None and now - self._full_since > _FULL_HOUSE_S
