"""A run that will hardly keep its promise says so, once, while there is something to be done about it."""

from collections.abc import Iterator

import pytest

from tasks.at_risk import AtRisk
from tasks.domain.channel import ChannelSettings, Verbosity
from tasks.domain.decisions import Failed, QuestionAsked
from tasks.domain.events import Event
from tasks.store.channels import change
from tests.support.histories import TO_CODING, TO_PR
from tests.tasks.outside import Bench, bench


@pytest.fixture
def here(database_url: str) -> Iterator[Bench]:
    with bench(database_url) as made:
        yield made


def test_at_four_fifths_of_the_time_the_requester_is_told_once(here: Bench) -> None:
    run, look = here.start(*TO_CODING), AtRisk(here.store)
    here.settle_all()
    here.hands.move(0.79 * 1800)
    assert look.once() == ()
    here.hands.move(0.01 * 1800)
    assert (look.once(), look.once(), AtRisk(here.store).once()) == ((run.id,), (), ())
    here.publish("chat.")
    assert here.outside.texts[dict(here.run(run.id).posts)["M13"].ts] == (
        "R-1001: At risk: 24 min of 30 min used, no pull request yet."
    )
    assert here.run(run.id).state == "coding"


@pytest.mark.parametrize(
    "told",
    [TO_PR, (*TO_CODING, Failed("SYS-002", "It broke.")), (*TO_CODING, QuestionAsked(1, "agent", "Which?"))],
)
def test_nothing_is_said_of_a_run_with_a_pull_request_an_end_or_an_open_question(
    here: Bench, told: tuple[Event, ...]
) -> None:
    here.start(*told)
    here.hands.move(1700)
    assert AtRisk(here.store).once() == ()


def test_a_draft_that_came_in_the_meantime_makes_it_needless(here: Bench) -> None:
    run = here.start(*TO_CODING)
    here.settle_all()
    here.hands.move(1500)
    AtRisk(here.store).once()
    here.tell(run.id, *TO_PR[len(TO_CODING) :])
    here.publish("chat.")
    assert "M13" not in dict(here.run(run.id).posts)
    assert "At risk" not in here.outside.shown["2.0"]


def test_a_quiet_channel_sees_it_on_the_card_alone(here: Bench) -> None:
    with here.store.writing() as tx:
        change(tx.conn, tx.now, ("T1", "C1"), ChannelSettings(verbosity=Verbosity.quiet), by="U1")
    run = here.start(*TO_CODING)
    here.settle_all()
    here.hands.move(1500)
    AtRisk(here.store).once()
    here.publish("chat.")
    assert "M13" not in dict(here.run(run.id).posts)
    assert "At risk: 25 min of 30 min used" in here.outside.shown["2.0"]
