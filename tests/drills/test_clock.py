"""Clocks that jump while a run is under way, of one process or of all of them: leases, the outbox and the run's promise survive."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.cli.start import MODULES
from tests.drills.conftest import migrated
from tests.drills.house import PUBLISHER, WORKER, House, house
from tests.drills.judge import Mark
from tests.drills.orphans import adopt_orphans
from tests.drills.tell import READY, SLOW, Story, ask, finish
from tests.drills.test_processes import in_its_second_turn
from tests.support.eventually import until

pytestmark = [pytest.mark.drill, pytest.mark.timeout(400)]
PRELOADED = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
FORGIVING = Story(SLOW.ends.__class__(asked=2, repeats=3), text=SLOW.text)
HOUR_S = 3600
HELD_S = 5.0


@contextmanager
def with_other_clocks(folder: Path, *kinds: str) -> Iterator[House]:
    """A house whose processes of these kinds read their clock through libfaketime (https://github.com/wolfcw/libfaketime)."""
    if PRELOADED is None:
        pytest.skip("libfaketime is missing: apt-get install libfaketime")
    adopt_orphans()
    with house(migrated(f"sqlite:///{folder / 'sortie.db'}"), start=False) as made:
        set_clocks(made, 0)
        reading = {
            "LD_PRELOAD": str(PRELOADED),
            "FAKETIME_TIMESTAMP_FILE": str(clock_file(made)),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        for kind in MODULES:
            made.start(kind, **(reading if kind in kinds else {}))
        made.ready()
        made.world.sim("config", events_url=f"{made.world.web}/slack/events")
        yield made


def clock_file(made: House) -> Path:
    return made.root / "clock"


def set_clocks(made: House, ahead_s: int) -> None:
    """From the next second on, seconds before or behind the true time."""
    fresh = made.root / "clock.new"
    fresh.write_text(f"{ahead_s:+d}\n")
    fresh.chmod(0o644)
    shutil.move(fresh, clock_file(made))


def wait_s(made: House, seconds: float) -> None:
    began = made.world.store.clock()
    until(lambda: (made.world.store.clock() - began).total_seconds() > seconds, within_s=seconds + 5)


@pytest.mark.parametrize("ahead_s", [HOUR_S, -HOUR_S], ids=["forward", "back"])
@pytest.mark.parametrize("kinds", [(WORKER,), tuple(MODULES)], ids=["worker", "machine"])
def test_the_clock_jumps_by_an_hour_in_a_turn_and_is_set_right_again(
    tmp_path: Path, kinds: tuple[str, ...], ahead_s: int
) -> None:
    with with_other_clocks(tmp_path, *kinds) as made:
        mark = Mark.of(made)
        run_id = ask(made, SLOW)
        in_its_second_turn(made, run_id)
        set_clocks(made, ahead_s)
        wait_s(made, HELD_S)
        set_clocks(made, 0)
        finish(made, run_id, FORGIVING, mark)
        run = made.world.run(run_id)
        used_s = run.clock.used_s(made.world.store.clock())
        assert 0 < used_s < HOUR_S / 2, f"{used_s} s of the promise are used"


@pytest.mark.parametrize("ahead_s", [600, -600], ids=["forward", "back"])
def test_the_publishers_clock_is_ten_minutes_wrong_for_the_rest_of_a_run(
    tmp_path: Path, ahead_s: int
) -> None:
    with with_other_clocks(tmp_path, PUBLISHER) as made:
        mark = Mark.of(made)
        run_id = ask(made, READY)
        until(lambda: made.world.run(run_id).inspection, within_s=60, what="the repository to be looked at")
        set_clocks(made, ahead_s)
        finish(made, run_id, READY, mark)
