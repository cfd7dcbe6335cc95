"""Disks that are small enough to be filled; only root can mount one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def small_disk(place: Path, size: str, *, mode: str = "755") -> Iterator[None]:
    """A filesystem of its own, of this size ("48m"), for everything below `place`."""
    place.mkdir(parents=True, exist_ok=True)
    options = f"size={size},mode={mode}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "sortie-drill", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path) -> Path:
    """A file that takes all the space there is."""
    filler = place / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
    return filler
