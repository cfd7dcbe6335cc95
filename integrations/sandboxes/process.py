"""No sandbox: plain processes with limits, for code that is trusted as much as ours. Never a silent fallback."""

import contextlib
import errno
import os
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from integrations.sandboxes import profile, trees
from integrations.sandboxes.descriptors import pipe, readable, sealed
from integrations.sandboxes.errors import (
    BAD_SPEC,
    BROKE,
    COMMAND_REFUSED,
    UNPROVEN,
    CommandRefused,
    SandboxBroke,
    SandboxUnavailable,
)
from integrations.sandboxes.limits import DiskGauge, Watch
from integrations.sandboxes.namespace import check_command
from integrations.sandboxes.owner import sandbox_owner
from integrations.sandboxes.probe import Backend, probe
from integrations.sandboxes.room import Room, never
from integrations.sandboxes.spawner import Launch, start
from integrations.sandboxes.supervise import Streams, stay
from integrations.types.sandbox import Command, CommandResult, Isolation, Limits, ProbeReport, SandboxSpec

MARK = "SORTIE_COMMAND"
"""In the environment of every process of a command, so that a daemon can still be found when it is nobody's child."""

PROMISES = ("clean environment", "file size limit", "address space limit")


class _Group:
    """A command, what it started, and whatever carries its mark."""

    def __init__(self, process: subprocess.Popen[bytes], mark: str, closing: ExitStack) -> None:
        self._process = process
        self._mark = mark.encode()
        self.ended = os.pidfd_open(process.pid)
        closing.callback(os.close, self.ended)

    def kill(self) -> None:
        """Kill the process group, the descendants and the marked, until none is left."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        deadline = time.monotonic() + 2.0
        while (alive := self._alive()) and time.monotonic() < deadline:
            for pid in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)

    def settle(self, timeout_s: float) -> int | None:
        """Wait for the command itself; `kill` has waited for the rest."""
        if not readable(self.ended, timeout_s):
            raise SandboxBroke("A command would not end.", code=BROKE)
        return self._process.wait()

    def _alive(self) -> list[int]:
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and self._marked(name)]

    def _marked(self, pid: str) -> bool:
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                return self._mark in file.read()
        except OSError:
            return False


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the paths of a spec really are: no mount shows a directory at its target, so paths are rewritten."""

    sources: Mapping[str, Path]

    def real(self, word: str) -> str:
        """`word` with a path below a target, when it is one, turned into the path on the host."""
        for target, source in self.sources.items():
            if PurePosixPath(word).is_relative_to(target):
                return str(source / PurePosixPath(word).relative_to(target))
        return word

    def real_list(self, words: str) -> str:
        """The same for a search path such as PYTHONPATH."""
        return ":".join(self.real(word) for word in words.split(":"))


