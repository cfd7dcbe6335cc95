"""One child process with bounded time, output and memory; its whole process group is gone when the call returns."""

import contextlib
import os
import resource
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one call may use. Beyond `output_bytes` of stdout it is ended: cut there when `truncate`, else an error."""

    timeout_s: float = 60.0
    output_bytes: int = 64 * MIB
    truncate: bool = False
    address_space_mb: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended. `exit_code` is negative after a signal; `stderr` is cut at 64 kB."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    timed_out: bool = False
    too_much: bool = False


_STDERR_BYTES = 64_000


def run(
    argv: Sequence[str], *, env: Mapping[str, str], stdin: bytes | IO[bytes] = b"", bounds: Bounds
) -> Ended:
    """Runs argv without a shell, in /, with exactly `env`. `stdin` as a file is read from its descriptor's position."""
    with contextlib.ExitStack() as closing:
        process = subprocess.Popen(
            argv,
            stdin=_input(stdin, closing),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env),
            cwd="/",
            umask=0o022,
            start_new_session=True,
        )
        closing.enter_context(process)
        closing.callback(_end_group, process)
        if bounds.address_space_mb is not None:
            limit = bounds.address_space_mb * MIB
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_AS, (limit, limit))
        return _collect(process, bounds)


def _input(stdin: bytes | IO[bytes], closing: contextlib.ExitStack) -> int | IO[bytes]:
    if not isinstance(stdin, bytes):
        return stdin
    if not stdin:
        return subprocess.DEVNULL
    file: IO[bytes] = closing.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - closed by the stack
    file.write(stdin)
    file.seek(0)
    return file


def _collect(process: subprocess.Popen[bytes], bounds: Bounds) -> Ended:
    assert process.stdout is not None
    assert process.stderr is not None
    deadline = time.monotonic() + bounds.timeout_s
    kept = {process.stdout: bytearray(), process.stderr: bytearray()}
    with selectors.DefaultSelector() as selector:
        for stream in kept:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                return Ended(-signal.SIGKILL, b"", bytes(kept[process.stderr]), timed_out=True)
            for key, _ in ready:
                chunk = os.read(key.fd, 1 << 16)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.fd == process.stdout.fileno():
                    kept[process.stdout] += chunk
                elif len(kept[process.stderr]) < _STDERR_BYTES:
                    kept[process.stderr] += chunk
            if len(kept[process.stdout]) > bounds.output_bytes:
                cut = bytes(kept[process.stdout][: bounds.output_bytes])
                return Ended(-signal.SIGKILL, cut, bytes(kept[process.stderr]), too_much=True)
    try:
        code = process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return Ended(-signal.SIGKILL, b"", bytes(kept[process.stderr]), timed_out=True)
    return Ended(code, bytes(kept[process.stdout]), bytes(kept[process.stderr]))


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
