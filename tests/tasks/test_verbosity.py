"""How much a channel is told: everywhere what people must act on, the draft unless it is quiet, every phase where it is verbose."""

from collections.abc import Iterator

import pytest

from tasks.domain.channel import ChannelSettings, Verbosity
from tasks.domain.decisions import Disputed, Failed, QuestionAsked
from tasks.domain.facts import PullRequestMoved
from tasks.domain.results import MadeReady
from tasks.store.channels import change
from tests.support.histories import ONE, TO_CODING, TO_PR, TO_READY, TO_REVIEWED
from tests.tasks.outside import Bench, bench


@pytest.fixture
def here(database_url: str) -> Iterator[Bench]:
    with bench(database_url) as made:
        yield made


def says(here: Bench, verbosity: Verbosity) -> list[str]:
    """What is posted on the way to ready and merged, one event after the other."""
    with here.store.writing() as tx:
        change(tx.conn, tx.now, ("T1", "C1"), ChannelSettings(verbosity=verbosity), by="U1")
    run = here.start()
    for event in (*TO_READY, PullRequestMoved(812, "closed", True, ONE, "ben")):
        here.publish("chat.")
        here.tell(run.id, event)
    here.publish("chat.")
    return [name for name, _ in here.run(run.id).posts]


def test_the_usual_channel_is_told_of_the_draft_and_of_what_is_ready(here: Bench) -> None:
    assert says(here, Verbosity.normal) == ["M5", "M6"]


def test_a_quiet_channel_is_told_only_of_what_is_ready(here: Bench) -> None:
    assert says(here, Verbosity.quiet) == ["M6"]


def test_a_verbose_channel_is_told_of_every_phase(here: Bench) -> None:
    assert says(here, Verbosity.verbose) == ["PH", "M5", "PH", "M6", "PH"]


@pytest.mark.parametrize(
    ("told", "post"),
    [
        ((*TO_CODING, QuestionAsked(1, "agent", "Which way?")), "M3"),
        ((*TO_REVIEWED, Disputed(ONE)), "M7"),
        ((*TO_PR, Failed("SYS-002", "It broke.")), "M8"),
        ((*TO_REVIEWED, MadeReady(812)), "M6"),
    ],
)
def test_a_quiet_channel_is_told_whatever_somebody_must_act_on(here: Bench, told: tuple, post: str) -> None:  # type: ignore[type-arg]  # events of many kinds
    with here.store.writing() as tx:
        change(tx.conn, tx.now, ("T1", "C1"), ChannelSettings(verbosity=Verbosity.quiet), by="U1")
    run = here.start(*told)
    here.publish("chat.")
    assert post in dict(here.run(run.id).posts)
