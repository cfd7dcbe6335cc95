"""A disk is full: that of the workspaces, and the agent is told; that of the database, and nothing is accepted that is not stored."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.drills.conftest import Launch, sqlite_house
from tests.drills.house import House
from tests.drills.judge import Mark
from tests.drills.orphans import adopt_orphans
from tests.drills.story import ASK
from tests.drills.tell import FULL_DISK, SLOW, ask, finish, tell
from tests.drills.test_processes import in_its_second_turn
from tests.scenarios.world import BOT, CHANNEL, GUEST
from tests.support.eventually import until

pytestmark = [pytest.mark.drill, pytest.mark.timeout(400)]
SIZE = "48m"
FORGIVING = SLOW.but(repeats=3, whispers=1)


@contextmanager
def small_disk(place: Path, size: str = SIZE) -> Iterator[None]:
    """A filesystem of its own, of this size, for everything below `place`."""
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o755)
    options = f"size={size},mode=755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "sortie-drill", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_an_agent_fills_the_disk_and_the_run_goes_on(fresh_house: House) -> None:
    with small_disk(fresh_house.root / "sortie" / "workspaces"):
        tell(fresh_house, FULL_DISK)


def fill(place: Path) -> Path:
    """A file that takes all the space there is."""
    filler = place / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
    return filler


def test_the_disk_of_the_database_is_full_for_a_while(tmp_path: Path, launch: Launch) -> None:
    """The run under way goes on afterwards; who asks meanwhile is told to come again, and is then heard."""
    adopt_orphans()
    place = tmp_path / "database"
    with small_disk(place, "8m"), sqlite_house(place, launch) as made:
        mark = Mark.of(made)
        run_id = ask(made, SLOW)
        in_its_second_turn(made, run_id)
        filler = fill(place)
        ts = made.world.says(f"{BOT} {ASK}", user=GUEST)
        until(
            lambda: any("cannot_reach_sql" in line for _, line in made.lines), within_s=60, what="a refusal"
        )
        filler.unlink()
        second = until(lambda: _run_in(made, ts), within_s=60, what="the run of who asked meanwhile")
        made.world.reaches(second, "declined", within_s=60)
        finish(made, run_id, FORGIVING, mark)


def _run_in(made: House, ts: str) -> str | None:
    with made.world.store.reading() as tx:
        runs = tx.runs_in_thread("T0ACME0001", CHANNEL, ts)
    return runs[0].id if runs else None
