"""The sample of the drills that runs with every test run: all processes die, several times, during one request."""

import pytest

from tests.drills.house import House
from tests.drills.tell import READY, tell

pytestmark = pytest.mark.timeout(900)
FORGIVING = READY.but(repeats=3)


def test_a_request_survives_the_death_of_every_process(started_house: House) -> None:
    tell(
        started_house,
        FORGIVING,
        "append.RunRequested.after",  # web, between SQL and the answer to Slack
        "sweep.marked",  # beat
        "effect.chat.card.after",  # publisher, the card is posted and nobody knows
        "append.TurnTaken.after@2",  # worker
        "effect.host.push.after",  # publisher
        "effect.host.open_pr.after",
        "append.MadeReady.inside",
    )
