"""What the publisher takes up and what it leaves for later: edits within their budget, the urgent first, complaints heeded."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from integrations.errors import RateLimited
from integrations.slack.rates import RATES
from integrations.types.chat import MessageRef
from tasks.desk import Desk
from tasks.domain.decisions import Failed, Noted, PlanMade, QuestionAsked
from tasks.domain.facts import StopRequested
from tasks.domain.request import Person
from tasks.domain.results import CardPosted
from tasks.domain.run import Run, RunState
from tasks.pace import Pace
from tests.support.histories import TO_ACCEPTED, TO_CODING
from tests.tasks.outside import Bench, bench

BEN = Person("slack", "T1", "U2", "ben")
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ASKED = QuestionAsked(1, "agent", "Which way?", ("left", "right"))


@pytest.fixture
def here(database_url: str) -> Iterator[Bench]:
    with bench(database_url) as made:
        made.publisher = replace(made.publisher, pace=Pace(RATES))
        yield made


def timely(here: Bench) -> list[tuple[str, str]]:
    """Carries out what may go out now; (run, kind) of each."""
    desk, done = Desk("chat.", 8, threading.Event()), []
    while found := here.publisher.claimed([desk]):
        for _, intent in found:
            done.append((intent.run_id, intent.effect.kind))
            here.publisher.publish(intent)
    return done


def steps(here: Bench, run: Run, n: int) -> None:
    """Something on the card that is no change of state."""
    here.tell(run.id, Noted(f"X-{n}", f"Note {n}."))


def limited(what: str, retry_after_s: float) -> Callable[[], object]:
    def act() -> object:
        raise RateLimited("Slack limits the rate", retry_after_s=retry_after_s, what=what)

    return act


def test_a_card_shows_its_next_step_every_five_seconds_and_always_the_newest(here: Bench) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    seen = []
    for n in range(22):
        steps(here, run, n)
        if ("R-1001", "chat.card") in timely(here):
            seen.append(n)
        here.hands.move(1)
    assert seen == [0, 5, 10, 15, 20]
    here.hands.move(5)
    timely(here)
    assert "pending" not in {i.state for i in here.intents(run.id, "chat.card")}
    assert here.outside.calls.count("update") == 6
    assert "Note 21." in here.outside.shown["2.0"]


def test_a_new_state_is_shown_at_once(here: Bench) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    steps(here, run, 1)
    timely(here)
    steps(here, run, 2)
    assert timely(here) == []
    here.tell(run.id, ASKED)
    assert (run.id, "chat.card") in timely(here)
    assert here.outside.texts["2.0"].startswith("R-1001 needs you")


def test_an_edit_that_takes_the_place_of_a_more_urgent_one_is_as_urgent(here: Bench) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, ASKED)
    steps(here, run, 1)
    pending = [i for i in here.intents(run.id, "chat.card") if i.state == "pending"]
    assert [i.effect.priority for i in pending] == [3]


def test_posts_never_take_each_others_place(here: Bench) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, ASKED, StopRequested(BEN))
    assert [i.state for i in here.intents(run.id, "chat.post")] == ["pending", "pending"]


@SQLITE
def test_eighty_cards_stay_within_slacks_limit_and_a_question_waits_for_none_of_them(
    here: Bench,
) -> None:
    """UX-06."""
    runs = [_alive(here, n) for n in range(80)]
    here.settle_all()
    edits: list[float] = []
    for second in range(62):
        for n, run in enumerate(runs):
            if (n + second) % 10 == 0:
                steps(here, run, second)
        asking = runs[second]
        if second % 10 == 0:
            here.tell(asking.id, replace(ASKED, number=second))
        done = timely(here)
        edits += [second] * sum(kind == "chat.card" for _, kind in done)
        if second % 10 == 0:
            assert (asking.id, "chat.post") in done
        here.hands.move(1)
    for begin in range(2):
        assert sum(begin <= at < begin + 60 for at in edits) <= 50
    assert len(edits) >= 40


@SQLITE
def test_the_last_state_lands_however_many_cards_there_are(here: Bench) -> None:
    runs = [_alive(here, n) for n in range(30)]
    here.settle_all()
    for run in runs:
        here.tell(run.id, Failed("SYS-002", "It broke.", "nothing"))
    for _ in range(60):
        timely(here)
        here.hands.move(1)
    for n, run in enumerate(runs):
        assert here.run(run.id).state is RunState.failed
        assert "failed" in here.outside.texts[f"{n}.5"]


def test_when_slack_limits_edits_they_wait_for_as_long_as_it_says_and_posts_do_not(here: Bench) -> None:
    first, second = (_alive(here, n) for n in range(2))
    here.settle_all()
    here.outside.before["update"] = limited("chat.update", 30)
    steps(here, first, 1)
    timely(here)
    here.outside.before.clear()
    asked = here.outside.calls.count("update")
    here.tell(second.id, ASKED)
    assert (second.id, "chat.post") in timely(here)
    here.hands.move(29)
    timely(here)
    assert here.outside.calls.count("update") == asked
    here.hands.move(2)
    timely(here)
    here.hands.move(10)
    timely(here)
    assert here.outside.calls.count("update") == asked + 2


def test_a_limit_of_one_channel_holds_up_no_other(here: Bench) -> None:
    here.publisher.pace.complained("chat.postMessage:C9", now=here.hands.now, retry_after_s=60)
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, ASKED)
    assert (run.id, "chat.post") in timely(here)
    here.publisher.pace.complained("chat.postMessage:C1", now=here.hands.now, retry_after_s=60)
    here.tell(run.id, StopRequested(BEN))
    assert (run.id, "chat.post") not in timely(here)
    here.hands.move(61)
    assert (run.id, "chat.post") in timely(here)


def test_what_may_have_been_sent_is_still_looked_up_after_it_was_held_back(here: Bench) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    here.tell(run.id, ASKED)
    lost = here.claim("chat.post")
    assert lost is not None
    here.publisher.pace.complained("chat.postMessage:C1", now=here.hands.now, retry_after_s=60)
    here.hands.move(40)
    assert "chat.post" not in [kind for _, kind in timely(here)]
    here.hands.move(25)
    timely(here)
    assert "find_post" in here.outside.calls


def _alive(here: Bench, n: int) -> Run:
    run = here.start(CardPosted(MessageRef("C1", f"{n}.5")), *TO_ACCEPTED[1:])
    return here.tell(run.id, *TO_CODING[len(TO_ACCEPTED) :], PlanMade(("One", "Two")))
