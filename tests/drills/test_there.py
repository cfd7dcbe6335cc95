"""One process dies at one fail-point of a run that was asked for on GitHub: where it differs from one of the chat."""

import pytest

from tests.drills.house import House
from tests.drills.there import There, drills_there, tell_there

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]
CASES = drills_there()


@pytest.mark.parametrize(("point", "story"), CASES, ids=[point for point, _ in CASES])
def test_killed_when_asked_there(running_house: House, point: str, story: There) -> None:
    tell_there(running_house, story, *point.split(" + "))
