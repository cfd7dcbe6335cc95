"""The heart: lease → load → next_step → one step → append → wake. The same for every run, on every queue."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from integrations.errors import Cancelled, IntegrationError, Rejected
from integrations.types.model import Message
from tasks import failpoints
from tasks.domain.decisions import FailureClass, StepFailed
from tasks.domain.events import Event
from tasks.domain.next_step import Decide, Do, Wait, next_step
from tasks.domain.policy import Policy
from tasks.domain.run import ENDED, Run, RunState
from tasks.keeper import Hold, LeaseKeeper
from tasks.queue import Doorbell
from tasks.steps.ports import Recorder, StepBroken, StepPorts
from tasks.steps.run.journal import broken as broken_by
from tasks.store import channels
from tasks.store.codec import UnknownEvent
from tasks.store.errors import LeaseLost, StoreDown
from tasks.store.store import Store, Tx
from tasks.store.trajectories import StoredTurn

log = structlog.get_logger(__name__)
StepFunction = Callable[..., Event]
MAX_BACKOFF_S = 60.0


@dataclass(frozen=True, slots=True)
class StepEntry:
    """A step: which queue may run it, and the function `(run, *, ports, log) → event`."""

    queue: str
    run: StepFunction


@dataclass(frozen=True, slots=True)
class Driving:
    """Everything a driver needs; built once per process by wiring."""

    store: Store
    doorbell: Doorbell
    keeper: LeaseKeeper
    policy: Policy
    steps: Mapping[str, StepEntry]
    ports: StepPorts | None
    queues: frozenset[str]
    holder: str
    lease_s: float
    retry_base_s: float


def drive(run_id: str, driving: Driving) -> None:
    """Takes a run as far as it goes from here. Does nothing when somebody else holds it or nothing is due.

    When SQL goes away meanwhile, nothing was stored and nothing is counted: the sweep rings again once it is back.
    A run with an event of a newer version is let go as it is, in the middle of a step too: a newer worker takes it up.
    """
    try:
        _drive(run_id, driving)
    except StoreDown as down:
        log.warning("driver_cannot_reach_sql", run=run_id, error=str(down))


def _drive(run_id: str, driving: Driving) -> None:
    if driving.keeper.leaving:
        return
    with driving.store.writing() as tx:
        lease = tx.acquire(run_id, holder=driving.holder, ttl_s=driving.lease_s)
    if lease is None:
        return
    failpoints.reached("lease.taken")
    hold = driving.keeper.hold(run_id, lease.epoch)
    handed_to = None
    try:
        if lease.abandoned:
            _note_lost_worker(run_id, lease.epoch, driving)
            _clear_up(run_id, driving)
        handed_to = _advance(hold, driving)
    except LeaseLost:
        log.info("lease_lost", run=run_id, epoch=lease.epoch)
    except UnknownEvent as newer:
        log.info("left_to_a_newer_worker", run=run_id, newer=str(newer))
    finally:
        driving.keeper.drop(hold)
        if hold.lost:
            log.info("lease_lost", run=run_id, epoch=lease.epoch)
        else:
            _let_go(hold, driving, handed_to)


def _let_go(hold: Hold, driving: Driving, handed_to: str | None) -> None:
    try:
        with driving.store.writing() as tx:
            tx.release(hold.run_id, epoch=hold.epoch)
            if handed_to:
                tx.mark_woken((hold.run_id,))
    except StoreDown:
        driving.keeper.release_later(hold)
        raise
    failpoints.reached("lease.released")
    if handed_to:
        driving.doorbell.wake(hold.run_id, handed_to)


def _advance(hold: Hold, driving: Driving) -> str | None:
    """Steps until there is nothing to do here; returns the queue that must go on, if it is not one of ours."""
    while not driving.keeper.leaving and not hold.lost:
        with driving.store.writing() as tx:
            run = tx.load(hold.run_id)
            assert run is not None
            step = next_step(run, _policy(tx, run, driving.policy), tx.now)
            if isinstance(step, Decide):
                tx.append(run.id, step.event, epoch=hold.epoch)
                continue
            if not isinstance(step, Do):
                until = step.until if isinstance(step, Wait) else None
                if tx.defer(run.id, seen_seq=run.seq, until=until):
                    tx.release(
                        run.id, epoch=hold.epoch
                    )  # with the same commit: who is rung for next finds it free
                    return None
                continue
        entry = driving.steps[step.step]
        if entry.queue not in driving.queues:
            return entry.queue
        _do(step.step, entry, run, hold, driving)
    return None


def _policy(tx: Tx, run: Run, policy: Policy) -> Policy:
    """Who else is asked stands with the channel, and only a run that waits for an answer needs to know."""
    place = run.request.chat
    if place is None or run.state is not RunState.needs_input:
        return policy
    return replace(policy, owner=channels.settings_of(tx.conn, place.thread.team, place.thread.channel).owner)


def _do(name: str, entry: StepEntry, run: Run, hold: Hold, driving: Driving) -> None:
    recorder = StepRecorder(driving.store, hold, driving.keeper, attempt=run.attempt)
    try:
        event = entry.run(run, ports=driving.ports, log=recorder)
        recorder.record(event)
    except Cancelled:
        log.info("step_given_up", run=run.id, step=name)
    except (StepBroken, IntegrationError) as error:
        if hold.over.is_set():
            return
        why = (
            error
            if isinstance(error, StepBroken)
            else broken_by(error, permanent=isinstance(error, Rejected))
        )
        _note_broken_step(name, why, run, hold, driving)


def _note_broken_step(name: str, why: StepBroken, run: Run, hold: Hold, driving: Driving) -> None:
    with driving.store.writing() as tx:
        latest = tx.load(run.id)
        if latest is not None and latest.attempt == run.attempt:
            tx.append(run.id, broken_step(name, why, latest, driving), epoch=hold.epoch)


def broken_step(name: str, broken: StepBroken, run: Run, driving: Driving) -> StepFailed:
    """A step's failure as an event: how often in a row, and when it is tried again."""
    before = run.step_failure
    in_a_row = before.attempt + 1 if before and before.step == name else 1
    if broken.permanent:
        in_a_row = max(in_a_row, driving.policy.attempts_for(broken.failure))
    pause = min(driving.retry_base_s * 2 ** (in_a_row - 1), MAX_BACKOFF_S)
    if broken.retry_after_s is not None:
        pause = max(pause, min(broken.retry_after_s, 10 * MAX_BACKOFF_S))
    due = driving.store.clock() + timedelta(seconds=pause)
    return StepFailed(name, broken.failure, broken.code, broken.message, in_a_row, due)


