"""Arrivals of one moment: stored in one transaction as if each had come alone."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from sqlalchemy import event, select, text

from bot.inbound import Delivery, Speech, Typed
from bot.intake import Intake, Wakes
from bot.taken import Taken
from integrations.types.chat import MessageRef, ThreadRef
from tasks.domain.facts import StopRequested
from tasks.domain.request import Person
from tasks.settings import LinkSettings, Settings
from tasks.store.codec import UnknownEvent
from tasks.store.engine import open_engine
from tasks.store.errors import Busy
from tasks.store.schema import streams
from tasks.store.store import Store
from tests.support.newer import tell_from_the_future
from tests.support.web import NotedBell

ADA = Person("slack", "T1", "UADA")
LINK = LinkSettings(team="T1", user="UADA", login="ada")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    engine = open_engine(database_url)
    yield Store(engine)
    engine.dispose()


def said(number: int, text: str, *, thread: str | None = None, told: str = "mention") -> Speech:
    """The same message is told twice under two delivery ids: as a mention and as a message."""
    ts = f"17000000{number:02d}.000100"
    return Speech(
        Delivery("slack", f"Ev-{told}-{number}", f"message:T1:C1:{ts}"),
        ADA,
        text,
        ThreadRef("T1", "C1", thread or ts),
        MessageRef("C1", ts),
        addressed=True,
    )


def taken_at_once(store: Store, arrivals: Sequence[Speech], bell: Wakes | None = None) -> list[Taken]:
    async def all_of() -> list[Taken]:
        intake = Intake(store, bell or NotedBell(), Settings(links=[LINK]))
        answers = await asyncio.gather(*(intake.take(one) for one in arrivals))
        intake.close()
        return answers

    return asyncio.run(all_of())


def outcomes(store: Store, arrivals: Sequence[Speech]) -> list[str]:
    """What becomes of each of one moment, by its outcome or the name of what it fails with."""

    async def all_of() -> list[Taken | BaseException]:
        intake = Intake(store, NotedBell(), Settings(links=[LINK]))
        answers = await asyncio.gather(*(intake.take(one) for one in arrivals), return_exceptions=True)
        intake.close()
        return answers

    answers = asyncio.run(all_of())
    return [one.outcome if isinstance(one, Taken) else type(one).__name__ for one in answers]


def facts(store: Store, run_id: str) -> list[str]:
    with store.reading() as tx:
        return [type(recorded.event).__name__ for recorded in tx.events(run_id)]


def test_mentions_of_one_moment_become_a_run_each_in_one_commit(store: Store) -> None:
    commits: list[object] = []
    event.listen(store.engine, "commit", commits.append)
    bell = NotedBell()
    taken = taken_at_once(store, [said(n, f"fix number {n}") for n in range(20)], bell)
    assert [t.outcome for t in taken] == ["new"] * 20
    ids = [t.run_ids[0] for t in taken]
    assert ids == [f"R-{1001 + n}" for n in range(20)] == bell.rung
    assert len(commits) == 1
    with store.reading() as tx:
        assert [tx.load(run_id).title for run_id in ids] == [f"fix number {n}" for n in range(20)]  # type: ignore[union-attr]
        kinds = [intent.effect.kind for intent in tx.outbox(ids[7])]
    assert sorted(kinds) == ["chat.card", "chat.reaction", "chat.session"]


def test_the_two_tellings_of_one_message_in_one_moment_are_one_run(store: Store) -> None:
    arrivals = [said(1, "fix it", told=told) for told in ("mention", "message", "mention")]
    assert [t.outcome for t in taken_at_once(store, arrivals)] == ["new", "seen", "seen"]
    assert [t.outcome for t in taken_at_once(store, arrivals[1:])] == ["seen", "seen"]


def test_words_and_a_stop_in_the_same_thread_and_moment_keep_their_order(store: Store) -> None:
    root = said(1, "fix it")
    place = root.thread.thread_ts
    more = [said(2, "only in /refunds", thread=place), said(3, "stop", thread=place)]
    taken = taken_at_once(store, [root, said(9, "another"), *more])
    assert [t.outcome for t in taken] == ["new", "new", "fact", "fact"]
    (run_id,) = taken[0].run_ids
    assert facts(store, run_id) == ["RunRequested", "Replied", "StopRequested"]
    assert taken[2].run_ids == taken[3].run_ids == (run_id,)


def test_a_second_mention_in_a_known_thread_steers_while_others_begin(store: Store) -> None:
    root = said(1, "fix it")
    taken_at_once(store, [root])
    again = said(2, "and the tests", thread=root.thread.thread_ts)
    taken = taken_at_once(store, [again, said(3, "something else")])
    assert [t.outcome for t in taken] == ["fact", "new"]
    assert taken[0].run_ids == ("R-1001",) and taken[1].run_ids == ("R-1002",)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_whoever_waits_for_a_row_that_a_frozen_process_holds_is_refused_alone(store: Store) -> None:
    with store.engine.connect() as conn:
        assert conn.execute(text("select current_setting('lock_timeout')")).scalar() == "5s"
    roots = [said(1, "fix it"), said(2, "fix that")]
    first, second = (one.run_ids[0] for one in taken_at_once(store, roots))
    store.engine.dispose()
    event.listen(store.engine, "connect", lambda raw, _: raw.execute("set lock_timeout = '200ms'"))
    words = [said(n + 2, "go on", thread=roots[n - 1].thread.thread_ts) for n in (1, 2)]
    with store.engine.connect() as frozen:
        frozen.execute(select(streams.c.seq).where(streams.c.id == first).with_for_update())
        assert outcomes(store, words) == ["Busy", "fact"]
        with pytest.raises(Busy), store.writing() as tx:
            tx.append(first, StopRequested(ADA))
    assert outcomes(store, words[:1]) == ["fact"], "Slack says it again"
    assert facts(store, first)[-1] == facts(store, second)[-1] == "Replied"


@dataclass(slots=True)
class OutdatedBell:
    """Whoever is rung for has been carried on by a newer version meanwhile, and the broker is away."""

    store: Store

    def wake(self, run_id: str) -> bool:
        tell_from_the_future(self.store.engine, run_id)
        return False


def test_that_the_broker_is_down_is_said_of_the_next_run_where_one_is_left_to_a_newer_version(
    store: Store,
) -> None:
    taken = taken_at_once(store, [said(1, "fix it"), said(2, "fix that")], OutdatedBell(store))
    first, second = (one.run_ids[0] for one in taken)
    with store.reading() as tx, pytest.raises(UnknownEvent):
        tx.load(first)
    assert facts(store, second) == ["RunRequested", "Noted"]


def test_a_slash_command_that_is_told_twice_starts_one_run(store: Store) -> None:
    typed = Typed(Delivery("slack", "command:13345224609.738474920"), ADA, "fix it", "C1")

    async def both() -> list[Taken]:
        intake = Intake(store, NotedBell(), Settings(links=[LINK]))
        told = [await intake.take(typed), await intake.take(typed)]
        intake.close()
        return told

    first, again = asyncio.run(both())
    assert (first.outcome, first.run_ids, again.outcome, again.run_ids) == ("new", ("R-1001",), "seen", ())
    assert first.reply and "Starting" in first.reply.text
