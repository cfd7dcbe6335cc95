"""SQL dies: the one who writes SQLite in mid-transaction, PostgreSQL at once and with everything it was doing."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from tests.conftest import fresh_postgres
from tests.drills.conftest import Launch, migrated
from tests.drills.house import House, house
from tests.drills.judge import Mark
from tests.drills.orphans import adopt_orphans
from tests.drills.tell import READY, SLOW, ask, finish, tell
from tests.drills.test_processes import in_its_second_turn
from tests.support.eventually import until
from tests.support.postgres import Server

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]
AWAY_S = 60.0
FORGIVING = READY.but(repeats=3)


@contextmanager
def on_postgres(tmp_path: Path, launch: Launch, *, disk: str = "") -> Iterator[tuple[House, Server]]:
    """A house on a server of its own; `disk` is the size of the server's, where it is to have an end."""
    adopt_orphans()
    with Server.running(disk=disk) as server:
        url = migrated(fresh_postgres(server.url, tmp_path.name))
        with house(url, launch=launch) as made:
            yield made, server


def test_the_writer_of_sqlite_dies_in_mid_transaction(fresh_house: House) -> None:
    tell(fresh_house, FORGIVING, "append.Submitted.inside", "append.BranchPushed.inside")
    with fresh_house.world.store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_the_writer_of_sqlite_freezes_in_mid_transaction(fresh_house: House) -> None:
    mark = Mark.of(fresh_house)
    fresh_house.arm("append.Gated.inside", "SIGSTOP 1")
    run_id = ask(fresh_house, READY)
    fresh_house.wait_fired("append.Gated.inside")
    began = fresh_house.world.store.clock()
    clock = fresh_house.world.store.clock
    until(lambda: (clock() - began).total_seconds() > 5, within_s=10, what="five seconds")
    fresh_house.send("worker", signal.SIGCONT)
    finish(fresh_house, run_id, FORGIVING, mark)


def test_postgres_is_stopped_at_once_during_a_turn(tmp_path: Path, alone: Launch) -> None:
    with on_postgres(tmp_path, alone) as (made, server):
        mark = Mark.of(made)
        run_id = ask(made, SLOW)
        in_its_second_turn(made, run_id)
        server.stop_at_once()
        server.start()
        finish(made, run_id, SLOW, mark)


def test_postgres_is_away_for_a_minute_during_a_turn(tmp_path: Path, alone: Launch) -> None:
    with on_postgres(tmp_path, alone) as (made, server):
        mark = Mark.of(made)
        run_id = ask(made, SLOW)
        in_its_second_turn(made, run_id)
        server.stop_at_once()
        began = monotonic()
        asked = made.world.http.get(f"{made.world.web}/readyz")
        assert asked.status_code == 503
        until(lambda: monotonic() - began > AWAY_S, within_s=AWAY_S + 5, what="a minute")
        server.start()
        finish(made, run_id, SLOW, mark)


def test_postgres_is_stopped_at_once_in_mid_transaction(tmp_path: Path, alone: Launch) -> None:
    with on_postgres(tmp_path, alone) as (made, server):
        mark = Mark.of(made)
        made.arm("append.BranchPushed.inside", "SIGSTOP 1")
        run_id = ask(made, READY)
        made.wait_fired("append.BranchPushed.inside")
        server.stop_at_once()
        server.start()
        made.send("publisher", signal.SIGCONT)
        finish(made, run_id, FORGIVING, mark)


def test_processes_die_one_after_another_on_postgres(tmp_path: Path, alone: Launch) -> None:
    points = ("append.RunRequested.after", "append.TurnTaken.inside@2", "effect.host.push.after")
    with on_postgres(tmp_path, alone) as (made, _):
        tell(made, FORGIVING, *points, "effect.host.open_pr.after", "append.Posted.inside")
