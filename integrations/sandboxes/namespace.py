"""One command in its own namespaces: started by bubblewrap, killed as a whole, seen gone."""

import contextlib
import errno
import os
import re
import signal
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from integrations.sandboxes import profile, seccomp, usage
from integrations.sandboxes.descriptors import pipe, readable, sealed
from integrations.sandboxes.errors import (
    BROKE,
    COMMAND_REFUSED,
    NOT_INSTALLED,
    CommandRefused,
    SandboxBroke,
    SandboxUnavailable,
)
from integrations.sandboxes.spawner import Launch, start
from integrations.sandboxes.supervise import Streams
from integrations.types.sandbox import Command, Limits, SandboxSpec

INSTALL = "apt-get install -y bubblewrap"
_SETUP_S = 10.0
_OOM_SCORE = b"800"
_CHILD_PID = re.compile(rb'"child-pid": (\d+)')
_CLEAN_ENV = {"PATH": "/usr/bin:/bin"}
"""bubblewrap stays as pid 1 with the environment it was started with, and the command may read that."""


class Namespace:
    """A running command and its pid namespace. Holds the descriptors of both until its stack is closed."""

    def __init__(self, outer: subprocess.Popen[bytes], status: int, closing: ExitStack) -> None:
        """Raises ProcessLookupError when bubblewrap has ended, or said nothing, before the namespace was there."""
        self._outer = outer
        self._status = status
        self.init_pid = _child_of(status)
        self._init = os.pidfd_open(self.init_pid)
        closing.callback(os.close, self._init)
        if usage.parent(self.init_pid) != outer.pid:
            # It failed and is gone already; its number may belong to anybody by now.
            raise ProcessLookupError("pid 1 of the namespace has ended")
        self.ended = os.pidfd_open(outer.pid)
        closing.callback(os.close, self.ended)

    def kill(self) -> None:
        """Kill pid 1 of the namespace; the kernel kills the rest of it."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._init, signal.SIGKILL)

    def settle(self, timeout_s: float) -> int | None:
        """Wait until the namespace is empty. Raises SandboxBroke when it is not within `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        # pid 1 of a namespace ends only after the kernel has reaped all others (pid_namespaces(7)).
        empty = readable(self._init, timeout_s) and readable(
            self.ended, max(0.0, deadline - time.monotonic())
        )
        if not empty:
            self._outer.kill()
            raise SandboxBroke("A sandbox would not end.", code=BROKE)
        return self._outer.wait()

    def began(self) -> bool:
        """Whether the command itself was started; ask after `settle`, of a command that was not killed."""
        report = b""
        os.set_blocking(self._status, False)
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self._status, 4096):
                report += chunk
        # bubblewrap reports an exit code only when setting up had succeeded.
        return b'"exit-code"' in report


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """How to start bubblewrap: the program, and the (uid, gid) to start it as (None: ours)."""

    program: Path
    owner: tuple[int, int] | None

    def start(
        self,
        spec: SandboxSpec,
        command: Command,
        limits: Limits,
        closing: ExitStack,
        *,
        enter: tuple[str, ...] = (),
    ) -> tuple[Namespace, Streams]:
        """Start `command`; `enter` stands before bubblewrap and leads it elsewhere.

        Raises SandboxUnavailable, CommandRefused, SandboxBroke; then nothing is left running."""
        with ExitStack() as theirs:
            stdout, stdout_in = pipe(closing, theirs, we_read=True)
            stderr, stderr_in = (None, subprocess.STDOUT)
            if not command.merge_stderr:
                stderr, stderr_in = pipe(closing, theirs, we_read=True)
            status, status_in = pipe(closing, theirs, we_read=True)
            go, block = pipe(closing, theirs, we_read=False)
            etc = {path: sealed(text.encode(), theirs) for path, text in profile.ETC.items()}
            files = profile.Files(etc, sealed(seccomp.program(), theirs), status_in, block)
            options = sealed(profile.options(spec, limits, command.cwd, files), theirs)
            outer = _launch(
                Launch(
                    argv=[
                        *enter,
                        str(self.program),
                        "--args",
                        str(options),
                        "--",
                        *profile.limited(command.argv, limits),
                    ],
                    env=_CLEAN_ENV,
                    stdin=sealed(command.stdin, theirs) if command.stdin else subprocess.DEVNULL,
                    stdout=stdout_in,
                    stderr=stderr_in,
                    keep=(*etc.values(), files.seccomp, status_in, block, options),
                    owner=self.owner,
                )
            )
        streams = Streams(stdout, stderr, limits.output_bytes)
        try:
            namespace = Namespace(outer, status, closing)
        except ProcessLookupError as why:
            outer.kill()
            outer.wait()
            complaints = stdout if stderr is None else stderr
            raise broken(os.read(complaints, 4096) if readable(complaints, 0.2) else b"") from why
        _die_first(outer.pid, namespace.init_pid)
        with contextlib.suppress(BrokenPipeError):
            os.write(go, b"1")
        return namespace, streams


def check_command(command: Command) -> None:
    """Raises CommandRefused for what no program can be given."""
    if not command.argv or any("\0" in word for word in (*command.argv, command.cwd)):
        raise CommandRefused("The command is empty or has a NUL byte in it.", code=COMMAND_REFUSED)
    if not command.cwd.startswith("/"):
        raise CommandRefused("The working directory is not absolute.", code=COMMAND_REFUSED)


def broken(said: bytes) -> Exception:
    """The error for a sandbox that could not be set up around a command; `said` is bubblewrap's complaint."""
    words = said.decode("utf-8", "replace").strip() or "nothing was said"
    if "Can't chdir" in words:
        return CommandRefused("There is no such working directory in the sandbox.", code=COMMAND_REFUSED)
    return SandboxBroke(f"The sandbox could not be set up: {words[:500]}", code=BROKE)


def _launch(launch: Launch) -> subprocess.Popen[bytes]:
    try:
        return start(launch)
    except (FileNotFoundError, PermissionError) as why:
        raise SandboxUnavailable(
            f"bubblewrap cannot be started ({why}).", code=NOT_INSTALLED, fix=INSTALL
        ) from why
    except ValueError as why:
        raise CommandRefused(f"The command cannot be encoded ({why}).", code=COMMAND_REFUSED) from why
    except OSError as why:
        if why.errno == errno.E2BIG:
            raise CommandRefused("The command is too long.", code=COMMAND_REFUSED) from why
        raise SandboxBroke(f"No process could be started ({why}).", code=BROKE) from why


def _child_of(status: int) -> int:
    """Pid 1 of the new namespace as seen from here: bubblewrap reports it first. Raises ProcessLookupError without one."""
    found = _CHILD_PID.search(os.read(status, 4096) if readable(status, _SETUP_S) else b"")
    if found is None:
        raise ProcessLookupError("bubblewrap reported no process")
    return int(found[1])


def _die_first(*pids: int) -> None:
    """When the machine runs out of memory the kernel takes a sandbox before it takes a worker."""
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/oom_score_adj", "wb", buffering=0) as file:
            file.write(_OOM_SCORE)
