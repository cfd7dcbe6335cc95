"""The heart against steps that break, databases that go away, people who are quick and workers that die."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from integrations.errors import Rejected, Retryable
from tasks.domain.decisions import (
    Failed,
    FailureClass,
    Provisioned,
    QuestionAsked,
    StepFailed,
    Submitted,
    Titled,
    TurnTaken,
)
from tasks.domain.events import Event
from tasks.domain.facts import RetryRequested, StopRequested
from tasks.domain.request import Person
from tasks.domain.run import Run, RunState
from tasks.drive import Driving, StepEntry, drive, note_bug
from tasks.keeper import LeaseKeeper
from tasks.steps.ports import Recorder, StepBroken
from tasks.store.errors import LeaseLost, StoreDown
from tasks.store.store import Store, Tx
from tests.support.eventually import until
from tests.support.histories import BASE, POLICY, TO_ACCEPTED, TO_CODING, submitted
from tests.support.newer import tell_from_the_future
from tests.tasks.outside import Bench, bench

BEN = Person("slack", "T1", "U2", "ben")
Act = Callable[[Run, Recorder], Event]
GIVEN_UP = Failed("AGT-001", "The agent stopped.")


class Flaky(Store):
    """A store whose SQL goes away for the next few writes."""

    down = 0

    @contextmanager
    def writing(self) -> Iterator[Tx]:
        if self.down > 0:
            self.down -= 1
            raise StoreDown("OperationalError")
        with super().writing() as tx:
            yield tx


@dataclass(slots=True)
class Heart:
    """A driver of one process, with steps that a test tells."""

    bench: Bench
    store: Flaky
    steps: dict[str, Act] = field(default_factory=dict)
    keepers: list[LeaseKeeper] = field(default_factory=list)

    def driving(self, *, queues: frozenset[str] = frozenset({"agent", "gate", "control"})) -> Driving:
        keeper = LeaseKeeper(self.store, ttl_s=30, heartbeat_s=10)
        self.keepers.append(keeper)
        names = ("title", "provision", "code", "gate", "review")
        return Driving(
            store=self.store,
            doorbell=self.bench.bell,
            keeper=keeper,
            policy=POLICY,
            steps={name: StepEntry("agent", self._step(name)) for name in names},
            ports=None,
            queues=queues,
            holder=f"worker-{len(self.keepers)}",
            lease_s=30,
            retry_base_s=1,
        )

    def _step(self, name: str) -> Callable[..., Event]:
        def step(run: Run, *, ports: object, log: Recorder) -> Event:
            return self.steps[name](run, log)

        return step

    def failures(self, run_id: str) -> list[tuple[str, int]]:
        return [(e.code, e.attempt) for e in self.bench.events(run_id) if isinstance(e, StepFailed)]

    def take(self, run_id: str) -> int | None:
        with self.store.writing() as tx:
            held = tx.acquire(run_id, holder="somebody", ttl_s=30)
        return held.epoch if held else None


@pytest.fixture
def heart(database_url: str) -> Iterator[Heart]:
    with bench(database_url) as made:
        store = Flaky(made.store.engine, made.hands)
        made.store = store
        built = Heart(made, store)
        yield built
        for keeper in built.keepers:
            keeper.leave()


def raising(error: Exception) -> Act:
    def act(run: Run, log: Recorder) -> Event:
        raise error

    return act


def test_a_run_goes_as_far_as_it_can_and_then_waits(heart: Heart) -> None:
    run = heart.bench.start(*TO_ACCEPTED)
    heart.steps["title"] = lambda run, log: Titled("Return 422")
    heart.steps["provision"] = lambda run, log: Provisioned(BASE, (), True, "full")
    heart.steps["code"] = lambda run, log: QuestionAsked(1, "agent", "Which status?", ("422", "400"))
    drive(run.id, heart.driving())
    assert heart.bench.run(run.id).state is RunState.needs_input
    assert heart.take(run.id) is not None
    with heart.store.writing() as tx:
        assert tx.due(woken_before=tx.now) == ()


@pytest.mark.parametrize(
    ("error", "counted"),
    [(Retryable("git is down", code="GIT-001"), 1), (Rejected("no such commit", code="GIT-009"), 3)],
)
def test_the_world_failing_inside_a_step_is_a_broken_step_and_no_bug(
    heart: Heart, error: Exception, counted: int
) -> None:
    run = heart.bench.start(*TO_CODING)
    heart.steps["code"] = raising(error)
    drive(run.id, heart.driving())
    assert heart.failures(run.id) == [(error.args[0] and getattr(error, "code", ""), counted)]


def test_sql_going_away_in_the_middle_of_a_step_is_no_failure_of_the_run(heart: Heart) -> None:
    run = heart.bench.start(*TO_CODING)

    def act(run: Run, log: Recorder) -> Event:
        heart.store.down = 2  # the record, and the release of the lease
        return GIVEN_UP

    heart.steps["code"] = act
    drive(run.id, heart.driving())
    assert heart.bench.run(run.id).state is RunState.coding
    epoch = until(lambda: heart.take(run.id), what="the lease to be let go")
    assert epoch == 2 and heart.failures(run.id) == []


def test_a_stop_is_noticed_with_the_next_stored_turn_at_the_latest(heart: Heart) -> None:
    run = heart.bench.start(*TO_CODING)
    seen: list[bool] = []

    def act(run: Run, log: Recorder) -> Event:
        heart.bench.tell(run.id, StopRequested(BEN))
        log.record(TurnTaken("worker", 2, (), 0.1))
        seen.append(log.cancelled())
        return GIVEN_UP

    heart.steps["code"] = act
    drive(run.id, heart.driving())
    assert seen == [True]


def test_a_stop_and_a_quick_retry_do_not_let_the_old_attempts_work_into_the_new_one(heart: Heart) -> None:
    run = heart.bench.start(*TO_CODING)
    attempts: list[int] = []

    def code(run: Run, log: Recorder) -> Event:
        attempts.append(run.attempt)
        if run.attempt == 1:
            heart.bench.tell(run.id, StopRequested(BEN), RetryRequested(BEN))
            return submitted()
        return GIVEN_UP

    heart.steps["code"] = code
    heart.steps["provision"] = lambda run, log: Provisioned(BASE, (), True, "full")
    drive(run.id, heart.driving())
    assert attempts == [1, 2]
    assert not any(isinstance(e, Submitted) for e in heart.bench.events(run.id))


def test_a_step_that_breaks_after_a_quick_retry_is_not_held_against_the_new_attempt(heart: Heart) -> None:
    run = heart.bench.start(*TO_CODING)

    def code(run: Run, log: Recorder) -> Event:
        if run.attempt == 2:
            return GIVEN_UP
        heart.bench.tell(run.id, StopRequested(BEN), RetryRequested(BEN))
        raise StepBroken(FailureClass.sandbox, "SBX-007", "It broke.")

    heart.steps["code"] = code
    heart.steps["provision"] = lambda run, log: Provisioned(BASE, (), True, "full")
    drive(run.id, heart.driving())
    assert heart.failures(run.id) == []


def test_three_lost_workers_in_a_row_end_the_run_and_progress_between_them_does_not(heart: Heart) -> None:
    run = heart.bench.start(*TO_CODING)
    heart.steps["code"] = raising(LeaseLost(run.id))
    for lost in range(3):
        assert heart.take(run.id) is not None
        heart.bench.hands.move(31)
        drive(run.id, heart.driving())
        if lost == 0:
            heart.bench.tell(run.id, TurnTaken("worker", 2, (), 0.1))
    assert heart.failures(run.id) == [("SYS-003", 1), ("SYS-003", 1), ("SYS-003", 2)]
    assert heart.bench.run(run.id).state is RunState.coding


def test_a_driver_that_died_while_the_run_only_waited_counts_for_nothing(heart: Heart) -> None:
    run = heart.bench.start(QuestionAsked(1, "repo", "Which?", ("acme/api", "acme/web")))
    for _ in range(4):
        assert heart.take(run.id) is not None
        heart.bench.hands.move(31)
        drive(run.id, heart.driving())
    assert heart.failures(run.id) == []
    assert heart.bench.run(run.id).state is RunState.needs_input


def test_a_bug_is_counted_and_given_up_and_one_in_an_ended_run_blocks_no_retry(heart: Heart) -> None:
    run = heart.bench.start(*TO_CODING)
    driving = heart.driving()
    for _ in range(3):
        note_bug(run.id, ZeroDivisionError(), driving)
    drive(run.id, driving)
    assert heart.failures(run.id) == [("SYS-002", 1), ("SYS-002", 2), ("SYS-002", 3)]
    assert heart.bench.run(run.id).state is RunState.failed
    note_bug(run.id, ZeroDivisionError(), driving)
    assert heart.take(run.id) is not None


def test_a_bug_in_a_run_with_newer_events_is_left_to_the_newer_worker(heart: Heart) -> None:
    run = heart.bench.start(*TO_CODING)
    tell_from_the_future(heart.store.engine, run.id)
    note_bug(run.id, ZeroDivisionError(), heart.driving())
    assert heart.take(run.id) is not None, "and keeps no lease on it"


def test_a_heartbeat_that_comes_after_the_release_does_not_lock_the_run(heart: Heart) -> None:
    run = heart.bench.start(*TO_CODING)
    epoch = heart.take(run.id)
    assert epoch is not None
    with heart.store.writing() as tx:
        tx.release(run.id, epoch=epoch)
        assert not tx.extend(run.id, epoch=epoch, ttl_s=30)
    assert heart.take(run.id) == epoch + 1


def test_a_dead_workers_lease_from_before_the_clock_was_set_back_locks_nothing(heart: Heart) -> None:
    heart.bench.hands.move(7200)
    run = heart.bench.start(*TO_CODING)
    assert heart.take(run.id) is not None
    heart.bench.hands.move(-7200)
    with heart.store.writing() as tx:
        assert tx.due(woken_before=tx.now) == (run.id,)
    assert heart.take(run.id) is not None


def test_a_worker_woken_after_a_long_sleep_cannot_decide_over_its_successor(heart: Heart) -> None:
    run = heart.bench.start(*TO_CODING)
    asleep, awake = threading.Event(), threading.Event()

    def sleepy(run: Run, log: Recorder) -> Event:
        asleep.set()
        awake.wait(10)
        return submitted()

    heart.steps["code"] = sleepy
    first = threading.Thread(target=drive, args=(run.id, heart.driving()))
    first.start()
    assert asleep.wait(10)
    heart.bench.hands.move(31)
    heart.steps["code"] = lambda run, log: GIVEN_UP
    drive(run.id, heart.driving())
    awake.set()
    first.join(10)
    assert heart.bench.run(run.id).state is RunState.failed
    assert not any(isinstance(e, Submitted) for e in heart.bench.events(run.id))


def test_a_leaving_worker_lets_go_at_once_and_the_run_is_due_for_another(heart: Heart) -> None:
    run = heart.bench.start(*TO_CODING)
    driving, begun = heart.driving(), threading.Event()

    def act(run: Run, log: Recorder) -> Event:
        begun.set()
        until(lambda: log.cancelled() or None)
        raise StepBroken(FailureClass.sandbox, "SBX-008", "The sandbox was closed.")

    heart.steps["code"] = act
    thread = threading.Thread(target=drive, args=(run.id, driving))
    thread.start()
    assert begun.wait(10)
    driving.keeper.leave()
    thread.join(5)
    assert heart.failures(run.id) == [] and heart.take(run.id) == 2
    heart.bench.hands.move(31)
    with heart.store.writing() as tx:
        assert tx.due(woken_before=tx.now) == (run.id,)


def test_work_for_another_queue_is_handed_on(heart: Heart) -> None:
    run = heart.bench.start(*TO_CODING)
    drive(run.id, heart.driving(queues=frozenset({"control"})))
    assert heart.bench.bell.rung == [run.id] and heart.take(run.id) == 2


def test_a_database_that_may_only_be_read_is_down_for_writers(heart: Heart) -> None:
    if heart.store.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no such mode that a test can set from outside")
    name = heart.store.engine.url.database
    with heart.store.engine.connect() as connection:
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        connection.commit()
    heart.store.engine.dispose()
    with pytest.raises(StoreDown):
        heart.bench.start()
