"""Every append, every outside effect and every other fail-point of the code has a drill, or a reason why not. Quick: kills nobody."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from tasks.domain.events import Event
from tasks.publish import EFFECTS, NOTICES
from tests.drills.points import EDGES, MOMENTS, UNDRILLED, drills, names
from tests.drills.there import drills_there

ROOT = Path(__file__).parents[2]
DRILLED = {name for point, _ in (*drills(), *drills_there()) for name in names(point)}


def plain_points() -> Iterator[str]:
    """The fail-points whose whole name stands in the source."""
    for path in (*ROOT.glob("tasks/**/*.py"), *ROOT.glob("bot/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "failpoints.reached":
                name = [part.value for part in node.args if isinstance(part, ast.Constant)]
                if len(name) == len(node.args):
                    yield ".".join(str(part) for part in name)


NEEDED = {
    *(f"append.{event.__name__}.{edge}" for event in get_args(Event) for edge in EDGES),
    *(f"effect.{kind}.{moment}" for kind in (*EFFECTS, *NOTICES) for moment in MOMENTS),
    *plain_points(),
}


def family(point: str) -> str:
    return point.rpartition(".")[0]


def test_each_has_a_drill_or_a_reason() -> None:
    assert [
        point for point in sorted(NEEDED) if point not in DRILLED and family(point) not in UNDRILLED
    ] == []


def test_drills_and_reasons_are_about_what_is_there() -> None:
    assert NEEDED >= DRILLED
    assert {family(point) for point in NEEDED - DRILLED} == set(UNDRILLED)
