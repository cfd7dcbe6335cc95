"""Threads that share a transaction: one commit for all that wait, and nobody pays for another's fault."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import event

from tasks.commits import Commits
from tasks.store.engine import open_engine
from tasks.store.errors import StoreDown
from tasks.store.store import Store, Tx
from tests.support.eventually import until
from tests.support.requests import a_request

OTHERS = 5


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    engine = open_engine(database_url)
    yield Store(engine)
    engine.dispose()


def start(tx: Tx) -> str:
    return tx.start_run(a_request(), "Return 422").id


def at_once(store: Store, others: list[Callable[[Tx], str]]) -> tuple[Future[str], list[Future[str]]]:
    """One piece of work that is held up until the others wait behind it; everything is over afterwards."""
    commits, inside, go_on = Commits(store), threading.Event(), threading.Event()
    asked = threading.Semaphore(0)

    def held_up(tx: Tx) -> str:
        inside.set()
        assert go_on.wait(10)
        return start(tx)

    def ask(work: Callable[[Tx], str]) -> str:
        asked.release()
        return commits.do(work)

    with ThreadPoolExecutor(len(others) + 1) as pool:
        first = pool.submit(commits.do, held_up)
        assert inside.wait(10)
        rest = [pool.submit(ask, work) for work in others]
        for _ in others:
            assert asked.acquire(timeout=10)
        threading.Event().wait(0.2)
        go_on.set()
    commits.close()
    return first, rest


def runs(store: Store) -> list[str]:
    with store.reading() as tx:
        return sorted(row.id for row in tx.recent(100))


def test_what_waits_is_committed_at_once(store: Store) -> None:
    commits: list[object] = []
    event.listen(store.engine, "commit", commits.append)
    first, rest = at_once(store, [start] * OTHERS)
    assert len(commits) == 2
    assert runs(store) == sorted([first.result(), *(one.result() for one in rest)])
    assert len(runs(store)) == 1 + OTHERS


def test_a_piece_that_fails_fails_alone_and_leaves_nothing(store: Store) -> None:
    def fails(tx: Tx) -> str:
        start(tx)
        raise KeyError("mine")

    first, rest = at_once(store, [start, fails, start])
    assert [type(one.exception()) for one in rest] == [type(None), KeyError, type(None)]
    assert runs(store) == sorted([first.result(), rest[0].result(), rest[2].result()])


def test_without_sql_each_hears_that_it_is_down(store: Store) -> None:
    tried: list[Tx] = []

    def down(tx: Tx) -> str:
        tried.append(tx)
        raise StoreDown("gone")

    _, rest = at_once(store, [down] * OTHERS)
    assert [type(one.exception()) for one in rest] == [StoreDown] * OTHERS
    assert len(tried) == 1 + OTHERS, "together, and then each once alone"
    until(lambda: len(runs(store)) == 1, what="the first one's run")
