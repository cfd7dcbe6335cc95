"""A disk is full: that of the workspaces, and the agent is told; that of the database, and nothing is accepted that is not stored."""

from contextlib import suppress
from pathlib import Path

import pytest

from tests.drills.conftest import Launch, sqlite_house
from tests.drills.house import House
from tests.drills.judge import Mark
from tests.drills.orphans import adopt_orphans
from tests.drills.story import ASK
from tests.drills.tell import FULL_DISK, SLOW, ask, finish, tell
from tests.drills.test_database import on_postgres
from tests.drills.test_processes import in_its_second_turn
from tests.scenarios.world import BOT, CHANNEL, GUEST
from tests.support.disk import fill, small_disk
from tests.support.eventually import until

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]
SIZE, SERVER = "48m", "96m"
MANY = 30
FORGIVING = SLOW.but(repeats=3, whispers=1)


def test_an_agent_fills_the_disk_and_the_run_goes_on(fresh_house: House) -> None:
    with small_disk(fresh_house.root / "sortie" / "workspaces", SIZE):
        tell(fresh_house, FULL_DISK)


def test_the_disk_of_the_database_is_full_for_a_while(tmp_path: Path, alone: Launch) -> None:
    """The run under way goes on afterwards; who asks meanwhile is told to come again, and is then heard."""
    adopt_orphans()
    place = tmp_path / "database"
    with small_disk(place, "8m"), sqlite_house(place, alone) as made:
        mark = Mark.of(made)
        run_id = ask(made, SLOW)
        in_its_second_turn(made, run_id)
        filler = fill(place)
        ts = made.world.says(f"{BOT} {ASK}", user=GUEST)
        until(lambda: _refused(made), within_s=60, what="a refusal")
        filler.unlink()
        made.world.reaches(_heard(made, ts), "declined", within_s=60)
        finish(made, run_id, FORGIVING, mark)


def test_the_disk_of_postgres_is_full_for_a_while(tmp_path: Path, alone: Launch) -> None:
    """As on SQLite; the server may even fall over for it, and is started again once there is space."""
    with on_postgres(tmp_path, alone, disk=SERVER) as (made, server):
        mark = Mark.of(made)
        run_id = ask(made, SLOW)
        in_its_second_turn(made, run_id)
        filler = fill(server.data)
        server.fill_up()
        asked = _ask_until_refused(made)
        filler.unlink()
        server.start_again()
        for ts in asked:
            made.world.reaches(_heard(made, ts), "declined", within_s=60)
        finish(made, run_id, FORGIVING, mark)


def _ask_until_refused(made: House) -> list[str]:
    """People ask one after another, until the web process has refused one for want of SQL."""
    asked: list[str] = []
    for _ in range(MANY):
        asked.append(made.world.says(f"{BOT} {ASK}", user=GUEST))
        with suppress(AssertionError):
            until(lambda: _refused(made), within_s=1.0)
            return asked
    raise AssertionError("nobody was refused")


def _refused(made: House) -> bool:
    """Whether Slack was told to come again; it is told nothing worse."""
    rows = made.world.get(f"{made.world.slack}/_sim/deliveries")["deliveries"]
    answers = {attempt["status"] for row in rows for attempt in row["attempts"]}
    assert answers <= {200, 503, None}, answers
    return 503 in answers


def _heard(made: House, ts: str) -> str:
    return until(lambda: _run_in(made, ts), within_s=60, what="the run of who asked meanwhile")


def _run_in(made: House, ts: str) -> str | None:
    with made.world.store.reading() as tx:
        runs = tx.runs_in_thread("T0ACME0001", CHANNEL, ts)
    return runs[0].id if runs else None
