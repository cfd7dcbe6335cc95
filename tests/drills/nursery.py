"""Forks our processes from one that has loaded their code: a drill kills dozens of them, and need not wait for imports.

`python -m tests.drills.nursery` is that one; it has one thread, reads from a socket what to become, and forks. What it forks
is a process like any other: its own pid, session, environment and folder, and the main function of its module. It is a child
of the test, the subreaper of all of this, and dies with it.
"""

import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import IO, NoReturn

from bot.cli.start import MODULES
from bot.cli.supervise import TETHER, ChildSpec
from bot.cli.tether import PR_SET_PDEATHSIG
from tests.drills.orphans import adopt_orphans

POLL_S = 0.01
SIZE = 1 << 20
_LOST = 255


@dataclass(slots=True)
class Forked:
    """One process, as the supervisor knows them. `poll` may be called by several threads."""

    pid: int
    stdout: IO[bytes]
    returncode: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def poll(self) -> int | None:
        with self._lock:
            if self.returncode is None:
                self.returncode = self._ended()
            return self.returncode

    def _ended(self) -> int | None:
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            return _LOST
        return os.waitstatus_to_exitcode(status) if pid else None

    def wait(self, timeout: float | None = None) -> int:
        deadline = monotonic() + (timeout if timeout is not None else float("inf"))
        while (code := self.poll()) is None:
            if monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            sleep(POLL_S)
        return code


@dataclass(frozen=True, slots=True)
class Nursery:
    """The test's end of the socket. `launch` is for the supervisor."""

    line: socket.socket
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def launch(self, spec: ChildSpec) -> Forked:
        """Forks the process whose module is the last of the arguments."""
        ours, theirs = os.pipe()
        wanted = {"module": spec.argv[-1], "env": dict(spec.env), "cwd": str(spec.cwd or ".")}
        with self._lock:
            socket.send_fds(self.line, [json.dumps(wanted).encode()], [theirs])
            os.close(theirs)
            answer = self.line.recv(SIZE)
        assert answer, "the nursery has ended"
        return Forked(int(answer), os.fdopen(ours, "rb"))


@contextmanager
def nursery() -> Iterator[Nursery]:
    """The process that forks the others, until the block ends."""
    adopt_orphans()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    argv = [sys.executable, "-m", "tests.drills.nursery", str(theirs.fileno())]
    tether = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid())]
    process = subprocess.Popen([*tether, *argv], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    theirs.close()
    try:
        yield Nursery(ours)
    finally:
        ours.close()
        process.wait(30)


def serve(line: socket.socket) -> None:
    """Forks until the other end is closed."""
    for module in MODULES.values():
        importlib.import_module(module)
    gc.freeze()
    assert threading.active_count() == 1, "a fork would lose threads"
    while True:
        message, fds, _, _ = socket.recv_fds(line, SIZE, 1)
        if not message:
            return
        child = _fork_away(line, json.loads(message), fds[0])
        os.close(fds[0])
        line.send(str(child).encode())


def _fork_away(line: socket.socket, wanted: dict[str, object], output: int) -> int:
    """Forks twice, so that the test and not this process becomes the parent; returns once it is."""
    reading, writing = os.pipe()
    tester = os.getppid()
    parent = os.fork()
    if parent == 0:
        family = (tester, os.getpid())
        child = os.fork()
        if child == 0:
            line.close()
            for number in (reading, writing):
                os.close(number)
            _become(wanted, output, family)
        os.write(writing, str(child).encode())
        os._exit(0)
    os.close(writing)
    pid = int(os.read(reading, 32))
    os.close(reading)
    os.waitpid(parent, 0)
    return pid


def _become(wanted: dict[str, object], output: int, family: tuple[int, int]) -> NoReturn:
    """The main function of the module, once the test is our parent; and then the end of this process."""
    tester, middle = family
    os.setsid()
    for number in (1, 2):
        os.dup2(output, number)
    os.close(output)
    os.chdir(str(wanted["cwd"]))
    os.environ.clear()
    os.environ.update(dict(wanted["env"]))  # type: ignore[call-overload]
    tempfile.tempdir, sys.argv = None, [str(wanted["module"])]
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    while os.getppid() == middle:
        sleep(0.001)
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != tester:  # it died before we asked to be told
        raise SystemExit(1)
    importlib.import_module(str(wanted["module"])).main()
    raise SystemExit(0)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
