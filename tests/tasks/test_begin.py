"""What begins only later begins once, whoever notices that it is time, and not at all where it was called off."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from integrations.errors import NotFound, Retryable
from integrations.types.chat import FoundMessage, MessageRef, SeenReaction
from tasks.begin import begin_due
from tasks.domain.drafts import Draft, DraftKind, DraftState, draft_id
from tasks.domain.effect import chat
from tasks.domain.request import Channel
from tasks.domain.run import Run
from tasks.store import drafts
from tasks.sweep import Sweep
from tests.support.requests import a_request, chat_of
from tests.tasks.outside import Bench, bench

AT = "1795185120.000100"
KEY = f"T1:C1:{AT}:U1"
NAME = draft_id(DraftKind.reaction, KEY)


@pytest.fixture
def here(database_url: str) -> Iterator[Bench]:
    with bench(database_url) as made:
        yield made


def reacts(here: Bench) -> bool:
    """Ada reacts on a message of Eve's; whether that was news."""
    here.outside.messages[AT] = FoundMessage(
        "U9", "the refund crashes. Badly.", "1795185000.000100", (SeenReaction("sortie", ("U3", "U1")),)
    )
    request = replace(a_request("Fix what this message is about."), channel=Channel.slack_reaction)
    with here.store.writing() as tx:
        due = tx.now + timedelta(seconds=5)
        fresh = drafts.keep(tx.conn, tx.now, Draft(NAME, DraftKind.reaction, KEY, request, due, known=False))
        if fresh:
            tx.notice(
                chat("read", lane="read", draft=NAME, team="T1", channel="C1", ts=AT, reaction="sortie")
            )
    return fresh


def begins(here: Bench) -> tuple[str, ...]:
    with here.store.writing() as tx:
        return begin_due(tx)


def calls_off(here: Bench) -> bool:
    with here.store.writing() as tx:
        return drafts.end(tx.conn, NAME, DraftState.dropped)


def runs(here: Bench) -> tuple[Run, ...]:
    with here.store.reading() as tx:
        return tuple(here.run(row.id) for row in tx.recent(10))


def test_nothing_begins_within_the_grace_and_one_run_behind_it(here: Bench) -> None:
    reacts(here)
    here.publish()
    assert begins(here) == ()
    here.hands.move(5)
    assert begins(here) == ("R-1001",)
    assert begins(here) == ()
    (run,) = runs(here)
    quoted = run.request.quoted
    assert quoted is not None and (quoted.author, quoted.text) == ("U9", "the refund crashes. Badly.")
    assert (run.title, run.request.text) == ("the refund crashes", "Fix what this message is about.")
    assert chat_of(run.request).thread.thread_ts == "1795185000.000100"
    assert chat_of(run.request).origin == MessageRef("C1", AT)


def test_what_was_called_off_within_the_grace_never_begins(here: Bench) -> None:
    reacts(here)
    here.publish()
    assert calls_off(here)
    here.hands.move(60)
    assert begins(here) == () and runs(here) == ()


def test_what_has_begun_cannot_be_called_off_and_does_not_begin_again(here: Bench) -> None:
    reacts(here)
    here.publish()
    here.hands.move(5)
    begins(here)
    assert not calls_off(here) and not reacts(here)
    here.hands.move(60)
    assert len(runs(here)) == 1


def test_a_reaction_that_was_taken_off_and_put_back_counts_anew(here: Bench) -> None:
    reacts(here)
    calls_off(here)
    assert reacts(here)
    here.publish()
    here.hands.move(5)
    assert begins(here) == ("R-1001",)


def test_where_the_web_process_died_in_the_grace_the_sweep_begins_it(here: Bench) -> None:
    reacts(here)
    here.publish()
    here.hands.move(5)
    sweep = Sweep(here.store, here.bell)
    sweep.once()
    sweep.once()
    assert [run.id for run in runs(here)] == ["R-1001"]


def test_a_message_that_was_read_late_begins_when_it_is_known_and_not_before(here: Bench) -> None:
    reacts(here)
    here.outside.before["message"] = lambda: _down(here)
    here.publish()
    here.hands.move(6)
    assert begins(here) == ()
    here.publish()
    assert [run.id for run in runs(here)] == ["R-1001"]
    assert here.bell.rung == ["R-1001"]


@pytest.mark.parametrize("there", [(), (SeenReaction("eyes", ("U1",)),), (SeenReaction("sortie", ("U3",)),)])
def test_a_reaction_of_which_we_heard_first_that_it_was_taken_off_starts_nothing(
    here: Bench, there: tuple[SeenReaction, ...]
) -> None:
    reacts(here)
    here.outside.messages[AT] = FoundMessage("U9", "the refund crashes", reactions=there)
    here.publish()
    here.hands.move(60)
    assert begins(here) == () and "whisper" not in here.outside.calls


def test_where_slack_names_only_some_of_those_who_reacted_it_counts(here: Bench) -> None:
    reacts(here)
    there = (SeenReaction("sortie", ("U3",), whole=False),)
    here.outside.messages[AT] = FoundMessage("U9", "the refund crashes", reactions=there)
    here.publish()
    here.hands.move(5)
    assert begins(here) == ("R-1001",)


def test_a_publisher_killed_behind_the_reading_reads_again_and_starts_one_run(here: Bench) -> None:
    reacts(here)
    first = here.claim("chat.")
    assert first is not None
    here.hands.move(31)
    again = here.claim("chat.")
    assert again is not None and again.doubtful
    here.publisher.publish(again)
    here.publisher.publish(first)
    assert len(runs(here)) == 1 and begins(here) == ()


@pytest.mark.parametrize("how", ["gone", "refused", "empty"])
def test_where_the_message_cannot_be_read_whoever_reacted_is_told_and_nothing_starts(
    here: Bench, how: str
) -> None:
    reacts(here)
    match how:
        case "gone":
            here.outside.messages.clear()
        case "refused":
            here.outside.before["message"] = _refused
        case "empty":
            here.outside.messages[AT] = FoundMessage("U9", "  ", reactions=(SeenReaction("sortie", ("U1",)),))
    here.publish()
    assert "whisper" in here.outside.calls
    here.hands.move(60)
    assert begins(here) == () and runs(here) == ()


def _down(here: Bench) -> None:
    here.outside.before.pop("message")
    raise Retryable("Slack is down.")


def _refused() -> None:
    raise NotFound("Slack refused: channel_not_found")
