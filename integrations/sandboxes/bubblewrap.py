"""The default backend: one fresh set of namespaces for each command, made by bubblewrap.

https://github.com/containers/bubblewrap/blob/main/bwrap.xml describes its options.
"""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from integrations.sandboxes import profile, trees
from integrations.sandboxes.errors import UNPROVEN, SandboxUnavailable
from integrations.sandboxes.limits import DiskGauge, Watch
from integrations.sandboxes.namespace import Bubblewrap, broken, check_command
from integrations.sandboxes.overlay import Overlays
from integrations.sandboxes.owner import sandbox_owner
from integrations.sandboxes.probe import Backend, probe
from integrations.sandboxes.room import Room, never
from integrations.sandboxes.supervise import stay
from integrations.types.sandbox import Command, CommandResult, Isolation, ProbeReport, SandboxSpec


class BubblewrapSandbox:
    """One workspace's sandbox. Commands may run side by side; each has a pid namespace of its own."""

    def __init__(self, bubblewrap: Bubblewrap, spec: SandboxSpec, overlays: Overlays) -> None:
        self._bubblewrap = bubblewrap
        self._spec = spec
        self._overlays = overlays
        written = spec.overlay.upper if spec.overlay else spec.workspace
        mounts = [(written, spec.workspace_writable)] + [(b.source, b.writable) for b in spec.binds]
        self._disks = [DiskGauge(source) for source, writable in mounts if writable and source.is_dir()]
        self._room = Room()
        self._enter = overlays.use(spec.overlay, spec.workspace) if spec.overlay else ()
        self._entered = spec.overlay

    def run(self, command: Command, *, cancelled: Callable[[], bool] = never) -> CommandResult:
        """Run `command` to its end, or to the limit it breaks; when this returns nothing of it is left.

        Raises CommandRefused (no such command can be run), SandboxBroke (it did not run; try again),
        SandboxUnavailable (closed, or bubblewrap is gone).
        """
        check_command(command)
        with self._room.occupied():
            return self._run(command, cancelled)

    def _run(self, command: Command, cancelled: Callable[[], bool]) -> CommandResult:
        limits = command.limits or self._spec.limits
        with ExitStack() as closing:
            namespace, streams = self._bubblewrap.start(
                self._spec, command, limits, closing, enter=self._enter
            )
            watch = Watch(
                limits,
                namespace.init_pid,
                disks=self._disks,
                memory_mounts=profile.MEMORY_MOUNTS,
                cancelled=lambda: self._room.closed or cancelled(),
            )
            result = stay(namespace, streams, watch)
            if result.killed_by is None and not namespace.began():
                raise broken(result.stderr or result.output)
        return result

    def close(self) -> None:
        """End what still runs and take no more commands. Safe to call again. Raises SandboxBroke when it does not end."""
        self._room.close()
        if self._entered is not None:
            entered, self._entered = self._entered, None
            self._overlays.leave(entered)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class BubblewrapProvider:
    """Opens bubblewrap sandboxes, after it has proven once that they hold on this machine."""

    def __init__(self, program: Path = Path("/usr/bin/bwrap")) -> None:
        self._bubblewrap = Bubblewrap(program, sandbox_owner())
        self._overlays = Overlays(self._bubblewrap.owner)
        self._proving = threading.Lock()
        self._proven = False

    @property
    def name(self) -> str:
        """The backend's name in settings and on pages."""
        return "bubblewrap"

    @property
    def isolation(self) -> Isolation:
        """Full, or nothing opens."""
        return Isolation.FULL

    @property
    def owner(self) -> tuple[int, int] | None:
        """(uid, gid) that writable directories must belong to; None when they are ours already."""
        return self._bubblewrap.owner

    def adopt(self, path: Path) -> None:
        """Give a tree to `owner`, following no symlink. Raises OSError."""
        if self.owner is not None:
            trees.adopt(path, self.owner)

    def probe(self) -> ProbeReport:
        """Open a sandbox and attack it: under two seconds. Never raises for a sandbox that does not hold."""
        report = probe(Backend(self.name, self.isolation, self.open_unproven, self.adopt))
        self._proven = report.ok
        return report

    def open(self, spec: SandboxSpec) -> BubblewrapSandbox:
        """A sandbox for `spec`. Raises SandboxUnavailable for a bad spec, and always when the probe does not pass."""
        with self._proving:
            if not self._proven:
                self._prove()
        return self.open_unproven(spec)

    def _prove(self) -> None:
        failed = [item for item in self.probe().items if not item.ok]
        if failed:
            raise SandboxUnavailable(
                f"The sandbox does not hold on this machine: {failed[0].name}: {failed[0].detail}",
                code=UNPROVEN,
                fix="`sortie doctor` lists every item with its own fix",
            )

    def open_unproven(self, spec: SandboxSpec) -> BubblewrapSandbox:
        """As `open`, without asking for proof: for the probe itself."""
        return BubblewrapSandbox(self._bubblewrap, profile.checked(spec, self.owner), self._overlays)
