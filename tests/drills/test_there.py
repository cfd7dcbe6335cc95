"""One process dies at one fail-point of a run that was asked for on GitHub: where it differs from one of the chat."""

from itertools import count

import pytest

from bot.host_routing import ASKED
from tests.drills.conftest import Standing
from tests.drills.house import House
from tests.drills.there import There, drills_there, tell_there

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]
CASES = drills_there()
_ASKS = count(1)


@pytest.fixture(autouse=True)
def few_asks(standing: Standing) -> None:
    """One person asks in all of these, and nobody is heard who asks too often in an hour: another house in time."""
    if next(_ASKS) % (ASKED // 2) == 0:
        standing.leave()


@pytest.mark.parametrize(("point", "story"), CASES, ids=[point for point, _ in CASES])
def test_killed_when_asked_there(running_house: House, point: str, story: There) -> None:
    tell_there(running_house, story, *point.split(" + "))
