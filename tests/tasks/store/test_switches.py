"""The kill switch in SQL: the last turn holds, every turn is kept, and what cannot be read is not off."""

from sqlalchemy import text

from tasks.domain.decisions import LensReported, ReviewStarted
from tasks.domain.facts import FeedbackGiven
from tasks.domain.grants import Switch
from tasks.domain.record import lens_records
from tasks.domain.request import Person
from tasks.domain.results import BranchPushed, MadeReady
from tasks.domain.verdict import Decision, LensVerdict
from tasks.store import switches
from tasks.store.engine import open_engine
from tasks.store.records import run_records
from tasks.store.store import Store
from tests.support.requests import NOON, a_request


def test_the_last_turn_holds_and_all_are_kept(database_url: str) -> None:
    engine = open_engine(database_url)
    store = Store(engine, lambda: NOON)
    with store.reading() as tx:
        assert (switches.state(tx.conn), switches.turns(tx.conn)) == (Switch.off, ())
    for on in (True, False, True):
        with store.writing() as tx:
            switches.turn(tx.conn, tx.now, on=on, by="ada", reason="storm")
    with store.reading() as tx:
        assert switches.state(tx.conn) is Switch.on
        assert [(t.on, t.by, t.reason, t.at) for t in switches.turns(tx.conn)] == [
            (True, "ada", "storm", NOON),
            (False, "ada", "storm", NOON),
            (True, "ada", "storm", NOON),
        ]
    engine.dispose()


def test_a_switch_that_cannot_be_read_is_not_off(database_url: str) -> None:
    engine = open_engine(database_url)
    store = Store(engine)
    with store.writing() as tx:
        tx.conn.execute(text("DROP TABLE switch_turns"))
    with store.reading() as tx:
        assert switches.state(tx.conn) is Switch.unreadable
    engine.dispose()


def test_the_record_is_read_from_the_events_of_one_repository_or_all(database_url: str) -> None:
    engine = open_engine(database_url)
    store = Store(engine, lambda: NOON)
    with store.writing() as tx:
        run = tx.start_run(a_request(), "Return 422")
        tx.append(run.id, BranchPushed("sortie/x", "1" * 40))
        tx.append(run.id, ReviewStarted("1" * 40, 1))
        tx.append(run.id, LensReported(LensVerdict("tests", "1" * 40, Decision.passed, "ok", raised=2)))
        tx.append(run.id, MadeReady(7))
        tx.append(run.id, FeedbackGiven(Person("slack", "T1", "U1"), False))
    with store.reading() as tx:
        (record,) = lens_records(run_records(tx.conn, since=NOON))
        assert (record.lens, record.raised, record.passes, record.disliked) == ("tests", 2, 1, 1)
        assert run_records(tx.conn, since=NOON, repo="acme/other") == ()
    engine.dispose()
