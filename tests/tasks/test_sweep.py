"""The sweep: nobody is forgotten, and everybody gets a turn."""

from collections.abc import Iterator

import pytest

from tasks.domain.events import StepFailed
from tasks.sweep import Sweep
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
