"""Where benchmarks keep their files: in memory, or on a fresh file system; never on a disk whose speed drifts."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")


@contextmanager
def in_memory(name: str) -> Iterator[Path]:
    """A new directory on tmpfs that others may enter (a sandbox's user too), removed afterwards."""
    root = Path(tempfile.mkdtemp(prefix=f"sortie-bench-{name}-", dir=MEMORY))
    root.chmod(0o755)
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def on_fresh_ext4(name: str, *, size_mb: int) -> Iterator[Path]:
    """A new ext4 in a file in memory, mounted through a loop device: real fsync, nobody else's traffic.

    Needs root. Raises subprocess.CalledProcessError where it cannot be had, PermissionError without root.
    """
    if os.geteuid() != 0:
        raise PermissionError("A file system can be mounted by root only.")
    with in_memory(name) as around:
        image, mount = around / "image", around / "mount"
        with image.open("wb") as file:
            file.truncate(size_mb << 20)
        mount.mkdir()
        _run("mkfs.ext4", "-q", "-m", "0", str(image))
        _run("mount", "-o", "loop", str(image), str(mount))
        try:
            yield mount
        finally:
            _run("umount", "--lazy", str(mount))


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)
