"""Clocks that jump while a run is under way, of one process or of all of them: leases, the outbox and the run's promise survive."""

import signal
from time import monotonic

import pytest

from tasks.domain.decisions import StepFailed
from tasks.failpoints import CLOCK
from tests.drills.house import PUBLISHER, WORKER, House
from tests.drills.judge import Mark
from tests.drills.tell import READY, SLOW, ask, finish
from tests.drills.test_processes import in_its_second_turn
from tests.support.eventually import until

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]
UNDISTURBED = SLOW.but(repeats=0)
HOUR_S = 3600
HELD_S = 5.0


def set_clock(house: House, ahead_s: int, kind: str) -> None:
    """The clock of the processes of a kind, or of all of them, is so many seconds ahead of the true time."""
    name = f"{CLOCK}.{kind}" if kind else CLOCK
    fresh = house.root / "clock"
    fresh.write_text(str(ahead_s))
    fresh.rename(house.points / name)


@pytest.mark.parametrize("ahead_s", [HOUR_S, -HOUR_S], ids=["forward", "back"])
@pytest.mark.parametrize("kind", [WORKER, ""], ids=["worker", "machine"])
def test_the_clock_jumps_by_an_hour_in_a_turn_and_is_set_right_again(
    fresh_house: House, kind: str, ahead_s: int
) -> None:
    """Nobody takes a living worker's lease for that, and nothing of the promise is used up."""
    house, mark = fresh_house, Mark.of(fresh_house)
    run_id = ask(house, SLOW)
    in_its_second_turn(house, run_id)
    set_clock(house, ahead_s, kind)
    began = monotonic()
    until(lambda: monotonic() - began > HELD_S, within_s=HELD_S + 5, what="a while")
    set_clock(house, 0, kind)
    finish(house, run_id, UNDISTURBED, mark)
    used_s = house.world.run(run_id).clock.used_s(house.world.store.clock())
    assert 0 < used_s < HOUR_S / 2, f"{used_s} s of the promise are used"
    assert not [r for r in house.world.events(run_id) if isinstance(r.event, StepFailed)]


@pytest.mark.parametrize("ahead_s", [600, -600], ids=["forward", "back"])
@pytest.mark.parametrize("kind", [WORKER, PUBLISHER])
def test_one_clock_is_ten_minutes_wrong_for_a_whole_run(fresh_house: House, kind: str, ahead_s: int) -> None:
    """As on a machine of its own whose clock nobody sets."""
    house, mark = fresh_house, Mark.of(fresh_house)
    set_clock(house, ahead_s, kind)
    pid = house.send(kind, signal.SIGTERM)
    until(lambda: house.pid(kind) not in (0, pid), within_s=60, what=f"another {kind}")
    house.ready()
    run_id = ask(house, READY)
    finish(house, run_id, READY.but(repeats=3), mark)
