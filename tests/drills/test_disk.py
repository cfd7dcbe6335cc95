"""The disk of the workspaces is full: the agent is told, and what is stored elsewhere stays whole."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.drills.house import House
from tests.drills.tell import FULL_DISK, tell

pytestmark = [pytest.mark.drill, pytest.mark.timeout(400)]
SIZE = "48m"


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """A filesystem of its own, of this size, for everything below `place`."""
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o755)
    options = f"size={SIZE},mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "sortie-drill", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_an_agent_fills_the_disk_and_the_run_goes_on(fresh_house: House) -> None:
    with small_disk(fresh_house.root / "sortie" / "workspaces"):
        tell(fresh_house, FULL_DISK)