def note_bug(run_id: str, error: BaseException, driving: Driving) -> None:
    """One of our own bugs, as an event under a fresh lease: the run is tried again and, in the end, escalated.

    A run with events of a newer version is left to a newer worker, bug and all.
    """
    try:
        _note_bug(run_id, error, driving)
    except UnknownEvent as newer:
        log.info("left_to_a_newer_worker", run=run_id, newer=str(newer))


def _note_bug(run_id: str, error: BaseException, driving: Driving) -> None:
    with driving.store.writing() as tx:
        run = tx.load(run_id)
        if run is None or run.state in ENDED:
            return
        lease = tx.acquire(run_id, holder=driving.holder, ttl_s=driving.lease_s)
        if lease is None:
            return
        broken = StepBroken(FailureClass.internal, "SYS-002", f"Sortie hit a bug ({type(error).__name__}).")
        tx.append(run_id, broken_step("drive", broken, run, driving), epoch=lease.epoch)
        tx.release(run_id, epoch=lease.epoch)


def _note_lost_worker(run_id: str, epoch: int, driving: Driving) -> None:
    """A driver that died while the run only waited took no work with it: that is no failure of the run."""
    with driving.store.writing() as tx:
        run = tx.load(run_id)
        if run is None or not isinstance(next_step(run, driving.policy, tx.now), Do):
            return
        lost = StepBroken(
            FailureClass.worker_lost, "SYS-003", "The worker of this run was lost.", retry_after_s=0.0
        )
        failed = broken_step("drive", lost, run, driving)
        at_once = StepFailed(failed.step, failed.failure, failed.code, failed.message, failed.attempt, tx.now)
        tx.append(run_id, at_once, epoch=epoch)


def _clear_up(run_id: str, driving: Driving) -> None:
    """Gates and lenses discard their checkouts themselves, unless they die."""
    if driving.ports is None:
        return
    try:
        left = driving.ports.workspaces.discard_checkouts(run_id)
    except OSError as error:
        log.warning("checkouts_left_behind", run=run_id, error=str(error))
    else:
        log.info("checkouts_cleared", run=run_id, count=left)


class StepRecorder(Recorder):
    """The recorder of one step of one attempt: every append under this lease's epoch, safe for several threads."""

    def __init__(self, store: Store, hold: Hold, keeper: LeaseKeeper, *, attempt: int) -> None:
        self._store, self._hold, self._keeper, self._attempt = store, hold, keeper, attempt

    @property
    def epoch(self) -> int:
        return self._hold.epoch

    def record(self, event: Event, *, turn: StoredTurn | None = None) -> Run:
        """Also the moment a stop is noticed at the latest. Raises Cancelled when another attempt has begun."""
        failpoints.reached("record")
        with self._store.writing() as tx:
            before = tx.load(self._hold.run_id)
            if before is not None and before.attempt != self._attempt:
                raise Cancelled("Another attempt of this run has begun.")
            run = tx.append(self._hold.run_id, event, epoch=self._hold.epoch)
            if turn is not None:
                tx.save_turn(run.id, turn)
        if run.state in ENDED:
            self._hold.over.set()
        return run

    def conversation(self, key: str) -> tuple[Message, ...]:
        with self._store.reading() as tx:
            return tx.conversation(self._hold.run_id, key)

    def cancelled(self) -> bool:
        return self._hold.over.is_set() or self._keeper.leaving

    def now(self) -> datetime:
        return self._store.clock()
