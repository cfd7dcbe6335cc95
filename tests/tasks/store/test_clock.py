"""A machine's clock that jumps: what is held by a living process is not taken for abandoned, and no promise runs out for it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from tasks.domain.lease_times import SETTLES_S
from tasks.settings import LimitSettings
from tasks.store.clock import FOLLOWED_AFTER_S, YOUNG_S, SteadyClock
from tasks.store.engine import open_engine
from tasks.store.store import Store
from tests.support.requests import NOON, a_request

HOUR_S, TTL_S = 3600.0, 30.0


class Machine:
    """A wall clock that can be set, and seconds that only ever pass."""

    def __init__(self) -> None:
        self.passed, self.wrong_s = 1000.0, 0.0

    def wall(self) -> datetime:
        return NOON + timedelta(seconds=self.passed + self.wrong_s)

    def seconds(self) -> float:
        return self.passed


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def clock(machine: Machine) -> SteadyClock:
    """That of a process which has run for a while."""
    grown = SteadyClock(machine.wall, machine.seconds)
    wait(machine, grown, YOUNG_S + 1)
    return grown


@pytest.fixture
def store(database_url: str, clock: SteadyClock) -> Iterator[Store]:
    engine = open_engine(database_url)
    yield Store(engine, clock)
    engine.dispose()


def wait(machine: Machine, clock: SteadyClock, seconds: float) -> None:
    """Somebody looks at the clock every second, as the loops of our processes do."""
    for _ in range(int(seconds)):
        machine.passed += 1
        clock()


@pytest.mark.parametrize("wrong_s", [HOUR_S, -HOUR_S])
def test_a_jump_that_is_set_right_again_never_happened(
    machine: Machine, clock: SteadyClock, wrong_s: float
) -> None:
    machine.wrong_s = wrong_s
    wait(machine, clock, FOLLOWED_AFTER_S - 5)
    assert clock() == NOON + timedelta(seconds=machine.passed)
    machine.wrong_s = 0
    wait(machine, clock, FOLLOWED_AFTER_S + 5)
    assert clock() == NOON + timedelta(seconds=machine.passed) and clock.read().settled


def test_a_jump_that_stays_is_followed_after_a_minute_and_settles(
    machine: Machine, clock: SteadyClock
) -> None:
    machine.wrong_s = HOUR_S
    wait(machine, clock, FOLLOWED_AFTER_S + 2)
    assert clock() == machine.wall() and not clock.read().settled
    wait(machine, clock, SETTLES_S + 1)
    assert clock() == machine.wall() and clock.read().settled


def test_every_new_jump_is_waited_for_anew(machine: Machine, clock: SteadyClock) -> None:
    for hours in range(1, 5):
        machine.wrong_s = hours * HOUR_S
        wait(machine, clock, FOLLOWED_AFTER_S / 2)
    assert clock() == NOON + timedelta(seconds=machine.passed)


def test_a_clock_that_is_set_right_by_little_is_followed_at_once(
    machine: Machine, clock: SteadyClock
) -> None:
    for _ in range(10):
        machine.wrong_s += 1.5
        assert clock() == machine.wall() and clock.read().settled


def test_an_hour_forward_takes_no_lease_from_whoever_keeps_it(
    store: Store, machine: Machine, clock: SteadyClock
) -> None:
    with store.writing() as tx:
        run_id = tx.start_run(a_request(), "x").id
        held = tx.acquire(run_id, holder="one", ttl_s=TTL_S)
    assert held is not None
    machine.wrong_s = HOUR_S
    for second in range(int(FOLLOWED_AFTER_S + SETTLES_S + 2 * TTL_S)):
        machine.passed += 1
        with store.writing() as tx:
            assert tx.acquire(run_id, holder="another", ttl_s=TTL_S) is None
            assert run_id in tx.epochs_held()
            if second % 10 == 9:
                assert tx.extend(run_id, epoch=held.epoch, ttl_s=TTL_S)
    assert clock() == machine.wall()


def test_an_hour_forward_frees_what_a_dead_one_held_once_the_clock_has_settled(
    store: Store, machine: Machine, clock: SteadyClock
) -> None:
    with store.writing() as tx:
        run_id = tx.start_run(a_request(), "x").id
        tx.acquire(run_id, holder="one", ttl_s=HOUR_S / 60)
    machine.wrong_s = HOUR_S
    wait(machine, clock, FOLLOWED_AFTER_S + SETTLES_S + 2)
    with store.writing() as tx:
        taken = tx.acquire(run_id, holder="another", ttl_s=TTL_S)
    assert taken is not None and taken.abandoned


def test_an_hour_forward_takes_no_write_from_whoever_is_at_it(
    store: Store, machine: Machine, clock: SteadyClock
) -> None:
    with store.writing() as tx:
        tx.start_run(a_request(), "x")
    with store.writing() as tx:
        intent = tx.claim(claim_id="one", ttl_s=TTL_S)
    assert intent is not None
    machine.wrong_s = HOUR_S
    claimed: set[int] = set()
    for second in range(int(FOLLOWED_AFTER_S + SETTLES_S + 2 * TTL_S)):
        machine.passed += 1
        with store.writing() as tx:
            other = tx.claim(claim_id=f"two-{second}", ttl_s=HOUR_S)
            claimed |= {other.id} if other else set()
            if second % 10 == 9:
                tx.extend_claims(("one",), ttl_s=TTL_S)
    assert claimed and intent.id not in claimed


# --- a process that begins while the clock is wrong -----------------------------------------------------------------------


class Newcomer:
    """A process that begins now, on a clock that is an hour ahead of what the others still go by."""

    def __init__(self, store: Store, machine: Machine) -> None:
        machine.wrong_s = HOUR_S
        self.store = Store(store.engine, SteadyClock(machine.wall, machine.seconds))

    def looks(self) -> None:
        with self.store.reading() as tx:
            tx.look_at_leases()

    def takes(self, run_id: str) -> bool:
        with self.store.writing() as tx:
            return tx.acquire(run_id, holder="newcomer", ttl_s=TTL_S) is not None

    def claims(self, number: int) -> int:
        with self.store.writing() as tx:
            found = tx.claim(claim_id=f"new-{number}", ttl_s=TTL_S)
        return found.id if found else 0


def leased(store: Store) -> tuple[str, int]:
    """A run that somebody works on, and the epoch."""
    with store.writing() as tx:
        run_id = tx.start_run(a_request(), "x").id
        held = tx.acquire(run_id, holder="one", ttl_s=TTL_S)
    assert held is not None
    return run_id, held.epoch


def test_a_newcomer_whose_clock_is_ahead_takes_nothing_from_the_living(
    store: Store, machine: Machine
) -> None:
    run_id, epoch = leased(store)
    with store.writing() as tx:
        intent = tx.claim(claim_id="one", ttl_s=TTL_S)
    assert intent is not None
    late = Newcomer(store, machine)
    claimed = set()
    for second in range(int(YOUNG_S + 2 * TTL_S)):
        machine.passed += 1
        late.looks()
        assert not late.takes(run_id), f"after {second} s"
        claimed.add(late.claims(second))
        if second % 10 == 9:
            with store.writing() as tx:
                assert tx.extend(run_id, epoch=epoch, ttl_s=TTL_S)
                tx.extend_claims(("one",), ttl_s=TTL_S)
    assert intent.id not in claimed and len(claimed) > 1


def test_a_newcomer_takes_what_the_dead_left_once_nobody_has_gone_on_with_it(
    store: Store, machine: Machine
) -> None:
    run_id, _ = leased(store)
    with store.writing() as tx:
        intent = tx.claim(claim_id="one", ttl_s=TTL_S)
    assert intent is not None
    late = Newcomer(store, machine)
    late.looks()
    first = {late.claims(n) for n in range(9)}
    machine.passed += TTL_S - 1
    assert not late.takes(run_id) and intent.id not in first | {late.claims(10)}
    machine.passed += 1
    assert late.takes(run_id) and late.claims(11) == intent.id


def test_what_was_let_go_is_free_for_a_newcomer_at_once(store: Store, machine: Machine) -> None:
    run_id, epoch = leased(store)
    with store.writing() as tx:
        tx.release(run_id, epoch=epoch)
    assert Newcomer(store, machine).takes(run_id)


@pytest.mark.parametrize(
    ("lease_s", "heartbeat_s", "wrong"),
    [
        (30, 10, ""),
        (60, 15, ""),
        (3, 1, ""),
        (61, 10, "at most 60"),
        (0, 1, "above 0"),
        (60, 16, "at most 15"),
        (10, 6, "at most 5"),
        (30, 0, "above 0"),
    ],
)
def test_leases_that_their_holders_could_not_extend_in_time_are_no_settings(
    lease_s: float, heartbeat_s: float, wrong: str
) -> None:
    if not wrong:
        assert LimitSettings(lease_s=lease_s, heartbeat_s=heartbeat_s).lease_s == lease_s
        return
    with pytest.raises(ValidationError) as refused:
        LimitSettings(lease_s=lease_s, heartbeat_s=heartbeat_s)
    assert wrong in str(refused.value) and "limits." in str(refused.value)
