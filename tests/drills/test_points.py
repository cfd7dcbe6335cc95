"""One process dies at one fail-point, once for each of them: before and after every outside effect and every append."""

from collections.abc import Iterator

import pytest

from tasks.failpoints import TRACE
from tests.drills.house import House
from tests.drills.points import drills
from tests.drills.tell import Story, tell

pytestmark = [pytest.mark.drill, pytest.mark.timeout(400)]
CASES = drills()


@pytest.mark.parametrize(("point", "story"), CASES, ids=[point for point, _ in CASES])
def test_killed_at(running_house: House, point: str, story: Story) -> None:
    tell(running_house, story, point)


def test_every_fail_point_that_was_passed_has_a_drill(running_house: House) -> None:
    """A new effect or event of these stories without a drill of its own fails here."""
    passed = set((running_house.points / TRACE).read_text().split())
    drilled = {point.partition("@")[0] for point, _ in CASES}
    assert passed - drilled - set(_unplanned(passed)) == set()


def _unplanned(passed: set[str]) -> Iterator[str]:
    """What only a drill brings about: the note that a worker was lost, and texts about workers that are down."""
    return (name for name in passed if name.startswith(("append.StepFailed.", "append.PullRequestMoved.")))
