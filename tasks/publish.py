"""The only writer to the world: claims intents, carries them out, records what came of it. Polls SQL, needs no broker."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from uuid import uuid4

import structlog

from integrations.errors import Cancelled, IntegrationError, RateLimited, Rejected, Retryable, Unknown
from tasks import failpoints
from tasks.claims import ClaimKeeper
from tasks.commits import Commits
from tasks.desk import Desk
from tasks.domain.channel import USUAL, ChannelSettings
from tasks.domain.effects import reaction_of
from tasks.domain.events import Event
from tasks.domain.results import EffectFailed
from tasks.domain.run import Run, RunState
from tasks.effects.boards import board, offer
from tasks.effects.chat import CHAT_EFFECTS, UNREPEATABLE
from tasks.effects.direct import direct_instead
from tasks.effects.homes import home
from tasks.effects.host import AFTER_ALL, CODES, ESSENTIAL, HOST_EFFECTS, wanted
from tasks.effects.notices import NOTICES as TOLD
from tasks.effects.notices import Telling
from tasks.effects.ports import Moment, NoticeFunction, OutsidePorts, Settled
from tasks.effects.reads import read
from tasks.folds import Folds
from tasks.pace import Pace
from tasks.queue import Doorbell
from tasks.store.channels import settings_of
from tasks.store.codec import UnknownEvent
from tasks.store.errors import StoreDown
from tasks.store.outbox import DONE, DROPPED, FAILED, UNKNOWN, Intent
from tasks.store.store import Store, Tx

log = structlog.get_logger(__name__)
EFFECTS = {**CHAT_EFFECTS, **HOST_EFFECTS}


def _told(telling: Telling) -> NoticeFunction:
    """Of what is only said nothing is stored."""

    def told(intent: Intent, ports: OutsidePorts, store: Store) -> None:
        telling(intent, ports, store.clock())

    return told


NOTICES: dict[str, NoticeFunction] = {
    **{kind: _told(telling) for kind, telling in TOLD.items()},
    "chat.read": read,
    "chat.offer": offer,
    "chat.board": board,
    "chat.home": home,
}
"""Writes that belong to no run."""
DESKS = ("chat.", "host.")
POLL_S = 0.2
GATHER_S = 0.005
"""So long the others that get free in the same moment are waited for: one transaction then claims for them all."""
CLAIM_S = 30.0
GIVE_UP_AFTER_S = 15 * 60.0
RATE_LIMIT_S = 2 * 60 * 60.0
MAX_BACKOFF_S = 60.0
TRIES = 5
"""An intent is given up only after so many tries, however old it is: it may have waited for a publisher, not for a vendor."""


def _claims() -> Iterator[str]:
    """Names that no other publisher, and none before or after, gives to a claim."""
    ours = uuid4().hex
    return (f"publisher-{ours}-{number}" for number in count(1))


@dataclass(frozen=True, slots=True)
class Publisher:
    """One publisher of a process; several processes may run at once, a claim belongs to one of them."""

    store: Store
    ports: OutsidePorts
    doorbell: Doorbell
    hands: int = 8
    claim_s: float = CLAIM_S
    folds: Folds = field(default_factory=Folds)
    claims: Iterator[str] = field(default_factory=_claims)
    pace: Pace = field(default_factory=Pace)
    commits: Commits = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "commits", Commits(self.store))

    def run(self, closing: threading.Event) -> None:
        """Works until `closing` is set; a write in flight is finished first."""
        over, keeper = threading.Event(), ClaimKeeper(self.store, ttl_s=self.claim_s)
        keeping = threading.Thread(target=keeper.run, args=(over,), name="claims", daemon=True)
        keeping.start()
        stirred = threading.Event()
        desks = [Desk(prefix, self.hands, stirred) for prefix in DESKS]
        try:
            with ThreadPoolExecutor(self.hands * len(desks), thread_name_prefix="publish") as pool:
                while not closing.is_set():
                    stirred.clear()
                    for desk, intent in self.claimed(desks):
                        desk.take()
                        keeper.add(intent.claim)
                        pool.submit(self._carry_out, intent, partial(_done, desk, keeper, intent))
                    if stirred.wait(POLL_S):
                        closing.wait(GATHER_S)
        finally:
            over.set()
            keeping.join(POLL_S)
            self.commits.close()

    def claimed(self, desks: list[Desk]) -> list[tuple[Desk, Intent]]:
        """As many due intents as each desk has free hands.

        In a transaction of its own: together with settlements it would lock outbox and streams in the order in which
        a worker locks them the other way round.
        """
        free = [(desk, tuple(next(self.claims) for _ in range(desk.free))) for desk in desks]

        try:
            with self.store.writing() as tx:
                return [
                    (desk, intent)
                    for desk, claims in free
                    if claims
                    for intent in self._timely(tx, desk, claims)
                ]
        except StoreDown as down:
            log.warning("publisher_cannot_reach_sql", error=str(down))
            return []

    def _timely(self, tx: Tx, desk: Desk, claims: tuple[str, ...]) -> list[Intent]:
        """What may go out now; what it is too early for is given back, and the next in order takes its place."""
        timely: list[Intent] = []
        while claims:
            claimed = tx.claim_all(claims, ttl_s=self.claim_s, prefix=desk.prefix)
            early = [(intent, until) for intent in claimed if (until := self.pace.held_until(tx, intent))]
            for intent, until in early:
                tx.hold_back(intent, until=until)
            held = {intent.id for intent, _ in early}
            timely += [intent for intent in claimed if intent.id not in held]
            claims = tuple(intent.claim for intent, _ in early)
        return timely

    def _carry_out(self, intent: Intent, done: Callable[[], object]) -> None:
        try:
            self.publish(intent)
        except StoreDown as down:
            log.warning("result_not_stored", intent=intent.id, error=str(down))
        except UnknownEvent as newer:
            log.warning("left_to_a_newer_publisher", intent=intent.id, error=str(newer))
        except Exception:  # the publisher's boundary: one bad intent must not end the loop
            log.exception("publish_bug", intent=intent.id, kind=intent.effect.kind)
            self._broke(intent)
        finally:
            done()

    def publish(self, intent: Intent) -> None:
        """Carries out one claimed intent and records its result. Raises StoreDown when SQL went away meanwhile."""
        if not intent.run_id:
            self._notify(intent)
            return
        moment = self._moment(intent)
        kind = intent.effect.kind
        act, state = EFFECTS.get(kind), DONE
        if not wanted(kind, moment.then, moment.run):
            act, state = (AFTER_ALL.get(kind) if intent.doubtful else None), DROPPED
        try:
            failpoints.reached("effect", kind, "before")
            result = act(moment, self.ports) if act else None
            failpoints.reached("effect", kind, "after")
        except Cancelled as unwanted:
            self._finish(intent, DROPPED, unwanted.message)
        except (Retryable, Unknown, Rejected) as failed:
            self._failed(intent, moment.then, failed)
        else:
            self._finish(intent, state, "" if state == DONE else "the run went on without it", result)

    def _notify(self, intent: Intent) -> None:
        """What belongs to no run has no result that anybody waits for."""
        kind = intent.effect.kind
        try:
            failpoints.reached("effect", kind, "before")
            settled = NOTICES[kind](intent, self.ports, self.store)
            failpoints.reached("effect", kind, "after")
        except (Retryable, Unknown, Rejected) as failed:
            self._failed(intent, None, failed)
        else:
            self._settle_notice(intent, settled)

    def _settle_notice(self, intent: Intent, settled: Settled | None) -> None:
        """What follows from it happens in the transaction that says it is done: once, whoever carries it out again."""

        def ended(tx: Tx) -> tuple[str, ...]:
            return tx.ring_all(settled(tx)) if tx.settle(intent, state=DONE) and settled else ()

        rung = self.commits.do(ended)
        failpoints.reached("effect", intent.effect.kind, "recorded")
        for run_id in rung:
            self.doorbell.wake(run_id)

    def _failed(self, intent: Intent, then: Run | None, error: IntegrationError) -> None:
        match error:
            case Retryable():
                self._later(intent, then, error)
            case Unknown():
                self._doubt(intent, then, error)
            case _:
                self._refused(intent, then, error)

    def _moment(self, intent: Intent) -> Moment:
        with self.store.reading() as tx:
            states = self.folds.of(tx, intent.run_id)
            now = tx.now
        run, then = states[-1], states[intent.seq - 1]
        reactions = {reaction_of(state) for state in states}

        def insist() -> None:
            with self.store.reading() as tx:
                latest = tx.load(intent.run_id)
                ours = tx.holds(intent)
            if not ours or (latest and not wanted(intent.effect.kind, then, latest)):
                raise Cancelled("the run ended, or another publisher took over")

        def waiting_for(login: str) -> int:
            with self.store.reading() as tx:
                others = [r for r in tx.runs_in(RunState.ready) if r.id != run.id]
            return sum(not r.reviewer_left_out and r.login.lower() == login.lower() for r in others)

        def channel() -> ChannelSettings:
            place = run.request.chat
            if place is None:
                return USUAL
            with self.store.reading() as tx:
                return settings_of(tx.conn, place.thread.team, place.thread.channel)

        return Moment(intent, then, run, now, tuple(sorted(reactions)), insist, waiting_for, channel)

    def _finish(self, intent: Intent, state: str, error: str, result: Event | None = None) -> None:
        def ended(tx: Tx) -> bool:
            """Whether somebody must be rung for."""
            if tx.settle(intent, state=state, error=error) and result is not None:
                tx.append(intent.run_id, result)
                return tx.ring(intent.run_id)
            return False

        rings = self.commits.do(ended)
        failpoints.reached("effect", intent.effect.kind, "recorded")
        if rings:
            self.doorbell.wake(intent.run_id)

    def _later(self, intent: Intent, then: Run | None, error: Retryable) -> None:
        """Nothing was done. A rate limit that says when it ends is waited out, by all that would meet it."""
        patience = RATE_LIMIT_S if isinstance(error, RateLimited) else GIVE_UP_AFTER_S
        wish = error.retry_after_s
        if isinstance(error, RateLimited):
            self._heed(error)
        pause = wish if wish is not None else min(2.0**intent.attempts / 2, MAX_BACKOFF_S)
        self._again(intent, then, error, patience_s=patience, pause_s=pause)

    def _heed(self, error: RateLimited) -> None:
        with self.store.reading() as tx:
            self.pace.complained(error.what, now=tx.now, retry_after_s=error.retry_after_s or 1.0)

    def _doubt(self, intent: Intent, then: Run | None, error: Unknown) -> None:
        """It may have happened: the next try looks first, so there may be as many as for any other."""
        pause = min(2.0 ** (intent.attempts - 1), MAX_BACKOFF_S)
        self._again(intent, then, error, patience_s=GIVE_UP_AFTER_S, pause_s=pause)

    def _again(
        self, intent: Intent, then: Run | None, error: IntegrationError, *, patience_s: float, pause_s: float
    ) -> None:
        unknown = isinstance(error, Unknown)
        with self.store.writing() as tx:
            age = (tx.now - intent.created_at).total_seconds()
            over = age > patience_s and intent.attempts >= TRIES
            given_up = over or (unknown and intent.effect.kind in UNREPEATABLE)
            rings = given_up and self._give_up(tx, intent, then, error)
            if not given_up:
                due = tx.now + timedelta(seconds=min(pause_s, GIVE_UP_AFTER_S))
                doubtful = unknown or intent.doubtful
                tx.postpone(intent, due_at=due, error="unknown" if doubtful else error.message)
        if rings:
            self.doorbell.wake(intent.run_id)
        log.info("effect_postponed", intent=intent.id, kind=intent.effect.kind, error=error.message)

    def _refused(self, intent: Intent, then: Run | None, error: IntegrationError) -> None:
        with self.store.writing() as tx:
            rings = self._give_up(tx, intent, then, error)
        if rings:
            self.doorbell.wake(intent.run_id)

    def _give_up(self, tx: Tx, intent: Intent, then: Run | None, error: IntegrationError) -> bool:
        """Whether somebody must be rung for. Nobody waits for what belongs to no run (`then` None)."""
        kind, unknown = intent.effect.kind, isinstance(error, Unknown)
        log.warning("effect_failed", intent=intent.id, kind=kind, error=error.message, unknown=unknown)
        run = tx.load(intent.run_id)
        settled = tx.settle(intent, state=UNKNOWN if unknown else FAILED, error=error.message)
        if settled and run and (instead := direct_instead(intent.effect, run)):
            tx.want(intent.run_id, intent.seq, instead)
        if settled and kind in ESSENTIAL and run and then and wanted(kind, then, run):
            tx.append(intent.run_id, EffectFailed(kind, error.code or CODES[kind], error.message, unknown))
            return tx.ring(intent.run_id)
        return False

    def _broke(self, intent: Intent) -> None:
        """A bug of ours: a run that waits for this effect must hear of it, or it would wait for ever."""
        kind, rings = intent.effect.kind, False
        with self.store.writing() as tx:
            if tx.settle(intent, state=FAILED, error="SYS-002") and kind in ESSENTIAL:
                tx.append(intent.run_id, EffectFailed(kind, "SYS-002", "Sortie hit a bug while writing it."))
                rings = tx.ring(intent.run_id)
        if rings:
            self.doorbell.wake(intent.run_id)


def _done(desk: Desk, keeper: ClaimKeeper, intent: Intent) -> None:
    keeper.drop(intent.claim)
    desk.give_back()
