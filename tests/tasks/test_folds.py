"""The states of a run as the publisher keeps them: right at every moment, and each event is read only once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tasks.domain.decisions import RepoChosen, Titled
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import StopRequested
from tasks.domain.fold import apply, begin
from tasks.domain.request import Person
from tasks.domain.run import Run
from tasks.folds import Folds
from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tasks.store.store import Store, Tx
from tests.support.requests import a_request

LATER: tuple[Event, ...] = (
    RepoChosen("acme/api", "the only one", None, "ada"),
    Titled("Return 422"),
    StopRequested(Person("slack", "T1", "U2")),
)


@dataclass(slots=True)
class Counting:
    """Notes which events are read through it."""

    tx: Tx
    read: list[int] = field(default_factory=list)

    def events(self, run_id: str, *, after: int = 0) -> tuple[Recorded, ...]:
        found = self.tx.events(run_id, after=after)
        self.read += [recorded.seq for recorded in found]
        return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    engine = open_engine(f"sqlite:///{tmp_path / 'sortie.db'}")
    upgrade(engine)
    yield Store(engine)
    engine.dispose()


def a_run(store: Store) -> str:
    with store.writing() as tx:
        return tx.start_run(a_request(), "x").id


def from_scratch(tx: Tx, run_id: str) -> tuple[Run, ...]:
    first, *later = tx.events(run_id)
    states = [begin(run_id, first)]
    for recorded in later:
        states.append(apply(states[-1], recorded))
    return tuple(states)


def test_every_state_is_what_a_fold_from_scratch_gives_and_each_event_is_read_once(store: Store) -> None:
    folds, run_id, read = Folds(), a_run(store), list[int]()
    for event in LATER:
        with store.writing() as tx:
            tx.append(run_id, event)
        with store.reading() as tx:
            counting = Counting(tx)
            assert folds.of(counting, run_id) == from_scratch(tx, run_id)
            read += counting.read
    assert read == [1, 2, 3, 4]
    with store.reading() as tx:
        assert [state.seq for state in folds.of(tx, run_id)] == [1, 2, 3, 4]


def test_what_was_not_asked_for_lately_is_forgotten_and_read_again(store: Store) -> None:
    folds, first, second = Folds(runs=1), a_run(store), a_run(store)
    with store.reading() as tx:
        before = folds.of(tx, first)
        folds.of(tx, second)
        counting = Counting(tx)
        assert folds.of(counting, first) == before and counting.read == [1]


def test_a_run_that_is_not_there_is_a_key_error(store: Store) -> None:
    with store.reading() as tx, pytest.raises(KeyError):
        Folds().of(tx, "R-9")
