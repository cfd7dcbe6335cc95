"""The broker is only the doorbell: it dies, forgets everything, or does not answer, and nothing is lost or late for long."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis

from tests.drills.house import House
from tests.drills.judge import Mark
from tests.drills.tell import READY, SLOW, ask, finish, tell
from tests.drills.test_processes import in_its_second_turn

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]
PAUSE_MS = 8000


def client(house: House) -> Redis:
    return Redis(unix_socket_path=str(house.root / "valkey.sock"))


@contextmanager
def forgetful(house: House) -> Iterator[None]:
    """FLUSHALL, many times a second."""
    over = threading.Event()

    def flush() -> None:
        with client(house) as broker:
            while not over.wait(0.03):
                broker.flushall()

    thread = threading.Thread(target=flush)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def test_the_broker_dies_during_a_turn_and_comes_back_empty(fresh_house: House) -> None:
    mark = Mark.of(fresh_house)
    run_id = ask(fresh_house, SLOW)
    in_its_second_turn(fresh_house, run_id)
    fresh_house.kill_broker()
    fresh_house.world.broker.start()
    finish(fresh_house, run_id, SLOW, mark)


def test_a_request_while_the_broker_is_down_is_done_when_it_is_back(fresh_house: House) -> None:
    mark = Mark.of(fresh_house)
    fresh_house.kill_broker()
    run_id = ask(fresh_house, READY)
    fresh_house.world.quiet(run_id)
    assert fresh_house.world.thread(run_id), "the card is posted without a broker"
    fresh_house.world.broker.start()
    finish(fresh_house, run_id, READY, mark)


def test_a_broker_that_forgets_everything_all_the_time(fresh_house: House) -> None:
    with forgetful(fresh_house):
        tell(fresh_house, READY)


def test_a_broker_that_does_not_answer_for_eight_seconds(fresh_house: House) -> None:
    mark = Mark.of(fresh_house)
    run_id = ask(fresh_house, SLOW)
    in_its_second_turn(fresh_house, run_id)
    with client(fresh_house) as broker:
        broker.execute_command("CLIENT", "PAUSE", PAUSE_MS, "ALL")
    finish(fresh_house, run_id, SLOW, mark)
