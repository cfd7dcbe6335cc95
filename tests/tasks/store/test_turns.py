"""Threads that take turns: in their order, and not for ever."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.store.engine import open_engine
from tasks.store.errors import StoreDown
from tasks.store.migrate import upgrade
from tasks.store.store import Store
from tasks.store.turns import Turns
from tests.support.eventually import until


def test_who_came_first_goes_first() -> None:
    turns, order, threads = Turns(), list[int](), list[threading.Thread]()

    def wait(number: int) -> None:
        with turns.one(patience_s=10):
            order.append(number)

    with turns.one(patience_s=1):
        for number in range(20):
            threads.append(threading.Thread(target=wait, args=(number,)))
            threads[-1].start()
            until(lambda: len(turns._waiting) == len(threads), within_s=10, what="the queue")
    for thread in threads:
        thread.join(10)
    assert order == list(range(20))


def test_who_gives_up_waiting_is_not_handed_the_turn() -> None:
    turns = Turns()
    with turns.one(patience_s=1), pytest.raises(TimeoutError), turns.one(patience_s=0.01):
        raise AssertionError("the turn was taken twice")
    with turns.one(patience_s=0.1):
        pass


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """Two processes' stores on one SQLite file, as far as SQLite can tell."""
    both = tuple(Store(open_engine(f"sqlite:///{tmp_path / 'one.db'}")) for _ in range(2))
    upgrade(both[0].engine)
    yield both[0], both[1]
    for store in both:
        store.engine.dispose()


def test_writers_of_two_processes_all_get_their_turn(stores: tuple[Store, Store]) -> None:
    failed: list[str] = []

    def write(store: Store, name: str) -> None:
        try:
            for number in range(10):
                with store.writing() as tx:
                    assert tx.new_delivery("slack", f"{name}-{number}")
        except StoreDown as down:
            failed.append(str(down))

    threads = [
        threading.Thread(target=write, args=(store, f"{n}-{m}"))
        for n, store in enumerate(stores)
        for m in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failed
    with stores[0].writing() as tx:
        assert not any(tx.new_delivery("slack", f"{n}-{m}-9") for n in range(2) for m in range(4))
