"""Asks the world what a lost delivery should have told us. Runs where the credentials are: beside the publisher."""

import threading
from dataclasses import dataclass

import structlog

from integrations.errors import IntegrationError
from tasks.domain.events import Event
from tasks.domain.facts import HeadMoved, PullRequestMoved
from tasks.domain.run import Run, RunState
from tasks.effects.checks import seen
from tasks.effects.ports import OutsidePorts
from tasks.queue import Doorbell
from tasks.store.errors import StoreDown
from tasks.store.store import Store

log = structlog.get_logger(__name__)
PATIENCE_S = 300.0
"""So long a run waits for the log of a red check that cannot be had right now."""

WATCHED = (
    RunState.pr_open,
    RunState.ci_fixing,
    RunState.reviewing,
    RunState.revising,
    RunState.disputed,
    RunState.ready,
)


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Compares every open pull request of ours with the code host, every `every_s` seconds."""

    store: Store
    ports: OutsidePorts
    doorbell: Doorbell
    every_s: float

    def run(self, closing: threading.Event) -> None:
        """Works until `closing` is set."""
        while not closing.wait(self.every_s):
            try:
                self.once()
            except StoreDown as down:
                log.warning("reconcile_cannot_reach_sql", error=str(down))

    def once(self) -> None:
        """One look at everything that waits for the code host."""
        with self.store.reading() as tx:
            watched = [run for run in tx.runs_in(*WATCHED) if run.pr]
        for run in watched:
            try:
                self._compare(run)
            except IntegrationError as failed:
                log.info("reconcile_skipped", run=run.id, error=failed.message)
            except StoreDown:
                raise
            except Exception:  # part of the publisher's boundary: one run's bug must not blind the others
                log.exception("reconcile_bug", run=run.id)

    def _compare(self, run: Run) -> None:
        assert run.pr is not None
        current = self.ports.code_host.pull_request(run.repo, run.pr.number)
        if current.merged or current.state == "closed":
            self._tell(
                run,
                PullRequestMoved(
                    current.number, current.state, current.merged, current.head_oid, current.closed_by
                ),
            )
            return
        if current.head_oid not in run.known_heads and current.head_oid != (run.foreign and run.foreign.oid):
            self._tell(run, HeadMoved(current.head_oid))
        elif run.state is RunState.pr_open:
            snapshot = self.ports.code_host.checks(run.repo, run.head_oid)
            news = (snapshot.checks, snapshot.settled) != (run.checks, run.checks_settled)
            if news or run.checks_stale:
                waited = (self.store.clock() - (run.state_since or run.request.received_at)).total_seconds()
                self._tell(run, seen(run, snapshot, self.ports, patient=waited < PATIENCE_S))

    def _tell(self, run: Run, fact: Event) -> None:
        with self.store.writing() as tx:
            tx.append(run.id, fact)
            rings = tx.ring(run.id)
        if rings:
            self.doorbell.wake(run.id)
