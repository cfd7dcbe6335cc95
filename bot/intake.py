"""The only door in: one SQL transaction per arrival, then the driver is woken. Nothing here waits for anything but SQL."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot import commands
from bot.inbound import (
    ApprovalWithdrawn,
    ChecksMoved,
    HostPress,
    HostSpeech,
    Inbound,
    PagePress,
    Press,
    PullRequestChanged,
    Reacted,
    SessionStopped,
    Speech,
)
from bot.replies import Reply
from bot.routed import Fact, Ignored, Known, NewRun, Routed
from bot.routing import needs_nothing, route
from tasks.domain.decisions import Noted
from tasks.domain.run import Run
from tasks.settings import Settings
from tasks.store.errors import StoreDown
from tasks.store.store import Store, Tx

log = structlog.get_logger(__name__)

QUEUE_DOWN = (
    "Accepted. My workers cannot be reached right now; the work starts by itself when they are back. "
    "The clock is running."
)


class Wakes(Protocol):
    """What wakes a driver: False when the broker cannot be reached (tasks.queue.Waker)."""

    def wake(self, run_id: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one arrival. `outcome` is "new", "fact", "ignored" or "seen" (a repeated delivery)."""

    outcome: str
    reason: str = ""
    run_ids: tuple[str, ...] = ()
    reply: Reply | None = None


class Intake:
    """Turns verified arrivals into stored events. Safe for threads; `close` lets pending wake-ups finish."""

    def __init__(self, store: Store, waker: Wakes, settings: Settings) -> None:
        self._store = store
        self._waker = waker
        self._policy = settings.policy()
        self._sla_s = settings.limits.sla_s
        self._wakeups = ThreadPoolExecutor(max_workers=4, thread_name_prefix="wake")

    def take(self, inbound: Inbound) -> Taken:
        """Stores what an arrival means. Raises StoreDown where SQL does not answer: nothing was accepted then."""
        dropped = needs_nothing(inbound) or self._idle_chatter(inbound)
        if dropped:
            return Taken("ignored", dropped.reason)
        with self._store.writing() as tx:
            fresh = tx.new_delivery(
                inbound.delivery.source, inbound.delivery.id, semantic_key=inbound.delivery.semantic_key
            )
            if not fresh:
                return Taken("seen")
            taken = _carry_out(tx, route(inbound, self._known(tx, inbound)))
            rings = tuple(filter(tx.ring, taken.run_ids))
        log.info("taken", outcome=taken.outcome, reason=taken.reason, runs=taken.run_ids)
        for run_id in rings:
            self._wakeups.submit(self._wake, run_id)
        return taken

    def close(self) -> None:
        self._wakeups.shutdown(wait=True)

    def _wake(self, run_id: str) -> None:
        """Off the answer's path: where the broker is away, the card says so and the sweep starts the run later."""
        if self._waker.wake(run_id):
            return
        log.warning("broker down", run=run_id)
        try:
            with self._store.writing() as tx:
                run = tx.load(run_id)
                if run is not None and not any(note.code == "SYS-001" for note in run.notes):
                    tx.append(run_id, Noted("SYS-001", QUEUE_DOWN))
        except StoreDown:
            log.warning("could not note that the broker is down", run=run_id)

    def _idle_chatter(self, inbound: Inbound) -> Ignored | None:
        """People talking in channels we can read: nothing is written about it unless a run there asks something."""
        if not isinstance(inbound, Speech) or inbound.addressed:
            return None
        with self._store.reading() as tx:
            verdict = route(inbound, self._known(tx, inbound))
        return verdict if isinstance(verdict, Ignored) and verdict.reply is None else None

    def _known(self, tx: Tx, inbound: Inbound) -> Known:
        runs = _runs_about(tx, inbound)
        login = None
        if isinstance(inbound, Speech | Press | Reacted | SessionStopped):
            login = self._policy.login_of(inbound.by.account, inbound.by.id)
        return Known(runs, login is not None, tx.now, self._sla_s, login=login or "")


def _runs_about(tx: Tx, inbound: Inbound) -> tuple[Run, ...]:
    """The runs an arrival may be about, newest first."""
    match inbound:
        case Speech() | SessionStopped():
            place = inbound.thread
            runs = tx.runs_in_thread(place.team, place.channel, place.thread_ts)
            return _with_named(tx, inbound, runs)
        case Press(run_id=run_id, thread=place):
            if run_id:
                return _present(tx.load(run_id))
            return tx.runs_in_thread(place.team, place.channel, place.thread_ts)
        case PagePress(run_id=run_id) | HostPress(run_id=run_id):
            return _present(tx.load(run_id))
        case Reacted(message=message):
            return _present(tx.run_by_card(message.channel, message.ts))
        case ChecksMoved(head_oid=head_oid):
            return _present(tx.run_by_head(head_oid))
        case PullRequestChanged() | HostSpeech() | ApprovalWithdrawn():
            return _present(tx.run_by_pr(inbound.repo, inbound.number))


def _with_named(tx: Tx, inbound: Inbound, runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Adds the run that a command names outright, where it is not of this thread."""
    command = commands.parse(inbound.text) if isinstance(inbound, Speech) else None
    if command is None or command.run_id is None or any(run.id == command.run_id for run in runs):
        return runs
    return (*runs, *_present(tx.load(command.run_id)))


def _present(run: Run | None) -> tuple[Run, ...]:
    return (run,) if run is not None else ()


def _carry_out(tx: Tx, routed: Routed) -> Taken:
    match routed:
        case NewRun(request, title):
            return Taken("new", run_ids=(tx.start_run(request, title).id,))
        case Fact(run_ids, event, reply):
            for run_id in run_ids:
                tx.append(run_id, event)
            return Taken("fact", type(event).__name__, run_ids, reply)
        case Ignored(reason, reply):
            return Taken("ignored", reason, reply=reply)
