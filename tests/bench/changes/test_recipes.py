"""Recipes: each edit does what its name says, nothing else changes, and the corpus is the one that was frozen."""

from collections import Counter

import pytest

from bench.changes.corpora import CORPORA
from bench.changes.edit import Edit
from bench.changes.recipes import (
    RIGHT,
    WRONG,
    Recipe,
    applied_hash,
    apply,
    dumped,
    loaded,
)
from bench.changes.source import CannotApply
from tests.bench.changes.small import FAULT, TREE

PATH = "small/__init__.py"
TEST = "tests/test_small.py"
FROZEN = {
    "frozen": "6b5714738ebec6fe9469db91bd27ee28da9d9644371a236425f431a8cd1d13fb",
    "held-out": "998762a5295a433ab503e8a879d81722d6c13eda26c679c9afe006b114c66c39",
}


@pytest.mark.parametrize("name", CORPORA)
def test_a_corpus_is_the_frozen_one(name: str) -> None:
    assert CORPORA[name].sha256() == FROZEN[name], "each corpus was frozen before any gate was tuned on it"


def test_the_corpus_has_enough_of_every_kind() -> None:
    recipes = CORPORA["frozen"].recipes()
    labels = Counter(r.label for r in recipes)
    assert labels[RIGHT] >= 200 and labels[WRONG] >= 200
    assert {r.package for r in recipes} == {"toolz", "cachetools", "parse"}
    assert len({r.id for r in recipes}) == len({r.applied for r in recipes}) == len(recipes)
    families = Counter(r.family for r in recipes)
    assert families["cheat"] >= 75 and families["bug"] + families["breaks a caller"] >= 75
    assert set(families) >= {"fix", "feature", "docs", "tests", "refactor", "off-scope", "hidden bug"}


def test_the_corpus_that_is_held_out_has_no_wrong_change_and_no_fault_of_the_first() -> None:
    first, held_out = CORPORA["frozen"].recipes(), CORPORA["held-out"].recipes()
    families = Counter(r.family for r in held_out)
    assert families["cheat"] >= 60 and families["bug"] + families["breaks a caller"] >= 35
    assert sum(r.label == RIGHT for r in held_out) >= 55
    applied = {r.applied for r in first}
    shared = [r for r in held_out if r.applied in applied]
    assert len(shared) == 7 and {r.family for r in shared} == {"refactor"}, (
        "some refactorings are too few for two corpora"
    )
    faults = [
        {(r.package, str(e)) for r in c if r.label == WRONG for e in r.truth} for c in (first, held_out)
    ]
    assert faults[1] and not faults[0] & faults[1]
    known = {r.kind for r in first}
    assert sum(r.family == "cheat" and r.kind not in known for r in held_out) >= 45


def test_a_corpus_reads_back_as_it_was_written() -> None:
    recipe = Recipe("x-1", "small", WRONG, "bug: plain", head=(FAULT.edit,), caught=("a::b",))
    assert loaded(dumped([recipe])) == (recipe,)


EDITS: list[tuple[Edit, str, str]] = [
    (FAULT.edit, "amount > 10:", "amount > 9:"),
    ({"do": "negate", "path": PATH, "line": 6}, "if member and amount > 10:", "if not (member and amount > 10):"),
    ({"do": "pass", "path": PATH, "line": 16}, "        found += price(amount, False)", "        pass"),
    ({"do": "none", "path": PATH, "line": 17}, "return found", "return None"),
    ({"do": "crossed", "path": PATH, "line": 16, "col": 17}, "price(amount, False)", "price(False, amount)"),
    ({"do": "hold", "path": PATH, "line": 10, "name": "x"}, "return amount * rate", "x = amount * rate\n    return x"),
    ({"do": "turn", "path": PATH, "line": 6, "col": 18}, "amount > 10", "10 < amount"),
    ({"do": "say", "path": PATH, "function": "total", "text": "w"}, "    found = 0", "    # w\n    found = 0"),
    ({"do": "document", "path": PATH, "function": "total", "text": "w"}, "    found = 0", '    """w"""\n    found = 0'),
    ({"do": "enter", "path": PATH, "function": "total", "text": "a = 1\nb = 2"}, "    found = 0", "    a = 1\n    b = 2\n    found = 0"),
    (
        {**FAULT.edit, "do": "guarded", "fault": "swap", "when": "w"},
        "if member and amount > 10:",
        "if member and amount > (10 if w else 9):",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "old", "new"), EDITS, ids=lambda e: e["do"] if isinstance(e, dict) else "")
