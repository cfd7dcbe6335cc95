"""Says once of a run that most of its time is gone and no pull request is there. Belongs to the beat, needs no credential."""

import threading
from dataclasses import dataclass

import structlog
from sqlalchemy import select

from tasks.domain.decisions import Noted
from tasks.domain.risk_of_late import AT_RISK, at_risk
from tasks.messages.late import at_risk_sentence
from tasks.store.errors import StoreDown
from tasks.store.schema import runs
from tasks.store.store import Store, Tx

log = structlog.get_logger(__name__)
LOOK_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Safe to run twice at the same time: what was noted is looked for in the transaction that notes it."""

    store: Store

    def run(self, closing: threading.Event) -> None:
        """Works until `closing` is set."""
        while not closing.wait(LOOK_EVERY_S):
            try:
                self.once()
            except StoreDown as down:
                log.warning("at_risk_cannot_reach_sql", error=str(down))

    def once(self) -> tuple[str, ...]:
        """The runs of which it was said now."""
        with self.store.reading() as tx:
            due = [run.id for run in tx.readable(_without_pull(tx)) if at_risk(run, tx.now)]
        return tuple(run_id for run_id in due if self._said(run_id))

    def _said(self, run_id: str) -> bool:
        with self.store.writing() as tx:
            run = tx.load(run_id)
            if run is None or not at_risk(run, tx.now):
                return False
            tx.append(run_id, Noted(AT_RISK, at_risk_sentence(run, tx.now)))
            return True


def _without_pull(tx: Tx) -> tuple[str, ...]:
    alive = runs.c.ended.is_(False) & runs.c.pr_number.is_(None)
    return tuple(tx.conn.execute(select(runs.c.id).where(alive)).scalars())
