"""The only writer to the world: claims intents, carries them out, records what came of it. Polls SQL, needs no broker."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import structlog

from integrations.errors import IntegrationError, Rejected, Retryable, Unknown
from tasks.domain.effects import reaction_of
from tasks.domain.events import EffectFailed, Event
from tasks.domain.run import RunState, apply, begin
from tasks.effects.chat import CHAT_EFFECTS
from tasks.effects.host import CODES, ESSENTIAL, HOST_EFFECTS, WHILE_ALIVE
from tasks.effects.ports import Moment, OutsidePorts
from tasks.queue import Doorbell
from tasks.store.errors import StoreDown
from tasks.store.outbox import DONE, DROPPED, FAILED, UNKNOWN, Intent
from tasks.store.store import Store, Tx

log = structlog.get_logger(__name__)
EFFECTS = {**CHAT_EFFECTS, **HOST_EFFECTS}
OVER = (RunState.cancelled, RunState.merged, RunState.closed)
POLL_S = 0.2
CLAIM_S = 30.0
GIVE_UP_AFTER_S = 15 * 60.0
MAX_BACKOFF_S = 60.0
UNKNOWN_TRIES = 5


@dataclass(frozen=True, slots=True)
class Publisher:
    """One publisher of a process; several processes may run at once, a claim belongs to one of them."""

    store: Store
    ports: OutsidePorts
    doorbell: Doorbell
    hands: int = 8

    def run(self, closing: threading.Event) -> None:
        """Works until `closing` is set; a write in flight is finished first."""
        claim_id = f"publisher-{uuid4().hex[:12]}"
        with ThreadPoolExecutor(self.hands, thread_name_prefix="publish") as pool:
            busy = threading.Semaphore(self.hands)
            while not closing.is_set():
                if not self._round(pool, busy, claim_id):
                    closing.wait(POLL_S)

    def _round(self, pool: ThreadPoolExecutor, busy: threading.Semaphore, claim_id: str) -> bool:
        """Claims one intent if a hand is free; True when there may be more."""
        if not busy.acquire(timeout=POLL_S):
            return True
        try:
            with self.store.writing() as tx:
                claimed = tx.claim(claim_id=f"{claim_id}-{uuid4().hex[:8]}", ttl_s=CLAIM_S, limit=1)
        except StoreDown as down:
            busy.release()
            log.warning("publisher_cannot_reach_sql", error=str(down))
            return False
        if not claimed:
            busy.release()
            return False
        pool.submit(self._carry_out, claimed[0], busy.release)
        return True

    def _carry_out(self, intent: Intent, done: Callable[[], object]) -> None:
        try:
            self.publish(intent)
        except StoreDown as down:
            log.warning("result_not_stored", intent=intent.id, error=str(down))
        except Exception:  # the publisher's boundary: one bad intent must not end the loop
            log.exception("publish_bug", intent=intent.id, kind=intent.effect.kind)
            self._finish(intent, FAILED, "SYS-002")
        finally:
            done()

    def publish(self, intent: Intent) -> None:
        """Carries out one claimed intent and records its result. Raises StoreDown when SQL went away meanwhile."""
        moment = self._moment(intent)
        kind = intent.effect.kind
        if moment.run.state in OVER and kind in WHILE_ALIVE:
            self._finish(intent, DROPPED, "the run ended")
            return
        try:
            result = EFFECTS[kind](moment, self.ports)
        except Retryable as later:
            self._later(intent, later, later.retry_after_s)
        except Unknown as unknown:
            self._doubt(intent, unknown)
        except Rejected as refused:
            self._refused(intent, refused)
        else:
            self._finish(intent, DONE, "", result)

    def _moment(self, intent: Intent) -> Moment:
        with self.store.reading() as tx:
            history = tx.events(intent.run_id)
            now = tx.now
        run = then = begin(intent.run_id, history[0])
        reactions = {reaction_of(run)}
        for recorded in history[1:]:
            run = apply(run, recorded)
            reactions.add(reaction_of(run))
            if recorded.seq <= intent.seq:
                then = run
        return Moment(intent, then, run, now, tuple(sorted(reactions)))

    def _finish(self, intent: Intent, state: str, error: str, result: Event | None = None) -> None:
        woken = False
        with self.store.writing() as tx:
            if tx.settle(intent, state=state, error=error) and result is not None:
                tx.append(intent.run_id, result)
                woken = True
        if woken:
            self.doorbell.wake(intent.run_id)

    def _later(self, intent: Intent, error: IntegrationError, retry_after_s: float | None) -> None:
        with self.store.writing() as tx:
            if (tx.now - intent.created_at).total_seconds() > GIVE_UP_AFTER_S:
                self._give_up(tx, intent, error, unknown=False)
                return
            pause = (
                retry_after_s if retry_after_s is not None else min(2.0**intent.attempts / 2, MAX_BACKOFF_S)
            )
            due = tx.now + timedelta(seconds=min(pause, GIVE_UP_AFTER_S))
            tx.postpone(intent, due_at=due, error="unknown" if intent.doubtful else error.message)
        log.info("effect_postponed", intent=intent.id, kind=intent.effect.kind, error=error.message)

    def _doubt(self, intent: Intent, error: Unknown) -> None:
        with self.store.writing() as tx:
            if intent.attempts >= UNKNOWN_TRIES:
                self._give_up(tx, intent, error, unknown=True)
                return
            due = tx.now + timedelta(seconds=min(2.0 ** (intent.attempts - 1), MAX_BACKOFF_S))
            tx.postpone(intent, due_at=due, error="unknown")
        log.warning("effect_unknown", intent=intent.id, kind=intent.effect.kind, error=error.message)

    def _refused(self, intent: Intent, error: IntegrationError) -> None:
        with self.store.writing() as tx:
            self._give_up(tx, intent, error, unknown=False)
        self.doorbell.wake(intent.run_id)

    def _give_up(self, tx: Tx, intent: Intent, error: IntegrationError, *, unknown: bool) -> None:
        kind = intent.effect.kind
        log.warning("effect_failed", intent=intent.id, kind=kind, error=error.message, unknown=unknown)
        if tx.settle(intent, state=UNKNOWN if unknown else FAILED, error=error.message) and kind in ESSENTIAL:
            tx.append(intent.run_id, EffectFailed(kind, error.code or CODES[kind], error.message, unknown))
