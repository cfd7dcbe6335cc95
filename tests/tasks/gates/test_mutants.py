"""Mutants: small, readable, only on the changed lines, and the same for the same seed."""

import ast

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.gates.mutants import mutants
from tests.tasks.gates.conftest import Bench
from tests.tasks.gates.test_proof import APP, BUGGY, NEW, gates

SOURCE = '''def rate(n, *, vip=False):
    """The rate."""
    if n is None:
        raise ValueError("n")
    if vip and n >= 10:
        return n * 2
    return n + 1
'''
ALL = frozenset(range(1, 20))


def what(lines: frozenset[int] = ALL, most: int = 99) -> set[tuple[int, str]]:
    return {(m.line, m.what) for m in mutants("a.py", SOURCE, lines, most=most, seed="x")}


def test_every_kind_of_small_change_is_made() -> None:
    assert what() >= {
        (1, "False → True"),
        (3, "n is None → n is not None"),
        (4, "raise ValueError('n') → pass"),
        (5, "n >= 10 → n > 10"),
        (5, "vip and n >= 10 → vip or n >= 10"),
        (6, "n * 2 → n // 2"),
        (6, "return n * 2 → return None"),
        (7, "n + 1 → n - 1"),
        (7, "1 → 2"),
    }
    assert not any("The rate" in said for _, said in what())


def test_only_the_changed_lines_and_at_most_so_many() -> None:
    assert {line for line, _ in what(frozenset({6}))} == {6}
    assert len(what(most=3)) == 3
    assert mutants("a.py", "def (:", ALL, most=3, seed="x") == ()


def test_the_same_seed_draws_the_same() -> None:
    first = mutants("a.py", SOURCE, ALL, most=4, seed="x")
    assert first == mutants("a.py", SOURCE, ALL, most=4, seed="x")
    assert any(first != mutants("a.py", SOURCE, ALL, most=4, seed=str(n)) for n in range(9))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([SOURCE, APP, "x = 1 if a else 2\nwhile x: x -= 1\nf'{x!r:>{3}}'\n"]), st.integers(0, 999)
)
def test_every_mutant_is_another_program(source: str, seed: int) -> None:
    same = ast.dump(ast.parse(source))
    for mutant in mutants("a.py", source, ALL, most=5, seed=str(seed)):
        assert ast.dump(ast.parse(mutant.source)) != same, mutant.what


def test_what_the_tests_do_not_notice_is_listed_and_decides_nothing(bench: Bench) -> None:
    loose = "def total(items, scale=1):\n    return sum(items) * scale\n"
    found = gates(bench, BUGGY, {"app.py": loose, "tests/test_app.py": NEW}, mutation_s=120.0)["mutation"]
    assert found.outcome == "passed"
    assert (
        found.detail.startswith("The tests notice ")
        and "not noticed: app.py:2: sum(items) * scale" in found.detail
    )
    assert "return sum(items) * scale → return None" not in found.excerpt
