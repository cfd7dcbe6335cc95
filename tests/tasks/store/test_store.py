"""The store on SQLite and PostgreSQL: streams, the outbox's order, leases and their epochs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import create_engine, text

from integrations.types.chat import MessageRef
from integrations.types.model import Usage
from tasks.domain.decisions import Accepted, Provisioned, RepoChosen
from tasks.domain.facts import CiChanged, Replied, StopRequested
from tasks.domain.fold import fold
from tasks.domain.request import Deliver, Person
from tasks.domain.results import CardPosted, PullSeen
from tasks.domain.run import RunState
from tasks.store.engine import open_engine
from tasks.store.errors import LeaseLost, StoreDown
from tasks.store.leases import Held
from tasks.store.outbox import Intent
from tasks.store.store import Store, Tx
from tasks.store.trajectories import StoredTurn
from tests.conftest import fresh_postgres
from tests.support.histories import BASE, ONE, TO_PR, inspected
from tests.support.requests import NOON, a_request, asked_there


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def store(database_url: str, hands: Hands) -> Iterator[Store]:
    engine = open_engine(database_url)
    yield Store(engine, hands)
    engine.dispose()


def test_a_run_read_by_another_process_is_the_fold_of_what_was_appended(store: Store, hands: Hands) -> None:
    with store.writing() as tx:
        run = tx.start_run(a_request(), "Return 422")
        tx.append(run.id, CardPosted(MessageRef("C1", "2.0")))
        after = tx.append(run.id, RepoChosen("acme/api", "channel default", None, "ada"))
    other = Store(store.engine, hands)
    with other.reading() as tx:
        assert tx.load(run.id) == after == fold(run.id, tx.events(run.id))
        assert tx.run_by_card("C1", "2.0") == after


def reviewed(tx: Tx) -> str:
    """A review of the commit ONE, under way."""
    first = asked_there("review", "", on_pull=True, deliver=Deliver.findings)
    (run,) = tx.start_runs((first,))
    pull = PullSeen(12, "http://host/12", True, ONE, "feature", True, 9, BASE)
    chosen = RepoChosen("acme/api", "asked there", None, "ben")
    found = replace(inspected(), login="ben", user_id=9, pull=pull)
    for event in (chosen, found, Accepted(Deliver.findings), Provisioned(BASE, (), True, "full")):
        run = tx.append(run.id, event)
    assert (run.state, run.head_oid) == (RunState.reviewing, ONE)
    return run.id


def test_news_of_a_commit_are_for_the_run_that_works_on_it_and_not_for_a_review_of_it(store: Store) -> None:
    def there() -> str:
        found = tx.run_by_head("Acme/api", ONE)
        assert found is not None
        return found.id

    with store.writing() as tx:
        older, working = tx.start_run(a_request(), "x"), tx.start_run(a_request(), "x")
        older_review = reviewed(tx)
        assert there() == older_review, "nobody works on it yet"
        for run in (older, working):
            for event in TO_PR:
                tx.append(run.id, event)
        reviewed(tx)
        assert there() == working.id
        tx.append(working.id, StopRequested(Person("slack", "T1", "U1")))
        assert there() == older.id, "the one that lives"
        tx.append(older.id, StopRequested(Person("slack", "T1", "U1")))
        assert there() == working.id, "the newest of those that are over"
        assert tx.run_by_head("acme/web", ONE) is None and tx.run_by_head("acme/api", "") is None


def test_run_numbers_are_never_given_twice(store: Store) -> None:
    def start(n: int) -> str:
        with store.writing() as tx:
            return tx.start_run(a_request(ts=f"{n}.0"), "x").id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(start, range(24)))
    assert len(set(ids)) == 24


def test_facts_of_many_speakers_all_land_in_one_stream(store: Store) -> None:
    with store.writing() as tx:
        run = tx.start_run(a_request(), "x")

    def speak(n: int) -> None:
        with store.writing() as tx:
            tx.append(run.id, Replied(Person("slack", "T1", f"U{n}"), f"{n}", MessageRef("C1", f"{n}"), True))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(speak, range(30)))
    with store.reading() as tx:
        loaded = tx.load(run.id)
        assert loaded is not None
        assert sorted(int(s.text) for s in loaded.steering) == list(range(30))
        assert [r.seq for r in tx.events(run.id)] == list(range(1, 32))


def test_the_same_delivery_and_the_same_meaning_are_taken_once(store: Store) -> None:
    with store.writing() as tx:
        assert tx.new_delivery("slack", "Ev1", semantic_key="C1:1.0")
        assert not tx.new_delivery("slack", "Ev1", semantic_key="C1:1.0")
        assert not tx.new_delivery("slack", "Ev2", semantic_key="C1:1.0")
        assert tx.new_delivery("github", "Ev1", semantic_key="C1:1.0")
        assert tx.new_delivery("slack", "Ev3") and tx.new_delivery("slack", "Ev4")


def test_an_old_holder_cannot_decide_after_a_newer_one_took_over(store: Store, hands: Hands) -> None:
    with store.writing() as tx:
        run = tx.start_run(a_request(), "x")
        first = tx.acquire(run.id, holder="a", ttl_s=30)
        assert first is not None
        assert tx.acquire(run.id, holder="b", ttl_s=30) is None
    hands.move(31)
    with store.writing() as tx:
        second = tx.acquire(run.id, holder="b", ttl_s=30)
        assert second == Held(first.epoch + 1, abandoned=True)
        assert not tx.extend(run.id, epoch=first.epoch, ttl_s=30)
    with pytest.raises(LeaseLost), store.writing() as tx:
        tx.append(run.id, RepoChosen("acme/api", "x", None, "ada"), epoch=first.epoch)
    with store.writing() as tx:
        assert (
            tx.append(run.id, RepoChosen("acme/api", "x", None, "ada"), epoch=second.epoch).repo == "acme/api"
        )


def test_a_lease_that_was_let_go_is_not_abandoned(store: Store, hands: Hands) -> None:
    with store.writing() as tx:
        run = tx.start_run(a_request(), "x")
        first = tx.acquire(run.id, holder="a", ttl_s=30)
        assert first == Held(1)
        tx.release(run.id, epoch=1)
        assert tx.acquire(run.id, holder="b", ttl_s=30) == Held(2, abandoned=False)


def test_a_refused_decision_leaves_no_event_and_no_intent(store: Store) -> None:
    with store.writing() as tx:
        run = tx.start_run(a_request(), "x")
        before = len(tx.outbox(run.id))
    with pytest.raises(LeaseLost), store.writing() as tx:
        tx.append(run.id, RepoChosen("acme/api", "x", None, "ada"), epoch=7)
    with store.reading() as tx:
        assert len(tx.events(run.id)) == 1
        assert len(tx.outbox(run.id)) == before
        assert tx.load(run.id) == run


def test_cards_coalesce_and_posts_never_do(store: Store) -> None:
    with store.writing() as tx:
        run = tx.start_run(a_request(), "x")
        tx.append(run.id, RepoChosen("acme/api", "x", None, "ada"))
        tx.append(run.id, StopRequested(Person("slack", "T1", "U2")))
        rows = tx.outbox(run.id)
    cards = [r for r in rows if r.effect.slot == "card"]
    assert [r.state for r in cards][-1] == "pending"
    assert {r.state for r in cards[:-1]} == {"dropped"}
    assert [r.effect.get("name") for r in rows if r.effect.kind == "chat.post"] == ["M14"]
    assert [r.state for r in rows if r.effect.kind == "host.inspect"] == ["dropped"]


def all_due(tx: Tx, claim: str) -> tuple[Intent, ...]:
    """Everything that can be claimed now, one by one, each for a minute."""
    return tuple(iter(lambda: tx.claim(claim_id=claim, ttl_s=60), None))


def test_one_intent_of_a_lane_at_a_time_in_order_and_an_expired_claim_comes_back_doubtful(
    store: Store, hands: Hands
) -> None:
    with store.writing() as tx:
        tx.start_run(a_request(), "x")
    with store.writing() as tx:
        first = all_due(tx, "p1")
        assert all_due(tx, "p2") == ()
    assert {i.effect.kind for i in first} == {"chat.reaction", "chat.session", "chat.card"}
    assert not any(i.doubtful for i in first)
    hands.move(61)
    with store.writing() as tx:
        again = all_due(tx, "p2")
        assert [i.id for i in again] == [i.id for i in first]
        assert all(i.doubtful for i in again)
        assert not tx.settle(first[0], state="done")
        assert tx.settle(again[0], state="done")


def test_what_may_have_been_sent_is_neither_replaced_nor_forgotten(store: Store, hands: Hands) -> None:
    def lose_the_answer(tx: Tx, kind: str) -> int:
        intent = tx.claim(claim_id="p1", ttl_s=30, prefix=kind)
        assert intent is not None and not intent.doubtful
        tx.postpone(intent, due_at=hands.now, error="unknown")
        return intent.id

    with store.writing() as tx:
        run = tx.start_run(a_request(), "x")
        card = lose_the_answer(tx, "chat.card")
        tx.append(run.id, RepoChosen("acme/api", "x", None, "ada"))
        inspected = lose_the_answer(tx, "host.inspect")
        tx.append(run.id, StopRequested(Person("slack", "T1", "U2")))
        states = {i.id: i.state for i in tx.outbox(run.id)}
        assert (states[card], states[inspected]) == ("pending", "pending")
        again = tx.claim(claim_id="p2", ttl_s=30, prefix="chat.card")
        assert again is not None and (again.id, again.doubtful) == (card, True)


def test_a_fact_that_arrives_while_a_driver_decides_keeps_the_run_due(store: Store, hands: Hands) -> None:
    with store.writing() as tx:
        run = tx.start_run(a_request(), "x")
        assert tx.due(woken_before=hands.now) == (run.id,)
        tx.append(run.id, CiChanged("0" * 40))
        assert not tx.defer(run.id, seen_seq=run.seq, until=None)
        assert tx.due(woken_before=hands.now) == (run.id,)
        assert tx.defer(run.id, seen_seq=run.seq + 1, until=hands.now + timedelta(seconds=5))
        assert tx.due(woken_before=hands.now) == ()
    hands.move(6)
    with store.writing() as tx:
        assert tx.due(woken_before=hands.now) == (run.id,)
        tx.mark_woken((run.id,))
        assert tx.due(woken_before=hands.now - timedelta(seconds=5)) == ()


def test_a_conversation_comes_back_in_order_and_a_repeated_turn_replaces_itself(store: Store) -> None:
    turn = StoredTurn("1/worker", 1, ({"role": "user", "content": "hi"},), "h", "m", Usage(1, 2, 3, 4))
    with store.writing() as tx:
        run = tx.start_run(a_request(), "x")
        tx.save_turn(run.id, replace(turn, turn=2, messages=({"role": "assistant", "content": "é"},)))
        tx.save_turn(run.id, turn)
        tx.save_turn(run.id, turn)
        assert tx.conversation(run.id, "1/worker") == (
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "é"},
        )


def test_a_stopped_run_ignores_what_comes_after_but_counts_its_cost(store: Store) -> None:
    with store.writing() as tx:
        run = tx.start_run(a_request(), "x")
        tx.append(run.id, StopRequested(Person("slack", "T1", "U2", "bo")))
        after = tx.append(run.id, RepoChosen("acme/api", "x", None, "ada"))
    assert after.state is RunState.cancelled
    assert after.repo == ""


def test_a_database_that_cannot_be_reached_says_so(hands: Hands) -> None:
    engine = open_engine("postgresql+psycopg://sortie@127.0.0.1:1/none")
    with pytest.raises(StoreDown), Store(engine, hands).writing():
        pass
    engine.dispose()


def test_a_lease_that_was_let_go_is_free_also_for_a_worker_with_a_slow_clock(
    store: Store, hands: Hands
) -> None:
    with store.writing() as tx:
        run = tx.start_run(a_request(), "x")
        held = tx.acquire(run.id, holder="fast", ttl_s=30)
        assert held is not None
        tx.release(run.id, epoch=held.epoch)
    hands.move(-300)
    with store.writing() as tx:
        assert tx.acquire(run.id, holder="slow", ttl_s=30) is not None


def test_a_pool_without_a_connection_left_is_a_store_that_is_down(postgres_url: str, tmp_path: Path) -> None:
    engine = create_engine(
        fresh_postgres(postgres_url, tmp_path.name), pool_size=1, max_overflow=0, pool_timeout=0.2
    )
    store = Store(engine)
    with store.reading(), pytest.raises(StoreDown, match="TimeoutError"), store.reading():
        pass
    with store.reading() as tx:
        assert tx.conn.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()


def test_transactions_that_wait_for_each_other_end_as_a_store_that_is_down(
    postgres_url: str, tmp_path: Path
) -> None:
    """One of the two is undone by PostgreSQL, and tried again by whoever began it."""
    store = Store(open_engine(fresh_postgres(postgres_url, tmp_path.name)))
    with store.writing() as tx:
        tx.conn.execute(text("CREATE TABLE t (id int PRIMARY KEY, n int)"))
        tx.conn.execute(text("INSERT INTO t VALUES (1, 0), (2, 0)"))
    both = Barrier(2)

    def add(first: int, second: int) -> bool:
        try:
            with store.writing() as tx:
                for number in (first, second):
                    tx.conn.execute(text("UPDATE t SET n = n + 1 WHERE id = :id"), {"id": number})
                    if number == first:
                        both.wait(30)
        except StoreDown:
            return False
        return True

    with ThreadPoolExecutor(2) as hands:
        ends = [hands.submit(add, 1, 2), hands.submit(add, 2, 1)]
        assert sorted(end.result(60) for end in ends) == [False, True]
    with store.reading() as tx:
        assert tx.conn.execute(text("SELECT sum(n) FROM t")).scalar() == 2
    store.engine.dispose()
