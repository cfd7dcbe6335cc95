"""Once a week: the figures of every channel that wants them, as one write of the outbox. Belongs to the beat, needs no credential."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, select

from tasks.domain.digest import Week, last_week, outcome, week
from tasks.domain.effect import Effect
from tasks.messages.digest import stored
from tasks.store.channels import all_settings
from tasks.store.codec import UnknownEvent
from tasks.store.errors import StoreDown
from tasks.store.schema import runs
from tasks.store.store import Store, Tx

log = structlog.get_logger(__name__)
KIND = "chat.digest"
FROM_HOUR = 8
"""UTC, on the first day of the week after; a beat that was away then makes up for it until that week ends."""
LOOK_EVERY_S = 300.0
MOST = 2_000


@dataclass(frozen=True, slots=True)
class Digests:
    """Safe to run twice at the same time: the week of a channel is remembered like a delivery."""

    store: Store

    def run(self, closing: threading.Event) -> None:
        """Works until `closing` is set."""
        while not closing.wait(LOOK_EVERY_S):
            try:
                self.once()
            except StoreDown as down:
                log.warning("digest_cannot_reach_sql", error=str(down))

    def once(self) -> int:
        """How many digests were stored."""
        with self.store.reading() as tx:
            name, begin, end = last_week(tx.now)
            wanted = [place for place, settings in all_settings(tx.conn).items() if settings.digest]
            early = tx.now < end + timedelta(hours=FROM_HOUR)
        return 0 if early else sum(self._told(place, name, begin, end) for place in wanted)

    def _told(self, place: tuple[str, str], name: str, begin: datetime, end: datetime) -> bool:
        team, channel = place
        with self.store.writing() as tx:
            if not tx.new_delivery("digest", f"{team}:{channel}:{name}"):
                return False
            figures = _week(tx, place, begin, end)
            if figures.asked:
                data = {"team": team, "channel": channel, "week": name, "figures": stored(figures)}
                tx.notice(Effect(KIND, KIND, 4, "", tuple(sorted(data.items()))))
            return bool(figures.asked)


def _week(tx: Tx, place: tuple[str, str], begin: datetime, end: datetime) -> Week:
    outcomes = []
    for run_id in _asked_in(tx.conn, place, begin, end):
        try:
            outcomes.append(outcome(run_id, tx.events(run_id), until=end))
        except UnknownEvent:
            log.warning("left out of the digest", run=run_id)
    return week(tuple(outcomes))


def _asked_in(conn: Connection, place: tuple[str, str], begin: datetime, end: datetime) -> list[str]:
    of_it = (runs.c.team == place[0]) & (runs.c.channel == place[1])
    within = runs.c.created_at.between(begin, end)
    return list(
        conn.execute(select(runs.c.id).where(of_it, within).order_by(runs.c.number).limit(MOST)).scalars()
    )
