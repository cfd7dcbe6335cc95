"""An old worker and a newer one side by side on one database: what the old one cannot read it leaves alone, unharmed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from tasks.domain.results import CardPosted
from tasks.domain.run import RunState
from tasks.store.engine import open_engine
from tasks.store.schema import events, leases, outbox, runs
from tasks.store.store import Store
from tests.support.eventually import until
from tests.support.newer import ROOT, newer_tree, tell_from_the_future
from tests.support.requests import a_request, chat_of

LEFT = "left_to_a_newer_worker"


@dataclass(slots=True)
class SideBySide:
    """One database, the trees of two versions, and the processes that run from them."""

    url: str
    folder: Path
    engine: Engine
    newer_tree: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def starts(self, name: str) -> None:
        """The worker of this version ("old" is today's) begins."""
        with self.said(name).open("wb") as out:
            self.processes[name] = subprocess.Popen(
                self.command(name), cwd=self.tree(name), env=self.env(name), stdout=out, stderr=out
            )

    def tells(self, name: str, run_id: str) -> None:
        """That version appends a fact as it stores it."""
        command = [*self.command(name), "tell", run_id]
        subprocess.run(command, cwd=self.tree(name), env=self.env(name), check=True, timeout=60)

    def command(self, name: str) -> list[str]:
        return [sys.executable, "-m", "tests.tasks.version_worker", self.url, name, str(self.folder)]

    def tree(self, name: str) -> Path:
        return ROOT if name == "old" else self.newer_tree

    def env(self, name: str) -> dict[str, str]:
        return os.environ | {"PYTHONPATH": str(self.tree(name)), "PYTHONDONTWRITEBYTECODE": "1"}

    def said(self, name: str) -> Path:
        return self.folder / f"{name}.txt"

    def text(self, name: str) -> str:
        """What it said; it must live, and never have met a bug."""
        text = self.said(name).read_text(encoding="utf-8", errors="replace")
        assert self.processes[name].poll() is None, text
        assert "Traceback" not in text and "_bug" not in text, text
        return text

    def asks(self, ts: str) -> str:
        store = Store(self.engine)
        with store.writing() as tx:
            return tx.start_run(a_request(ts=ts), "Return 422").id

    def rows(self, run_id: str) -> list[tuple[str, int, str]]:
        statement = select(events.c.type, events.c.version, events.c.data).where(events.c.id == run_id)
        with self.engine.connect() as conn:
            return [(r.type, r.version, r.data) for r in conn.execute(statement.order_by(events.c.seq))]

    def one(self, statement: Any) -> Any:
        with self.engine.connect() as conn:
            return conn.execute(statement).scalar()

    def state(self, run_id: str) -> str:
        return str(self.one(select(runs.c.state).where(runs.c.id == run_id)))

    def ends(self, run_id: str) -> None:
        """The run comes to its end; neither process has met a bug meanwhile."""

        def over() -> bool:
            for name in self.processes:
                self.text(name)
            return self.state(run_id) == "failed"

        until(over, within_s=60, what=f"the end of {run_id}")

    def kinds(self, run_id: str) -> list[str]:
        return [kind for kind, _, _ in self.rows(run_id)]

    def works(self, name: str, run_id: str) -> bool:
        return (self.folder / f"{name}-works-on-{run_id}").exists()


@pytest.fixture
def both(database_url: str, tmp_path: Path) -> Iterator[SideBySide]:
    folder = tmp_path / "said"
    folder.mkdir()
    engine = open_engine(database_url)
    made = SideBySide(database_url, folder, engine, newer_tree(tmp_path / "newer"))
    yield made
    for process in made.processes.values():
        process.kill()
        process.wait(10)
    engine.dispose()


def test_an_old_worker_leaves_a_newer_event_to_a_newer_worker(both: SideBySide) -> None:
    new, plain = both.asks("1.0"), both.asks("2.0")
    both.tells("old", new)
    both.tells("newer", new)
    before = both.rows(new)
    assert [row[:2] for row in before] == [("RunRequested", 4), ("Noted", 1), ("Noted", 2)]
    both.starts("old")
    until(lambda: both.text("old").count(LEFT) > 2, within_s=30, what="several looks of the old worker")
    both.ends(plain)
    assert both.rows(new) == before and both.state(new) == "received"
    both.starts("newer")
    both.ends(new)
    assert both.works("newer", new) and not both.works("old", new)
    assert "Ended by newer." in both.rows(new)[-1][2] and "StepFailed" not in both.kinds(new)
    until(lambda: states(both, new) == {"done"}, within_s=30, what="every write of the run")
    free = select(leases.c.holder).where(leases.c.id == new)
    until(
        lambda: both.one(free) == "",
        within_s=30,
        what="a lease that nobody keeps: the old worker lets go at each look",
    )


def states(both: SideBySide, run_id: str) -> set[str]:
    """Of the run's outside writes; the old publisher may hold one at times, and must settle none."""
    with both.engine.connect() as conn:
        found = conn.execute(select(outbox.c.state).where(outbox.c.run_id == run_id)).scalars()
        return set(found) - {"dropped"}


def test_a_newer_fact_in_the_middle_of_an_old_workers_step_hands_the_run_over(both: SideBySide) -> None:
    run_id = both.asks("1.0")
    hold = both.folder / f"hold-{run_id}"
    hold.touch()
    both.starts("old")
    until(lambda: both.works("old", run_id), within_s=30, what="the old worker's step")
    both.tells("newer", run_id)
    hold.unlink()
    until(lambda: LEFT in both.text("old"), within_s=30, what="the old worker letting go")
    assert both.kinds(run_id)[-1] == "Noted" and both.state(run_id) == "queued"
    both.starts("newer")
    both.ends(run_id)
    assert "Ended by newer." in both.rows(run_id)[-1][2] and "StepFailed" not in both.kinds(run_id)


def test_a_run_of_a_newer_version_hides_no_other_run(database_url: str) -> None:
    engine = open_engine(database_url)
    store = Store(engine)
    with store.writing() as tx:
        first, second = (tx.start_run(a_request(ts=f"{n}.0"), "x") for n in (1, 2))
        tx.append(second.id, CardPosted(chat_of(first.request).origin))
    tell_from_the_future(engine, first.id)
    with store.reading() as tx:
        assert [run.id for run in tx.runs_in(RunState.received)] == [second.id]
        assert [run.id for run in tx.readable((first.id, second.id, "R-1"))] == [second.id]
    engine.dispose()
