"""Descriptors handed to a child: small files in memory and pipes, closed with the `with` block that made them."""

import fcntl
import os
import select
from contextlib import ExitStack

_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL


def sealed(content: bytes, closing: ExitStack) -> int:
    """A file in memory with `content`, at its start, that nobody can change."""
    descriptor = os.memfd_create("sealed", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    closing.callback(os.close, descriptor)
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def pipe(ours: ExitStack, theirs: ExitStack, *, we_read: bool) -> tuple[int, int]:
    """A pipe as (our end, their end), each closed with its own stack."""
    reading, writing = os.pipe()
    mine, other = (reading, writing) if we_read else (writing, reading)
    ours.callback(os.close, mine)
    theirs.callback(os.close, other)
    return mine, other


def readable(descriptor: int, timeout_s: float) -> bool:
    """Wait until `descriptor` has data, its end, or (a pidfd) its process has ended; False when it took too long."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(timeout_s * 1000))
