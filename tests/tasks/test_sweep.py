"""The sweep: nobody is forgotten, and everybody gets a turn."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from redis import Redis

from tasks.domain.decisions import StepFailed
from tasks.queue import Waker, celery_app
from tasks.store.store import WorkerRow
from tasks.sweep import Sweep
from tests.support.broker import broker
from tests.support.eventually import until
from tests.tasks.outside import Bench, bench


@pytest.fixture
def here(database_url: str) -> Iterator[Bench]:
    with bench(database_url) as made:
        yield made


def test_a_run_whose_ring_was_lost_is_rung_for_again(here: Bench) -> None:
    run, sweep = here.start(), Sweep(here.store, here.bell)
    assert sweep.once() == (run.id,)
    assert sweep.once() == ()
    here.hands.move(6)
    assert sweep.once() == (run.id,)


def test_two_sweeps_at_once_ring_once(here: Bench) -> None:
    run = here.start()
    first, second = Sweep(here.store, here.bell), Sweep(here.store, here.bell)
    assert (first.once(), second.once()) == ((run.id,), ())


def test_with_more_due_runs_than_one_round_takes_everybody_is_rung_for(here: Bench) -> None:
    runs = {here.start().id for _ in range(12)}
    rung: set[str] = set()
    for _ in range(4):
        with here.store.writing() as tx:
            due = tx.due(woken_before=tx.now, limit=4)
            tx.mark_woken(due)
        rung.update(due)
        here.hands.move(1)
    assert rung == runs


def test_a_run_put_off_under_a_clock_that_was_set_back_since_is_rung_for(here: Bench) -> None:
    here.hands.move(3 * 3600)
    run, sweep = here.start(), Sweep(here.store, here.bell)
    assert sweep.once() == (run.id,)
    here.hands.move(-3 * 3600)
    assert sweep.once() == (run.id,)


def test_that_nobody_works_is_said_once_and_forgets_no_failure(here: Bench) -> None:
    run, sweep = here.start(), Sweep(here.store, here.bell)
    for _ in range(3):
        here.hands.move(6)
        sweep.once()
    assert [note.code for note in here.run(run.id).notes] == ["SYS-001"]
    assert not any(isinstance(e, StepFailed) for e in here.events(run.id))


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Redis]:
    with broker(tmp_path) as url, Redis.from_url(url) as client:
        yield client


@pytest.fixture
def waker(valkey: Redis) -> Iterator[Waker]:
    """A real doorbell over a real broker."""
    port = valkey.connection_pool.connection_kwargs["port"]
    waker = Waker(celery_app(f"redis://127.0.0.1:{port}"))
    yield waker
    waker.close()


def test_ten_minutes_without_workers_leave_one_message_for_each_run(
    here: Bench, waker: Waker, valkey: Redis
) -> None:
    runs = frozenset(here.start().id for _ in range(3))
    sweep = Sweep(here.store, waker)
    sweep.once()
    until(lambda: waker.waiting() == runs, what="a message for each run")
    for _ in range(60):
        here.hands.move(10)
        assert set(sweep.once()) == runs
    waker.close()
    assert valkey.llen("control") == len(runs)


def test_a_broker_that_lost_everything_is_told_again(here: Bench, waker: Waker, valkey: Redis) -> None:
    runs = frozenset(here.start().id for _ in range(3))
    sweep = Sweep(here.store, waker)
    sweep.once()
    until(lambda: waker.waiting() == runs, what="a message for each run")
    valkey.flushall()
    here.hands.move(6)
    sweep.once()
    until(lambda: waker.waiting() == runs, what="a message for each run")
    assert valkey.llen("control") == len(runs)


def test_a_broker_that_is_away_is_not_asked_for_long(tmp_path: Path) -> None:
    with broker(tmp_path) as url:
        waker = Waker(celery_app(url))
        assert waker.waiting() == frozenset()
    began = monotonic()
    assert waker.waiting() is None and monotonic() - began < 2
    waker.close()


def test_a_broker_without_memory_loses_the_ring_and_hears_the_next(
    here: Bench, waker: Waker, valkey: Redis
) -> None:
    run = here.start()
    sweep = Sweep(here.store, waker)
    valkey.config_set("maxmemory-policy", "noeviction")
    valkey.config_set("maxmemory", 1)
    sweep.once()
    until(lambda: not waker.reachable, what="a ring that is refused")
    valkey.config_set("maxmemory", 0)
    here.hands.move(6)
    assert sweep.once() == (run.id,)
    until(lambda: waker.waiting() == frozenset((run.id,)), what="a message for the run")
    assert waker.reachable


def test_whoever_tells_a_run_something_rings_once_until_somebody_looks(here: Bench) -> None:
    run = here.start()
    rings = []
    for looks in (False, True, False):
        with here.store.writing() as tx:
            rings.append(tx.ring(run.id))
            assert not looks or tx.defer(run.id, seen_seq=run.seq, until=None)
    assert rings == [True, False, True]


def test_a_run_behind_others_says_how_many_and_again_when_half_are_gone(here: Bench) -> None:
    runs, sweep = [here.start() for _ in range(5)], Sweep(here.store, here.bell)
    for _ in range(4):
        here.hands.move(6)
        _somebody_works(here)
        sweep.once()
    assert [note.sentence for note in here.run(runs[4].id).notes] == [
        "Queued at 12:00 UTC with 4 ahead: every agent is at work. The clock is running."
    ]
    assert here.run(runs[0].id).notes == ()
    with here.store.writing() as tx:
        for run in runs[:2]:
            tx.acquire(run.id, holder="w", ttl_s=600)
    here.hands.move(60)
    _somebody_works(here)
    sweep.once()
    assert [n.sentence[:32] for n in here.run(runs[4].id).notes][1:] == ["Queued at 12:01 UTC with 2 ahead"]
    assert len(here.run(runs[3].id).notes) == 2
    assert "SYS-001" not in {n.code for run in runs for n in here.run(run.id).notes}


def _somebody_works(here: Bench) -> None:
    with here.store.writing() as tx:
        tx.worker_seen(WorkerRow("w", "worker", "full", True, "", tx.now))
