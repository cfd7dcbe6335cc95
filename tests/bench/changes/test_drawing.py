"""Drawing: the same seed draws the same changes, and a label is told by tests that really ran."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from bench.changes import cheats, rights, wrongs
from bench.changes.cheats import WAYS
from bench.changes.drawing import taken_by
from bench.changes.edit import Edit
from bench.changes.labels import complaint
from bench.changes.material import Material
from bench.changes.otherways import OTHER_WAYS
from bench.changes.pool import Noticed, filled, noticed, shuffled
from bench.changes.recipes import RIGHT, WRONG, Recipe, apply
from bench.changes.source import CannotApply
from bench.changes.trying import Bench, bench
from bench.changes.ways import Case
from bot.cli.demo.toolchain import copy_toolchain
from tests.bench.changes.small import FAULT, PACKAGE, SUM, TREE, material

Maker = Callable[[Material], Iterator[Recipe]]
MAKERS: list[Maker] = [make for make, _ in (*rights.WANTED, *wrongs.WANTED, (wrongs.mended_in_form, 1))]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_the_same_seed_draws_the_same(make: Maker) -> None:
    assert list(islice(make(material()), 6)) == list(islice(make(material()), 6))


def test_the_order_of_faults_and_of_ways_to_cheat_is_the_seeds() -> None:
    assert (
        shuffled(PACKAGE, TREE, seed="a")
        == shuffled(PACKAGE, TREE, seed="a")
        != shuffled(PACKAGE, TREE, seed="b")
    )

    def kinds(seed: str) -> list[str]:
        return [r.kind for way in cheats.cheats(material(seed)) for r in islice(way, 1)]

    assert kinds("a") == kinds("a") != kinds("b")
    assert len(set(kinds("a"))) == len(kinds("a")) > 30


BOTH = {**WAYS, **OTHER_WAYS}


@pytest.mark.parametrize("way", sorted(BOTH))
def test_every_way_to_cheat_makes_a_change_that_can_be_read(way: str) -> None:
    m = material()
    case = Case(
        m,
        replace(m.pool[0], answers={"small.price(10, True)": "20"}),
        (("tests/test_small.py", "test_total"),),
    )
    recipe = BOTH[way](case)
    base, head = apply(TREE, recipe.base), apply(TREE, recipe.head)
    assert base != head


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    toolchain = copy_toolchain(tmp_path_factory.mktemp("room") / "toolchain")
    with bench(PACKAGE, TREE, toolchain) as made:
        yield made


def test_a_fault_that_is_noticed_is_kept_with_what_it_changes(room: Bench) -> None:
    found = next(noticed(room, ["small.total([4])"], seed="s"))
    assert found.failed and all(name.startswith("tests/test_small.py::") for name in found.failed)
    assert not room.tried(apply(TREE, [found.edit])).passed


def test_a_function_that_is_left_alone_has_no_fault(room: Bench) -> None:
    alone = {("small/__init__.py", "total")}
    found = list(islice(noticed(room, [], seed="s", but=alone), 3))
    assert found and {one.function for one in found} == {"price"}


def test_functions_of_another_corpus_are_left_alone() -> None:
    recipe = Recipe("a", "small", WRONG, "bug: plain", head=(FAULT.edit,))
    said = Recipe("b", "small", RIGHT, "docs", head=({**FAULT.edit, "line": 16},))
    assert set(taken_by([recipe, said], PACKAGE, TREE)) == {("small/__init__.py", "price")}


def test_of_an_interrupted_drawing_nothing_is_kept(tmp_path: Path) -> None:
    place = tmp_path / "pool.jsonl"

    def broken() -> Iterator[Noticed]:
        yield FAULT
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        filled(place, broken(), most=5)
    assert filled(place, iter([FAULT, SUM, FAULT]), most=2) == [FAULT, SUM]
    assert filled(place, broken(), most=2) == [FAULT, SUM], "kept: nothing is drawn anew"


SKIP: Edit = {
    "do": "begin-test",
    "path": "tests/test_small.py",
    "test": "test_members_pay_less",
    "text": "return",
}
LABELS = [
    (Recipe("a", "small", RIGHT, "docs", head=({"do": "say", "path": "small/__init__.py", "function": "total", "text": "w"},)), ""),
    (Recipe("b", "small", RIGHT, "refactor", head=(FAULT.edit,)), "its own tests fail"),
    (Recipe("c", "small", WRONG, "bug: plain", head=(FAULT.edit,)), ""),
    (Recipe("d", "small", WRONG, "bug: plain", head=(SKIP,)), "the published tests pass on it"),
    (Recipe("e", "small", WRONG, "cheat: early return", head=(FAULT.edit, SKIP)), ""),
    (Recipe("f", "small", WRONG, "cheat: early return", head=(FAULT.edit,)), "its own tests fail, so it hides nothing"),
    (Recipe("g", "small", RIGHT, "fix", base=(SKIP,)), "nothing was wrong before"),
    (Recipe("h", "small", RIGHT, "fix", base=(FAULT.edit, SKIP)), ""),
]  # fmt: skip


@pytest.mark.parametrize(("recipe", "why"), LABELS, ids=lambda value: getattr(value, "id", None))
def test_a_label_is_told_by_the_published_tests(room: Bench, recipe: Recipe, why: str) -> None:
    found = complaint(room, recipe)
    assert found.startswith(why) and bool(found) == bool(why)


def test_a_fault_that_too_many_tests_notice_hides_nowhere() -> None:
    m = material()
    many = replace(FAULT, failed=FAULT.failed * 4)
    with pytest.raises(CannotApply, match="too many"):
        m.tests(many)


def test_packages_that_fail_by_themselves_are_refused(tmp_path: Path) -> None:
    toolchain = copy_toolchain(tmp_path / "toolchain")
    with (
        pytest.raises(SystemExit, match="as they are published"),
        bench(PACKAGE, apply(TREE, [FAULT.edit]), toolchain),
    ):
        pass
