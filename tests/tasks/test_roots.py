"""The message that opens a run's thread: posted once whoever dies, never for a run that was stopped, and the run waits for it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from integrations.errors import Denied, Retryable, Unknown
from integrations.types.chat import MessageRef
from tasks.domain.facts import RetryRequested, StopRequested
from tasks.domain.next_step import Wait, next_step
from tasks.domain.policy import Link, Policy
from tasks.domain.request import ChannelPlace, Person
from tasks.domain.run import Run, RunState
from tasks.store.outbox import Intent
from tests.support.requests import a_request, chat_of
from tests.tasks.outside import Bench, bench

ADA = Person("slack", "T1", "U1", "ada")
POLICY = Policy(repos=("acme/api",), links=(Link("T1", "U1", "ada"),))


@pytest.fixture
def here(database_url: str) -> Iterator[Bench]:
    with bench(database_url) as made:
        yield made


def begins(here: Bench, channel: str = "C1") -> Run:
    request = replace(a_request(), place=ChannelPlace("T1", channel))
    with here.store.writing() as tx:
        return tx.start_run(request, "Return 422")


def kinds(here: Bench, run_id: str, *states: str) -> list[str]:
    with here.store.reading() as tx:
        return [i.effect.kind for i in tx.outbox(run_id) if i.state in states]


def posts(here: Bench) -> int:
    return here.outside.calls.count("post")


def test_nothing_happens_before_the_thread_is_open_and_everything_goes_into_it_afterwards(
    here: Bench,
) -> None:
    run = begins(here)
    assert kinds(here, run.id, "pending") == ["chat.root"]
    assert next_step(run, POLICY, run.request.received_at) == Wait("its thread")
    intent = here.claim("chat.")
    assert intent is not None
    here.publisher.publish(intent)
    after = here.run(run.id)
    root = here.outside.posts[f"{run.id}:{intent.id}"]
    assert (chat_of(after.request).origin, chat_of(after.request).thread.thread_ts) == (root, root.ts)
    assert kinds(here, run.id, "pending") == ["chat.reaction", "chat.session", "chat.card"]
    assert run.id in here.bell.rung
    with here.store.reading() as tx:
        assert [r.id for r in tx.runs_in_thread("T1", "C1", root.ts)] == [run.id]
    assert not isinstance(next_step(after, POLICY, run.request.received_at), Wait)


def test_a_publisher_killed_behind_the_post_is_followed_by_one_that_finds_it(here: Bench) -> None:
    run = begins(here)
    intent = here.claim("chat.")
    assert intent is not None
    here.outside.posts[f"{run.id}:{intent.id}"] = MessageRef("C1", "77.0")
    here.hands.move(31)
    again = here.claim("chat.")
    assert again is not None and again.doubtful
    here.publisher.publish(again)
    assert posts(here) == 0
    assert chat_of(here.run(run.id).request).origin == MessageRef("C1", "77.0")


def test_a_lost_answer_is_looked_up_in_both_places_before_another_post(here: Bench) -> None:
    run = begins(here)
    here.outside.before["post"] = raising_once(Unknown("No answer."), here)
    here.publisher.publish(_claimed(here))
    here.outside.calls.clear()
    here.publisher.publish(_claimed(here))
    assert here.outside.calls == ["direct", "find_post", "find_post", "post"]
    assert here.run(run.id).request.chat is not None


def test_where_we_may_not_write_the_thread_opens_in_a_direct_message_that_says_so(here: Bench) -> None:
    run = begins(here)
    here.outside.before["post"] = raising_once(Denied("not_in_channel"), here)
    here.publisher.publish(_claimed(here))
    after = here.run(run.id)
    assert chat_of(after.request).thread.channel == "DU1"


def test_where_nobody_can_be_told_the_run_ends_with_a_code_instead_of_waiting_for_ever(here: Bench) -> None:
    run = begins(here)
    here.outside.before["post"] = raising(Denied("No.", code="OUT-004"))
    here.publisher.publish(_claimed(here))
    failure = here.run(run.id).effect_failure
    assert failure is not None and (failure.kind, failure.code) == ("chat.root", "OUT-004")


def test_a_run_stopped_before_it_has_a_thread_is_never_seen_and_one_tried_again_is(here: Bench) -> None:
    run = begins(here)
    with here.store.writing() as tx:
        tx.append(run.id, StopRequested(ADA))
    here.publisher.publish(_claimed(here))
    assert posts(here) == 0 and here.run(run.id).state is RunState.cancelled
    assert kinds(here, run.id, "pending") == []
    with here.store.writing() as tx:
        tx.append(run.id, RetryRequested(ADA))
    here.publisher.publish(_claimed(here))
    assert posts(here) == 1 and here.run(run.id).request.chat is not None


def test_a_run_stopped_while_its_thread_was_being_opened_says_in_it_that_it_was(here: Bench) -> None:
    run = begins(here)
    intent = here.claim("chat.")
    assert intent is not None
    here.outside.posts[f"{run.id}:{intent.id}"] = MessageRef("C1", "77.0")
    with here.store.writing() as tx:
        tx.append(run.id, StopRequested(ADA))
    here.hands.move(31)
    here.publisher.publish(_claimed(here))
    assert kinds(here, run.id, "pending") == ["chat.reaction", "chat.session", "chat.card", "chat.post"]


def test_a_chat_that_is_down_loses_nothing(here: Bench) -> None:
    run = begins(here)
    here.outside.before["post"] = raising_once(Retryable("Slack is down."), here)
    here.publisher.publish(_claimed(here))
    assert here.run(run.id).request.chat is None
    here.publisher.publish(_claimed(here))
    assert here.run(run.id).request.chat is not None


def _claimed(here: Bench) -> Intent:
    here.hands.move(61)
    intent = here.claim("chat.")
    assert intent is not None and intent.effect.kind == "chat.root"
    return intent


def raising(error: Exception) -> Callable[[], object]:
    def act() -> object:
        raise error

    return act


def raising_once(error: Exception, here: Bench) -> Callable[[], object]:
    def act() -> object:
        here.outside.before.pop("post", None)
        raise error

    return act
