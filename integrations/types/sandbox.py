"""The nouns of a sandbox: what it may see, what a command may use, and how the command ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class KilledBy(StrEnum):
    """The limit, or the person, that ended a command early."""

    TIMEOUT = "timeout"
    MEMORY = "memory"
    PROCESSES = "processes"
    DISK = "disk"
    CPU = "cpu"
    CANCELLED = "cancelled"


class Isolation(StrEnum):
    """How much a backend keeps apart; anything but `full` is shown to people."""

    FULL = "full"
    REDUCED = "reduced"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Bind:
    """A host file or directory shown inside the sandbox at the absolute path `target`."""

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Overlay:
    """A directory seen through two layers: `lower` is only read, what is changed lands in `upper`.

    `work` is the kernel's own, on the file system of `upper`. All three belong to the sandbox's user, and `upper` and `work`
    to this overlay alone (https://docs.kernel.org/filesystems/overlayfs.html).
    """

    lower: Path
    upper: Path
    work: Path


@dataclass(frozen=True, slots=True)
class Limits:
    """What one command may use. Seconds, MiB (1024 * 1024 bytes), bytes, counts; totals unless said otherwise."""

    wall_s: float = 120.0
    cpu_s: int = 600
    memory_mb: int = 2048
    """All processes of the command together, with what they keep in /tmp, /home and /dev/shm."""
    address_space_mb: int = 16384
    """Each process. Virtual, so it is generous: node and go reserve far more than they use."""
    processes: int = 256
    """Processes and threads."""
    file_mb: int = 512
    """Each file written."""
    disk_mb: int = 2048
    """Growth of the writable directories since the sandbox was opened."""
    new_files: int = 300_000
    """Growth of the writable directories in entries since the sandbox was opened."""
    tmp_mb: int = 256
    """/tmp and the home directory, each; both are empty at the start of every command."""
    output_bytes: int = 1_000_000
    """Kept of each stream, half of it from the start and half from the end; the rest is counted and dropped."""
    open_files: int = 1024
    """Each process."""


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """One sandbox: a workspace, what else it may see, its environment and its default limits.

    With an `overlay`, `workspace` is the empty directory that it is mounted at, in the sandbox alone.
    """

    workspace: Path
    workspace_target: str = "/workspace"
    workspace_writable: bool = True
    binds: tuple[Bind, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    path: str = "/usr/bin:/bin"
    limits: Limits = Limits()
    overlay: Overlay | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """One command: no shell unless `argv` names one. `cwd` is a path inside the sandbox."""

    argv: tuple[str, ...]
    stdin: bytes = b""
    cwd: str = "/workspace"
    limits: Limits | None = None
    """None: the sandbox's own."""
    merge_stderr: bool = True


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended.

    `exit_code` is None when it was killed by us, else 0-255 (128 + n after signal n). A stream longer than
    `Limits.output_bytes` has a marker line where `dropped_bytes` were left out.
    """

    exit_code: int | None
    output: bytes
    stderr: bytes
    dropped_bytes: int
    killed_by: KilledBy | None
    wall_s: float


@dataclass(frozen=True, slots=True)
class ProbeItem:
    """One thing a sandbox must prove. `detail` of a failed item ends with the command that mends it."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What a backend proved on this machine, now."""

    backend: str
    isolation: Isolation
    items: tuple[ProbeItem, ...]

    @property
    def ok(self) -> bool:
        """True when there was something to prove and all of it was proven."""
        return bool(self.items) and all(item.ok for item in self.items)
