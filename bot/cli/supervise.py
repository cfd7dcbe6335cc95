"""One supervised tree of processes: prefixed logs, clean restarts, a quick and complete end.

The kernel ends every child when this process dies (tether.py), so a SIGKILL leaves nothing behind. The request is bound
to the thread that forked, therefore children are started by the main thread alone.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

TETHER = Path(__file__).with_name("tether.py")
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_S = 30.0
"""A child that lived so long starts again without a wait."""
GRACE_S = 3.0
"""Between asking all to end and killing those that did not; the whole end stays under five seconds."""


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """One process: its name in the logs, what is run, its whole environment. `restart` False: its end is the tree's."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path | None = None
    restart: bool = True


class Process(Protocol):
    """What the tree must know of a child; subprocess.Popen is one."""

    @property
    def pid(self) -> int: ...

    @property
    def stdout(self) -> IO[bytes] | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...


def tethered(spec: ChildSpec) -> Process:
    """A process in a session of its own, which the kernel ends with the thread that calls this."""
    return subprocess.Popen(
        (sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *spec.argv),
        env=dict(spec.env),
        cwd=spec.cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


@dataclass(slots=True)
class _Child:
    spec: ChildSpec
    process: Process | None = None
    started_at: float = 0.0
    failures: int = 0
    due_at: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Starts children, restarts those that end, ends all. `say` takes (name, line) for every line a child writes.

    `launch` starts one: in a session of its own, with both outputs in its `stdout`.
    """

    say: Callable[[str, str], None]
    launch: Callable[[ChildSpec], Process] = tethered
    children: list[_Child] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def start(self, spec: ChildSpec) -> None:
        """Starts one child now; raises OSError where it cannot be started at all."""
        child = _Child(spec)
        self._launch(child)
        self.children.append(child)

    def pid_of(self, name: str) -> int | None:
        """The child's process id, None while it is down."""
        for child in self.children:
            if child.spec.name == name and child.process and child.process.poll() is None:
                return child.process.pid
        return None

    def tend(self) -> str | None:
        """Restarts what ended. Returns the name of a child whose end is the end of the tree, else None."""
        now = time.monotonic()
        for child in self.children:
            if child.process is None:
                if now >= child.due_at:
                    self._launch(child)
            elif child.process.poll() is not None:
                if not child.spec.restart:
                    return child.spec.name
                self._plan_restart(child, now)
        return None

    def stop(self, *, grace_s: float = GRACE_S) -> None:
        """Asks all to end, kills what has not after the grace, and reaps everything. Takes less than five seconds."""
        self.stopping.set()
        living = [c.process for c in self.children if c.process and c.process.poll() is None]
        for process in living:
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + grace_s
        for process in living:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                continue
        for process in living:
            _signal_group(process, signal.SIGKILL)
        for process in living:
            process.wait(1.0)

    def _launch(self, child: _Child) -> None:
        child.process = self.launch(child.spec)
        child.started_at = time.monotonic()
        assert child.process.stdout is not None
        relayed = (child.spec.name, child.process.stdout)
        threading.Thread(target=self._relay, args=relayed, daemon=True).start()

    def _plan_restart(self, child: _Child, now: float) -> None:
        assert child.process is not None
        code = child.process.poll() or 0
        child.failures = 0 if now - child.started_at > STEADY_S else child.failures + 1
        wait_s = BACKOFF_S[min(child.failures, len(BACKOFF_S) - 1)]
        child.process, child.due_at = None, now + wait_s
        self.say(child.spec.name, f"ended ({_how(code)}); starts again in {wait_s:g} s")

    def _relay(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self.say(name, line.decode("utf-8", "replace").rstrip("\r\n"))


def _signal_group(process: Process, number: int) -> None:
    """Signals the child and whatever it started; a group that is gone already is fine."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _how(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit {code}"
