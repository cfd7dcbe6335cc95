"""The map of rows to tests cannot lie: what it names is there, and what it names not has a reason."""

import ast
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from tests.rows.row import Row, at
from tests.rows.table import EVERY, PAGE, ROOT, page

WANTED = (
    [f"UX {n}" for n in ("8.6", "9.1", "9.2", "9.3", "9.4", "9.5", "9.6")]
    + [f"UX-{n}" for n in range(15, 19)]
    + [f"SECURITY A{n}" for n in (6, 7, 8, 11, 12, 13, 20)]
    + [f"SECURITY C{n}" for n in range(4, 12)]
    + [f"SECURITY D{n}" for n in (1, 7, 8, 9)]
    + ["SECURITY H4", "UX 15", "UX-11", "UX-22"]
    + [f"SECURITY {row}" for row in ("A14", "A15", "A16", "D4", "D5", "D6", "H3")]
    + [f"UX-{n:02}" for n in range(7, 11)]
    + [f"UX {n}" for n in ("5.5", "5.6", "8.3")]
)


@cache
def names_of(path: Path) -> frozenset[str]:
    """The names of a file's test functions that pytest would run."""
    found = ast.parse(path.read_text(encoding="utf-8")).body
    return frozenset(f.name for f in found if isinstance(f, ast.FunctionDef) and not _skipped(f))


def _skipped(function: ast.FunctionDef) -> bool:
    marks = (ast.unparse(m.func if isinstance(m, ast.Call) else m) for m in function.decorator_list)
    return any(mark in ("pytest.mark.skip", "pytest.mark.xfail") for mark in marks)


def wrong(row: Row) -> list[str]:
    """What is not true of a row."""
    told = [bool(row.tests), bool(row.without), bool(row.missing)]
    problems = [] if sum(told) == 1 else ["a row has tests, or a reason why there are none, or is missing"]
    for test in row.tests:
        path, _, name = test.partition("::")
        if not (ROOT / path).is_file():
            problems.append(f"there is no file {path}")
        elif name not in names_of(ROOT / path):
            problems.append(f"{path} has no test {name}")
    return problems


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_a_row_is_held_by_tests_that_exist_or_says_why_by_none(row: Row) -> None:
    assert wrong(row) == []


def test_no_row_is_left_out_and_none_is_there_twice() -> None:
    ids = [row.id for row in EVERY]
    assert [n for n, times in Counter(ids).items() if times > 1] == []
    left_out = [want for want in WANTED if not any(i == want or i.startswith(f"{want} ") for i in ids)]
    assert left_out == []


def test_a_row_that_lies_is_found_out() -> None:
    good = Row("x", "x", at("rows/test_rows", "a_row_that_lies_is_found_out"))
    assert wrong(good) == []
    assert wrong(replace(good, tests=())) and wrong(replace(good, without="because"))
    assert wrong(replace(good, tests=at("rows/test_rows", "nothing"))) == [
        "tests/rows/test_rows.py has no test test_nothing"
    ]
    assert wrong(replace(good, tests=at("nowhere", "x"))) == ["there is no file tests/nowhere.py"]
    assert wrong(Row("x", "x", (), without="because")) == []


def test_the_page_is_the_one_that_is_made_of_the_rows() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.rows.table"
