"""Gating: commits of recipes, what is known is not run again, and what the gates say becomes rates."""

import json
import subprocess
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bench.changes.commits import laid
from bench.changes.gating import Passage, gated, gates_hash, in_turns, known
from bench.changes.rates import escaped, gates_table, paired, ratios, right_table, wrong_table
from bench.changes.recipes import RIGHT, WRONG, Recipe
from bench.changes.reviewers import Quality, reviewed
from bench.places import in_memory
from bot.cli.demo.toolchain import copy_toolchain
from tests.bench.changes.small import FAULT, PACKAGE, TREE

SAID = Recipe("r-1", "small", RIGHT, "docs", command=PACKAGE.command,
              head=({"do": "say", "path": "small/__init__.py", "function": "total", "text": "w"},))  # fmt: skip
BUG = Recipe("w-1", "small", WRONG, "bug: plain", head=(FAULT.edit,), command=PACKAGE.command)


def test_recipes_become_commits_that_are_the_same_everywhere(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        repository = tmp_path / name
        subprocess.run(["git", "init", "-q", "--bare", str(repository)], check=True)
        found.append(laid(repository, TREE, [SAID, BUG]))
    assert found[0] == found[1]
    (base, head), (other_base, _) = found[0]["w-1"], found[0]["r-1"]
    assert base == other_base
    shown = ["git", "-C", str(tmp_path / "one"), "diff", "--stat", base, head]
    text = subprocess.run(shown, check=True, capture_output=True, text=True).stdout
    assert "small/__init__.py | 2 +-" in text and "1 file changed" in text


def test_changes_go_through_the_gates_and_are_not_run_twice(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    with in_memory("test") as room:
        copy_toolchain(room / "toolchain")
        found = gated([SAID, BUG], {"small": TREE}, room, results=results, processes=1)
    assert not found["r-1"].stopped and found["r-1"].outcomes["test"] == "passed"
    assert found["w-1"].sent_back and "test" in found["w-1"].stoppers
    results.write_text(results.read_text() + '{"id": "half a li')
    nowhere = tmp_path / "nowhere"
    assert gated([SAID, BUG], {}, nowhere, results=results, processes=1) == found == known(results)


def _passage(name: str, **outcomes: str) -> Passage:
    return Passage(name, {k.replace("_", "-"): v for k, v in outcomes.items()}, {}, False, 1.0)


CHEAT = replace(BUG, id="w-2", kind="cheat: skip mark")
HIDDEN = replace(BUG, id="w-3", kind="hidden bug: plain")
GOOD = replace(SAID, id="r-2")
RECIPES = (SAID, GOOD, BUG, CHEAT, HIDDEN)
PASSAGES = {
    p.id: p
    for p in (
        _passage("r-1", test="passed"),
        _passage("r-2", test="passed", check_files="needs_human"),
        _passage("w-1", test="failed"),
        _passage("w-2", test="passed", tests_skipped="needs_human", base_tests="needs_human"),
        _passage("w-3", test="passed"),
    )
}


def test_the_targets_are_shares_of_what_gates_can_see() -> None:
    pairs = paired(RECIPES, PASSAGES)
    assert ratios(pairs) == {"cheats_stopped": 1.0, "bugs_stopped": 1.0, "good_rejected": 0.0}
    through = PASSAGES | {"w-1": _passage("w-1", test="red_before"), "r-1": _passage("r-1", test="failed")}
    pairs = paired(RECIPES, through)
    assert ratios(pairs) == {"cheats_stopped": 1.0, "bugs_stopped": 0.0, "good_rejected": 0.5}
    assert escaped(pairs) == ["let on: w-1 (bug: plain)", "rejected: r-1 (docs) by test"]


def test_held_for_a_person_is_not_rejected() -> None:
    rows = {str(row[0]): row for row in right_table(paired(RECIPES, PASSAGES)).rows}
    assert rows["docs"][1:5] == (2, 0, 1, 1)


def test_a_hidden_bug_is_told_apart_from_one_that_a_test_shows() -> None:
    rows = {str(row[0]): row for row in wrong_table(paired(RECIPES, PASSAGES)).rows}
    assert rows["hidden bug"][1:5] == (1, 0, 0, 1)
    assert rows["bug"][1:5] == (1, 1, 0, 0)


def test_without_a_gate_only_what_it_alone_stopped_gets_through() -> None:
    rows = {str(row[0]): row for row in gates_table(paired(RECIPES, PASSAGES)).rows}
    assert str(rows["(all gates)"][3]).startswith("33.3%")
    assert rows["without test"][1:3] == (1, 1) and str(rows["without test"][3]).startswith("66.7%")
    assert rows["without base-tests"][1:3] == (1, 0) and str(rows["without base-tests"][3]).startswith(
        "33.3%"
    )
    assert str(rows["without check-files"][5]).startswith("0.0%")


def test_reviewers_that_see_everything_let_nothing_wrong_land_and_blind_ones_change_nothing() -> None:
    sharp = reviewed(RECIPES, PASSAGES, Quality(1.0, 0.0), lenses=3)
    blind = reviewed(RECIPES, PASSAGES, Quality(0.0, 0.0), lenses=3)
    assert sharp.false_land == 0.0 and blind.false_land == pytest.approx(1 / 3)
    none = reviewed(RECIPES, PASSAGES, Quality(1.0, 1.0), lenses=0)
    assert none.false_land == pytest.approx(1 / 3) and none.held == pytest.approx(0.5)
    assert sharp.false_reject == blind.false_reject == 0.0
    assert sharp.held == blind.held == pytest.approx(0.5)


def test_a_false_alarm_that_nothing_upholds_holds_a_change_and_does_not_reject_it() -> None:
    empty = reviewed(RECIPES, PASSAGES, Quality(0.0, 1.0, upheld=0.0), lenses=1)
    upheld = reviewed(RECIPES, PASSAGES, Quality(0.0, 1.0, upheld=1.0), lenses=1)
    assert empty.false_reject == 0.0 and empty.held == pytest.approx(1.0)
    assert upheld.false_reject == pytest.approx(0.5) and upheld.held == pytest.approx(0.5)


def test_more_independent_lenses_see_more() -> None:
    one = reviewed(RECIPES, PASSAGES, Quality(0.5, 0.0), lenses=1)
    three = reviewed(RECIPES, PASSAGES, Quality(0.5, 0.0), lenses=3)
    assert three.false_land < one.false_land < 1 / 3


def test_a_sample_is_of_all_kinds() -> None:
    many = [replace(r, id=f"{r.id}-{n}") for r in RECIPES for n in range(5)]
    assert {(r.label, r.family) for r in in_turns(many, 4)} == {(r.label, r.family) for r in many}
    assert len(list(in_turns(many, 9))) == 9 and len(list(in_turns(many, 99))) == 25


def test_an_interrupted_line_is_not_a_result(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(json.dumps(asdict(PASSAGES["w-1"])) + "\n" + '{"id": "w-2", "outco')
    assert known(path) == {"w-1": PASSAGES["w-1"]}
    assert len(gates_hash()) == 64
