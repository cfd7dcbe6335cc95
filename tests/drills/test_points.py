"""One process dies at one fail-point, once for each of them: before and after every outside effect and every append."""

import pytest

from tests.drills.house import House
from tests.drills.points import drills
from tests.drills.tell import Story, tell

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]
CASES = drills()


@pytest.mark.parametrize(("point", "story"), CASES, ids=[point for point, _ in CASES])
def test_killed_at(running_house: House, point: str, story: Story) -> None:
    tell(running_house, story, *point.split(" + "))
