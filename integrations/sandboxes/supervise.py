"""Stays with one running command: reads its output with a cap, asks for its limits, kills it, sees it gone."""

import os
import select
import signal
import time
from dataclasses import dataclass
from typing import Protocol

from integrations.sandboxes.limits import Watch
from integrations.sandboxes.output import CHUNK_BYTES, Kept
from integrations.types.sandbox import CommandResult, KilledBy

_FIRST_LOOK_S = 0.03
_LOOK_EVERY_S = 0.06
_FLOOD_BYTES = 64 * 1024 * 1024
_FLOOD_PAUSE_S = 0.0005
_SETTLE_S = 5.0


class Running(Protocol):
    """A started command with everything it has started since."""

    @property
    def ended(self) -> int:
        """A pidfd that becomes readable when the command has ended."""

    def kill(self) -> None:
        """Kill all of it, at once and whether or not it still runs."""

    def settle(self, timeout_s: float) -> int | None:
        """Wait until nothing of it is left; its exit code as of wait(2), negative after a signal; None when unknown."""


@dataclass(slots=True)
class Streams:
    """The read ends of a command's pipes and what was kept of them. `stderr` is None when merged."""

    stdout: int
    stderr: int | None
    limit_bytes: int

    def open(self) -> dict[int, Kept]:
        """One keeper for each pipe, by descriptor."""
        pipes = [self.stdout] if self.stderr is None else [self.stdout, self.stderr]
        return {pipe: Kept(self.limit_bytes) for pipe in pipes}


def stay(running: Running, streams: Streams, watch: Watch) -> CommandResult:
    """Return when the command has ended or was killed and nothing of it is left."""
    kept = streams.open()
    killed_by: KilledBy | None = None
    try:
        killed_by = _until_ended(running, kept, watch)
    finally:
        running.kill()
        code = running.settle(_SETTLE_S)
    _drain(kept)
    wall_s = time.monotonic() - watch.started
    killed_by = killed_by or _kernel_limit(code) or watch.disk_broken()
    stderr = b"" if streams.stderr is None else kept[streams.stderr].text()
    return CommandResult(
        exit_code=None if killed_by else code,
        output=kept[streams.stdout].text(),
        stderr=stderr,
        dropped_bytes=sum(keeper.dropped_bytes for keeper in kept.values()),
        killed_by=killed_by,
        wall_s=wall_s,
    )


def _until_ended(running: Running, kept: dict[int, Kept], watch: Watch) -> KilledBy | None:
    poll = select.poll()
    for descriptor in (running.ended, *kept):
        poll.register(descriptor, select.POLLIN)
    look_at = watch.started + _FIRST_LOOK_S
    while True:
        wait_s = max(0.0, look_at - time.monotonic())
        for descriptor, _ in poll.poll(wait_s * 1000):
            if descriptor == running.ended:
                return None
            if not _read(descriptor, kept[descriptor]):
                poll.unregister(descriptor)
        if time.monotonic() >= look_at:
            if (broken := watch.broken()) is not None:
                return broken
            look_at = time.monotonic() + _LOOK_EVERY_S


def _read(descriptor: int, keeper: Kept) -> bool:
    """Take one chunk; False at the end of the stream."""
    chunk = os.read(descriptor, CHUNK_BYTES)
    keeper.add(chunk)
    if keeper.seen_bytes > _FLOOD_BYTES:
        # A flood can fill the pipe faster than the rest of the worker could bear.
        time.sleep(_FLOOD_PAUSE_S)
    return bool(chunk)


def _drain(kept: dict[int, Kept]) -> None:
    """Take what is left in the pipes. Nobody can be writing any more, so never wait."""
    for descriptor, keeper in kept.items():
        os.set_blocking(descriptor, False)
        try:
            while _read(descriptor, keeper):
                pass
        except BlockingIOError:
            continue


def _kernel_limit(code: int | None) -> KilledBy | None:
    """What the kernel says with a signal; a command inside bubblewrap reports it as 128 + n."""
    if code in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
        return KilledBy.CPU
    if code in (-signal.SIGXFSZ, 128 + signal.SIGXFSZ):
        return KilledBy.DISK
    return None
