"""Several requests at once: nothing begins before somebody says how many runs it is; then all of them do, and one message lists them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.drafts import route_decided
from bot.inbound import Decided, Delivery, Speech, Typed
from bot.routed import DraftKept, Ignored, Known
from bot.routing import route
from bot.starts import carry_out
from bot.taken import Taken
from integrations.errors import Denied, Unknown
from integrations.types.chat import MessageRef, ThreadRef
from tasks.domain.decisions import Refused
from tasks.domain.drafts import Draft
from tasks.domain.request import ChannelPlace, Person, RunRequest
from tasks.domain.run import Run, RunState
from tasks.store import drafts
from tasks.store.store import Tx
from tests.support.requests import NOON, chat_of
from tests.tasks.outside import Bench, bench

ADA, EVE = Person("slack", "T1", "U1"), Person("slack", "T1", "U6")
LIST = "please:\n- fix the login sla=45m\n- bump httpx to 0.28"
THREAD = ThreadRef("T1", "C1", "1795185120.000100")


@pytest.fixture
def here(database_url: str) -> Iterator[Bench]:
    with bench(database_url) as made:
        yield made


def known(draft: Draft | None = None) -> Known:
    return replace(Known((), True, NOON, 1800, login="ada"), draft=draft)


def asks(here: Bench, *, slash: bool = False) -> Draft:
    said = Speech(Delivery("slack", "Ev1"), ADA, LIST, THREAD, MessageRef("C1", THREAD.thread_ts), True)
    typed = Typed(Delivery("slack", "command:1"), ADA, LIST.partition("\n")[2], "C1")
    routed = route(typed if slash else said, known())
    assert isinstance(routed, DraftKept)
    with here.store.writing() as tx:
        carry_out(tx, routed, _begin)
    return routed.draft


def decides(here: Bench, draft: Draft, choice: str, *, by: Person = ADA) -> Taken | Ignored:
    with here.store.writing() as tx:
        found = drafts.of(tx.conn, draft.id)
        routed = route_decided(Decided(Delivery("slack", choice), by, draft.id, choice), known(found))
        return routed if isinstance(routed, Ignored) else carry_out(tx, routed, _begin)  # type: ignore[arg-type]  # ends a draft


def runs(here: Bench) -> tuple[Run, ...]:
    with here.store.reading() as tx:
        return tuple(here.run(row.id) for row in reversed(tx.recent(10)))


def listed(here: Bench) -> str:
    return here.outside.texts["100.0"]


def test_whoever_wrote_a_list_is_asked_and_nothing_has_begun(here: Bench) -> None:
    asks(here)
    here.publish()
    assert here.outside.calls == ["whisper"] and runs(here) == ()


def test_several_runs_begin_with_the_message_that_lists_them_and_each_has_its_own_options(
    here: Bench,
) -> None:
    draft = asks(here)
    here.settle_all()
    decides(here, draft, "several")
    assert runs(here) == ()
    here.publish()
    first, second = runs(here)
    assert (first.request.text, first.request.sla_s, first.title) == (
        "fix the login sla=45m",
        2700,
        "fix the login",
    )
    assert (second.request.text, second.request.sla_s) == ("bump httpx to 0.28", 1800)
    assert {chat_of(run.request).thread for run in (first, second)} == {THREAD}
    assert here.outside.calls.count("set_reaction") == here.outside.calls.count("set_session") == 0
    assert listed(here) == f"{first.id} accepted · {second.id} accepted"
    assert set(here.bell.rung) == {first.id, second.id}


def test_the_list_is_edited_when_a_run_moves_and_only_then(here: Bench) -> None:
    draft = asks(here)
    decides(here, draft, "several")
    here.publish()
    first, second = runs(here)
    here.outside.calls.clear()
    here.tell(first.id, Refused("AUTH-001", "Connect your GitHub account to start this."))
    here.publish()
    assert listed(here) == f"{first.id} not started · {second.id} accepted"
    assert here.run(first.id).state is RunState.declined


def test_edits_of_one_list_that_wait_are_one_edit(here: Bench) -> None:
    draft = asks(here)
    decides(here, draft, "several")
    here.publish()
    for run in runs(here):
        here.tell(run.id, Refused("AUTH-001", "Connect your GitHub account to start this."))
    with here.store.reading() as tx:
        waiting = [i for i in tx.outbox("") if i.effect.kind == "chat.board" and i.state == "pending"]
    assert len(waiting) == 1


def test_of_a_slash_command_the_list_opens_the_thread(here: Bench) -> None:
    draft = asks(here, slash=True)
    assert isinstance(draft.request.place, ChannelPlace)
    decides(here, draft, "several")
    here.publish()
    assert [chat_of(run.request).thread.thread_ts for run in runs(here)] == ["100.0", "100.0"]


def test_a_list_that_cannot_be_posted_there_is_posted_to_the_person(here: Bench) -> None:
    draft = asks(here, slash=True)
    decides(here, draft, "several")
    here.outside.before["post"] = lambda: _once(here, Denied("not_in_channel"))
    here.publish()
    assert {chat_of(run.request).thread.channel for run in runs(here)} == {"DU1"}


def test_a_publisher_killed_behind_the_list_leaves_neither_two_lists_nor_runs_twice(here: Bench) -> None:
    draft = asks(here)
    here.settle_all()
    decides(here, draft, "several")
    here.outside.before["post"] = lambda: _posted_and_lost(here, draft)
    here.publish()
    here.hands.move(61)
    here.publish()
    assert here.outside.calls.count("post") == 1 + 2  # the list, then a card for each
    assert len(runs(here)) == 2


def test_it_can_be_one_request_after_all(here: Bench) -> None:
    draft = asks(here)
    taken = decides(here, draft, "one")
    assert isinstance(taken, Taken) and taken.run_ids == ("R-1001",)
    (run,) = runs(here)
    assert run.request.text == LIST and run.request.board == ""


def test_it_is_decided_once_and_by_whoever_asked(here: Bench) -> None:
    draft = asks(here)
    assert isinstance(decides(here, draft, "several", by=EVE), Ignored)
    decides(here, draft, "one")
    late = decides(here, draft, "several")
    assert isinstance(late, Taken) and late.outcome == "ignored"
    decides(here, draft, "cancel")
    here.publish()
    assert len(runs(here)) == 1


def _begin(tx: Tx, request: RunRequest, title: str) -> tuple[Run, ...]:
    return (tx.start_run(request, title),)


def _once(here: Bench, error: Exception) -> None:
    here.outside.before.pop("post")
    raise error


def _posted_and_lost(here: Bench, draft: Draft) -> None:
    here.outside.before.pop("post")
    here.outside.posts[f"board:{draft.id}"] = MessageRef("C1", "100.0")
    raise Unknown("No answer.")
