"""What the publisher may write to the chat now, and what has to wait: budgets by method, and how often a card is edited."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from integrations.types.chat import Rate
from tasks.domain.pace import SHARE, Bucket, complained, edit_interval_s, full, taken, wait_s
from tasks.store.outbox import Intent
from tasks.store.pacing import cards_alive, place_of
from tasks.store.store import Tx

VERBS = {
    "chat.post": "post",
    "chat.phase": "post",
    "chat.root": "post",
    "chat.notice": "post",
    "chat.digest": "post",
    "chat.amend": "update",
    "chat.settle": "update",
    "chat.board": "update",
    "chat.whisper": "whisper",
    "chat.offer": "whisper",
    "chat.reaction": "swap",
    "chat.ack": "react",
    "chat.session": "session",
}
"""What each kind of write does; a card is posted once and then edited. What is not listed is held back by nothing."""
STEP = 4
"""The priority of an edit that shows no more than the next step."""
COUNTED_AFRESH_S = 5.0
SHORTEST_S = 0.05
LONGEST_S = 15 * 60.0
MOST = 20_000


@dataclass(slots=True)
class Pace:
    """The budgets of one publisher in one workspace. Safe for threads; kept in memory, so that each publisher has its own.
    Without `rates` nothing is held back.

    Edits are always counted, against `edits_per_minute`; everything else goes as quickly as the chat takes it until it
    complains, and for five minutes after that at four fifths of the documented rate.
    """

    rates: Mapping[str, tuple[Rate, ...]] = field(default_factory=dict)
    edits_per_minute: float = 40.0
    edit_every_s: float = 5.0
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _edited: dict[str, float] = field(default_factory=dict)
    _active: tuple[float, int] = (float("-inf"), 0)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def held_until(self, tx: Tx, intent: Intent) -> datetime | None:
        """When to ask again; None where it may go out now, and then it counts as gone out."""
        if not self.rates or not intent.effect.kind.startswith("chat."):
            return None
        channel, edits = self._place(tx, intent)
        limits = self._limits(intent, edits=edits)
        now, priority = tx.now.timestamp(), intent.effect.priority
        with self._lock:
            waits = [wait_s(self._bucket(rate, channel, now), now=now, priority=priority) for rate in limits]
            card = intent.run_id if edits and intent.effect.kind == "chat.card" else ""
            if card and priority >= STEP:
                waits.append(self._card_waits_s(card, now, lambda: cards_alive(tx.conn)))
            if longest := max(waits, default=0.0):
                return tx.now + timedelta(seconds=min(max(longest, SHORTEST_S), LONGEST_S))
            for rate in limits:
                self._buckets[rate.key(channel)] = taken(self._bucket(rate, channel, now), now=now)
            if card:
                self._note(card, now)
        return None

    def complained(self, what: str, *, now: datetime, retry_after_s: float) -> None:
        """The chat refused a call because of this limit: nothing that counts against it goes out until then."""
        with self._lock:
            method, _, channel = what.partition(":")
            every = (rate for rates in self.rates.values() for rate in rates)
            if rate := next((rate for rate in every if rate.what == method), None):
                at = now.timestamp()
                bucket = self._bucket(rate, channel, at)
                self._buckets[what] = complained(bucket, now=at, retry_after_s=retry_after_s)

    def _place(self, tx: Tx, intent: Intent) -> tuple[str, bool]:
        """The channel, and whether it is an edit of a message that stands."""
        if not intent.run_id:
            return intent.effect.get("channel"), False
        channel, card = place_of(tx.conn, intent.run_id)
        kind = intent.effect.kind
        return channel, VERBS.get(kind) == "update" or (kind == "chat.card" and bool(card))

    def _limits(self, intent: Intent, *, edits: bool) -> tuple[Rate, ...]:
        kind = intent.effect.kind
        verb = ("update" if edits else "post") if kind == "chat.card" else VERBS.get(kind, "")
        if verb == "swap" and intent.seq == 1:
            verb = "react"
        looks = self.rates.get("look", ()) if verb == "post" and intent.doubtful else ()
        return (*self.rates.get(verb, ()), *looks)

    def _bucket(self, rate: Rate, channel: str, now: float) -> Bucket:
        key = rate.key(channel)
        if key not in self._buckets:
            always = rate in self.rates.get("update", ())
            per_minute = self.edits_per_minute if always else rate.per_minute * SHARE
            if len(self._buckets) >= MOST:
                self._buckets.clear()
            self._buckets[key] = full(per_minute, now, always=always)
        return self._buckets[key]

    def _card_waits_s(self, run_id: str, now: float, alive: Callable[[], int]) -> float:
        last = self._edited.get(run_id)
        if last is None:
            return 0.0
        at, active = self._active
        if not 0 <= now - at < COUNTED_AFRESH_S:
            active = alive()
            self._active = (now, active)
        apart = edit_interval_s(active, edits_per_minute=self.edits_per_minute, least_s=self.edit_every_s)
        return min(apart, max(0.0, last + apart - now))

    def _note(self, run_id: str, now: float) -> None:
        if len(self._edited) >= MOST:
            self._edited.clear()
        self._edited[run_id] = now