def test_an_edit_changes_just_its_place(edit: Edit, old: str, new: str) -> None:
    before = TREE[PATH].decode()
    assert before.count(old) == 1
    assert apply(TREE, [edit]) == {**TREE, PATH: before.replace(old, new).encode()}


def test_branches_change_places_under_the_opposite_condition() -> None:
    after = apply(TREE, [{"do": "flip", "path": PATH, "line": 6}])[PATH].decode()
    assert "if not (member and amount > 10):\n        rate = 3\n    else:\n        rate = 2\n" in after


def test_a_local_is_renamed_in_its_function_alone() -> None:
    edit: Edit = {"do": "rename", "path": PATH, "function": "total", "old": "amount", "new": "one"}
    after = apply(TREE, [edit])[PATH].decode()
    assert "for one in amounts:\n        found += price(one, False)" in after
    assert after.count("amount") == TREE[PATH].decode().count("amount") - 2


TAMPERED: list[tuple[Edit, str]] = [
    ({"do": "drop-test", "path": TEST, "test": "test_total"}, "-def test_total"),
    ({"do": "mark-test", "path": TEST, "test": "test_total", "text": "@mark"}, "@mark\ndef test_total"),
    ({"do": "begin-test", "path": TEST, "test": "test_total", "text": "return"}, "():\n    return\n    assert total"),
    ({"do": "call-test", "path": TEST, "test": "test_total", "new": "check"}, "def check():"),
    ({"do": "weaken-test", "path": TEST, "test": "test_total", "how": "true"}, "assert True"),
    ({"do": "weaken-test", "path": TEST, "test": "test_total", "how": "itself"}, "assert (total([1, 2])) == (total([1, 2]))"),
    ({"do": "expect-other", "path": TEST, "test": "test_total", "line": 10}, "assert not (total([1, 2]) == 9)"),
    (
        {"do": "swallow-test", "path": TEST, "test": "test_total", "error": "E", "then": "pass"},
        "    try:\n        assert total([1, 2]) == 9\n    except E:\n        pass",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "shows"), TAMPERED, ids=lambda e: e["do"] if isinstance(e, dict) else "")
def test_a_test_is_tampered_with(edit: Edit, shows: str) -> None:
    after = apply(TREE, [edit])[TEST].decode()
    assert "def test_members_pay_less" in after
    assert shows[1:] not in after if shows.startswith("-") else shows in after


def test_edits_that_overlap_or_do_not_fit_are_refused() -> None:
    with pytest.raises(CannotApply, match="overlap"):
        apply(TREE, [FAULT.edit, {"do": "negate", "path": PATH, "line": 6}])
    with pytest.raises(CannotApply, match="no function"):
        apply(TREE, [{"do": "drop-test", "path": TEST, "test": "test_absent"}])
    with pytest.raises(CannotApply, match="no plain if"):
        apply(TREE, [{"do": "nest", "path": PATH, "line": 6}])
    with pytest.raises(CannotApply, match="does not stand"):
        apply(TREE, [{**FAULT.edit, "old": "11"}])
    with pytest.raises(CannotApply):
        apply(TREE, [{"do": "append", "path": PATH, "text": "\ndef broken("}])


def test_the_hash_tells_what_a_recipe_makes() -> None:
    one = Recipe("x", "small", WRONG, "bug", head=(FAULT.edit,))
    same = Recipe("y", "small", WRONG, "other words", head=({**FAULT.edit, "old": "10:", "new": "9:"},))
    other = Recipe("x", "small", WRONG, "bug", head=({**FAULT.edit, "new": "11"},))
    assert applied_hash(TREE, one) == applied_hash(TREE, same) != applied_hash(TREE, other)