class ProcessSandbox:
    """One workspace's commands as plain processes. Commands may run side by side."""

    def __init__(self, spec: SandboxSpec, owner: tuple[int, int] | None) -> None:
        self._spec = spec
        self._owner = owner
        self._places = _Places(
            {spec.workspace_target: spec.workspace, **{bind.target: bind.source for bind in spec.binds}}
        )
        self._home = Path(tempfile.mkdtemp(prefix="sortie-home-"))
        if owner is not None:
            trees.adopt(self._home, owner)
        self._disks = [DiskGauge(spec.workspace)] if spec.workspace_writable else []
        self._room = Room()

    def run(self, command: Command, *, cancelled: Callable[[], bool] = never) -> CommandResult:
        """As BubblewrapSandbox.run, but nothing keeps the command from the rest of the machine."""
        check_command(command)
        with self._room.occupied():
            return self._run(command, cancelled)

    def _run(self, command: Command, cancelled: Callable[[], bool]) -> CommandResult:
        limits = command.limits or self._spec.limits
        with ExitStack() as closing:
            with ExitStack() as theirs:
                stdout, stdout_in = pipe(closing, theirs, we_read=True)
                stderr, stderr_in = (None, subprocess.STDOUT)
                if not command.merge_stderr:
                    stderr, stderr_in = pipe(closing, theirs, we_read=True)
                mark = secrets.token_hex(16)
                process = _launch(
                    Launch(
                        argv=self._argv(command, limits),
                        env={**self._env(), MARK: mark},
                        stdin=sealed(command.stdin, theirs) if command.stdin else subprocess.DEVNULL,
                        stdout=stdout_in,
                        stderr=stderr_in,
                        owner=self._owner,
                        cwd=self._places.real(command.cwd),
                    )
                )
            watch = Watch(
                limits,
                process.pid,
                disks=self._disks,
                cancelled=lambda: self._room.closed or cancelled(),
            )
            return stay(_Group(process, mark, closing), Streams(stdout, stderr, limits.output_bytes), watch)

    def _argv(self, command: Command, limits: Limits) -> list[str]:
        words = tuple(self._places.real(word) for word in command.argv)
        # Without a user namespace the process limit would count everything this user runs; the watch counts instead.
        bounded = [word for word in profile.limited(words, limits) if not word.startswith("--nproc=")]
        return ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", *bounded]

    def _env(self) -> dict[str, str]:
        env = {name: self._places.real_list(value) for name, value in self._spec.env.items()}
        home = str(self._home)
        return {"PATH": self._spec.path, "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", **env}

    def close(self) -> None:
        """As BubblewrapSandbox.close; the home directory goes too."""
        self._room.close()
        trees.remove(self._home)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ProcessProvider:
    """Opens "sandboxes" that are none. Whoever makes one has said so in words."""

    def __init__(self, *, i_accept_no_isolation: bool = False) -> None:
        if not i_accept_no_isolation:
            raise SandboxUnavailable(
                "Plain processes are no sandbox.",
                code=UNPROVEN,
                fix="use bubblewrap, or accept it explicitly",
            )
        self._owner = sandbox_owner()

    @property
    def name(self) -> str:
        """The backend's name in settings and on pages."""
        return "process"

    @property
    def isolation(self) -> Isolation:
        """None at all."""
        return Isolation.NONE

    @property
    def owner(self) -> tuple[int, int] | None:
        """As BubblewrapProvider.owner: commands do not run as root either."""
        return self._owner

    def adopt(self, path: Path) -> None:
        """Give a tree to `owner`, following no symlink. Raises OSError."""
        if self._owner is not None:
            trees.adopt(path, self._owner)

    def probe(self) -> ProbeReport:
        """Proves the little it promises: a clean environment, limits, nothing left after a kill."""
        return probe(Backend(self.name, self.isolation, self.open, self.adopt, PROMISES))

    def open(self, spec: SandboxSpec) -> ProcessSandbox:
        """Commands for `spec`. Raises SandboxUnavailable for a bad spec, and for an overlay: plain processes mount nothing."""
        if spec.overlay is not None:
            raise SandboxUnavailable(
                "Plain processes cannot be shown an overlay.",
                code=BAD_SPEC,
                fix="set SORTIE_SANDBOX__WORKSPACES=clone",
            )
        return ProcessSandbox(profile.checked(spec, self._owner), self._owner)


def _launch(launch: Launch) -> subprocess.Popen[bytes]:
    try:
        return start(launch)
    except (FileNotFoundError, NotADirectoryError) as why:
        raise CommandRefused(f"The command cannot be started ({why}).", code=COMMAND_REFUSED) from why
    except ValueError as why:
        raise CommandRefused(f"The command cannot be encoded ({why}).", code=COMMAND_REFUSED) from why
    except OSError as why:
        if why.errno == errno.E2BIG:
            raise CommandRefused("The command is too long.", code=COMMAND_REFUSED) from why
        raise SandboxBroke(f"No process could be started ({why}).", code=BROKE) from why
