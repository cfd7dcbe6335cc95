"""Processes that are asked to go, that freeze, that come twice, that all die at once."""

import signal
import sqlite3
from contextlib import closing
from time import monotonic

import pytest

from tests.drills.house import BEAT, PUBLISHER, WEB, WORKER, House
from tests.drills.judge import Mark
from tests.drills.tell import READY, SLOW, ask, finish, tell
from tests.support.eventually import until

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]
GONE_S = 5.0


def in_its_second_turn(house: House, run_id: str) -> None:
    """Until the first turn is stored and the second has been asked of the model."""
    until(lambda: house.world.run(run_id).turns >= 1, within_s=90, what="the first turn")
    until(lambda: _asked(house) >= 2, within_s=30, what="the second turn")


def _asked(house: House) -> int:
    return sum(p["role"] == "worker" for p in house.world.prompts())


def epoch_of(house: House, run_id: str) -> int:
    with house.world.store.engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT epoch FROM leases WHERE id = '{run_id}'").scalar()
    return int(found or 0)


def frozen_before_a_write(house: House) -> None:
    """Waits until the worker has frozen at `record` with SQLite free. Another of its threads, which keeps the leases, may have been
    writing just then: that holds everybody up, and is the drill of a frozen writer."""
    house.wait_fired("record")
    while not _free(house):
        house.disarm("record")
        house.arm("record", "SIGSTOP 1")
        house.send(WORKER, signal.SIGCONT)
        house.wait_fired("record")


def _free(house: House) -> bool:
    database = sqlite3.connect(str(house.world.store.engine.url.database), timeout=3, isolation_level=None)
    with closing(database):
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        database.execute("ROLLBACK")
        return True


def refused(house: House) -> bool:
    """Whether the first worker has noticed that its lease is another's."""
    try:
        return until(lambda: any(name == WORKER and "lease_lost" in line for name, line in house.lines))
    except AssertionError:
        return False


def test_a_worker_that_is_asked_to_go_goes_at_once_and_costs_one_turn(fresh_house: House) -> None:
    house, mark = fresh_house, Mark.of(fresh_house)
    run_id = ask(house, SLOW)
    in_its_second_turn(house, run_id)
    pid, began = house.send(WORKER, signal.SIGTERM), monotonic()
    until(lambda: house.pid(WORKER) != pid, within_s=30, what="the end of the worker")
    took = monotonic() - began
    finish(house, run_id, SLOW, mark)
    assert took < GONE_S, f"it took {took:.1f} s"


def test_a_worker_that_froze_for_longer_than_its_lease_writes_nothing_more(fresh_house: House) -> None:
    house, mark = fresh_house, Mark.of(fresh_house)
    run_id = ask(house, SLOW)
    in_its_second_turn(house, run_id)
    epoch = epoch_of(house, run_id)
    frozen = house.send(WORKER, signal.SIGSTOP)
    house.start(WORKER, "worker-2")
    until(lambda: epoch_of(house, run_id) > epoch, within_s=60, what="another holder")
    house.send(WORKER, signal.SIGCONT)
    finish(house, run_id, SLOW, mark)
    assert house.pid(WORKER) == frozen, "the frozen worker lives on"
    assert refused(house), house.said()


def test_a_worker_that_froze_right_before_a_write_writes_nothing_more(fresh_house: House) -> None:
    house, mark = fresh_house, Mark.of(fresh_house)
    house.arm("record", "SIGSTOP 3")
    run_id = ask(house, SLOW)
    frozen_before_a_write(house)
    epoch = epoch_of(house, run_id)
    house.start(WORKER, "worker-2")
    until(lambda: epoch_of(house, run_id) > epoch, within_s=60, what="another holder")
    house.send(WORKER, signal.SIGCONT)
    finish(house, run_id, SLOW, mark)


def test_a_publisher_that_froze_in_a_push_does_not_push_again(fresh_house: House) -> None:
    house, mark = fresh_house, Mark.of(fresh_house)
    house.arm("effect.host.push.before", "SIGSTOP 1")
    run_id = ask(house, READY)
    house.wait_fired("effect.host.push.before")
    house.start(PUBLISHER, "publisher-2")
    until(lambda: house.world.run(run_id).pushed_oid, within_s=60, what="the push by the other")
    house.send(PUBLISHER, signal.SIGCONT)
    finish(house, run_id, READY, mark)


@pytest.mark.parametrize("kind", [BEAT, PUBLISHER, WORKER])
def test_two_of_a_kind_do_everything_once(fresh_house: House, kind: str) -> None:
    fresh_house.start(kind, f"{kind}-2")
    fresh_house.ready()
    tell(fresh_house, READY)


def test_two_publishers_of_which_one_dies_after_a_push(fresh_house: House) -> None:
    fresh_house.start(PUBLISHER, "publisher-2")
    tell(fresh_house, READY, "effect.host.push.after")


def test_everything_dies_at_once_in_the_middle_of_a_turn(fresh_house: House) -> None:
    house, mark = fresh_house, Mark.of(fresh_house)
    run_id = ask(house, SLOW)
    in_its_second_turn(house, run_id)
    for name in (WEB, WORKER, PUBLISHER, BEAT):
        house.send(name, signal.SIGKILL)
    house.kill_broker()
    house.world.broker.start()
    finish(house, run_id, SLOW, mark)
