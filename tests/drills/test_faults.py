"""The page's list of faults names every fault, and only tests that are there. Quick: kills nobody."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs/reliability.md").read_text()
ROWS = dict(re.findall(r"^\| (X\d+) \| (.+) \|$", PAGE, re.MULTILINE))
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", "\n".join(ROWS.values()))


def test_every_fault_has_a_row_with_a_test_or_a_reason() -> None:
    assert list(ROWS) == [f"X{number}" for number in range(1, 47)]
    assert [
        number for number, row in ROWS.items() if "::test_" not in row and "not covered: " not in row
    ] == []


@pytest.mark.parametrize("place", sorted({place for place, _ in NAMED}))
def test_what_it_names_is_there(place: str) -> None:
    made = {
        node.name
        for node in ast.walk(ast.parse((TESTS / place).read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    assert {name for at, name in NAMED if at == place} <= made
