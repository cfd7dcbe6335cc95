"""Accounts and requests that wait for one, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tasks.domain.facts import RunRequested
from tasks.domain.request import Account, Person
from tasks.kept import begin_overdue
from tasks.store import accounts, kept
from tasks.store.accounts import Accounts
from tasks.store.store import Store
from tests.support.requests import a_request
from tests.tasks.outside import Bench, bench

ADA, BEN = ("T1", "U1"), ("T1", "U2")


@pytest.fixture
def here(database_url: str) -> Iterator[Bench]:
    with bench(database_url) as made:
        yield made


def asked(text: str, *, user: str = "U1") -> RunRequested:
    return RunRequested(replace(a_request(text), requester=Person("slack", "T1", user)), text)


def keep(store: Store, *wanted: RunRequested) -> list[bool]:
    with store.writing() as tx:
        return [kept.keep(tx.conn, tx.now, one) for one in wanted]


def test_the_operators_word_counts_before_the_table_and_both_are_one_look_up(here: Bench) -> None:
    table = Accounts({BEN: "ben"})
    with here.store.writing() as tx:
        for whose in (ADA, BEN, ("T2", "U1")):
            accounts.link(tx.conn, tx.now, whose, Account(f"x-{whose[0]}", 2**40))
    with here.store.reading() as tx:
        found = table.all_of(tx.conn, (ADA, BEN, ("T1", "U3")))
        assert found == {ADA: Account("x-T1", 2**40), BEN: Account("ben")}
        assert table.names(tx.conn) == {ADA: "x-T1", BEN: "ben", ("T2", "U1"): "x-T2"}
        assert table.of(tx.conn, ("T2", "U2")) is None


def test_one_account_for_each_and_every_change_on_record(here: Bench) -> None:
    for login in ("one", "two"):
        with here.store.writing() as tx:
            accounts.link(tx.conn, tx.now, ADA, Account(login, 7))
    for _ in range(2):
        with here.store.writing() as tx:
            accounts.unlink(tx.conn, tx.now, ADA)
    with here.store.reading() as tx:
        assert Accounts({}).of(tx.conn, ADA) is None
        told = [(c.what, c.account.login) for c in accounts.changes(tx.conn, ADA)]
        assert told == [("linked", "one"), ("replaced", "two"), ("unlinked", "two")]


def test_what_waits_is_taken_once_in_order_as_of_now_and_an_hour_at_most(here: Bench) -> None:
    keep(here.store, asked("old"))
    here.hands.move(1800)
    keep(here.store, asked("first"), asked("second"), asked("theirs", user="U2"))
    here.hands.move(1801)
    with here.store.writing() as tx:
        taken = kept.take(tx.conn, tx.now, ADA, Account("ada", 7))
        assert [(e.request.text, e.request.kept, e.request.account) for e in taken] == [
            ("first", True, Account("ada", 7)),
            ("second", True, Account("ada", 7)),
        ]
        assert {e.request.received_at for e in taken} == {tx.now}
        assert kept.take(tx.conn, tx.now, ADA, Account("ada", 7)) == ()
        assert kept.waiting(tx.conn, BEN) == ["theirs"]


def test_the_sweep_starts_what_missed_its_link_and_drops_what_is_old(here: Bench) -> None:
    keep(here.store, asked("mine"), asked("theirs", user="U2"))
    with here.store.writing() as tx:
        accounts.link(tx.conn, tx.now, ADA, Account("ada", 7))
    started = []
    for _ in range(2):
        with here.store.writing() as tx:
            started += [run.request.text for run in begin_overdue(tx)]
    assert started == ["mine"]
    here.hands.move(timedelta(hours=1).total_seconds())
    with here.store.writing() as tx:
        assert begin_overdue(tx) == () and kept.waiting(tx.conn, BEN) == []


def test_ten_of_one_person_are_kept_and_ten_more_an_hour_later(here: Bench) -> None:
    assert keep(here.store, *(asked(str(n)) for n in range(12))) == [True] * 10 + [False] * 2
    assert keep(here.store, asked("x", user="U2")) == [True]
    here.hands.move(3601)
    assert keep(here.store, asked("later")) == [True]
