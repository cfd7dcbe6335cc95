"""Correct changes, as candidates in an order of chance: which of them come into the corpus is decided by trying them."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

from bench.changes.edit import Edit
from bench.changes.material import Material, asking, dropped, imports
from bench.changes.recipes import RIGHT, Recipe
from bench.changes.refactoring import renames, rewrites
from bench.changes.source import CannotApply

WRITTEN = Path(__file__).parent / "written"
_NAMES = ("current", "collected", "remaining", "piece", "answer", "holder", "entry", "subject")
_SAID = (
    "Order matters here: what is looked at first decides.",
    "Kept simple on purpose; measured before it is made quicker.",
    "Nothing here may change what the caller gave us.",
    "The empty case falls out of this by itself.",
)
_DOCUMENTED = (
    "The arguments are left as they were.",
    "It does the same every time it is given the same.",
    "See the tests for more examples.",
)


def features(m: Material, *, corpus: str = "") -> Iterator[Recipe]:
    """Written by hand, in `written/`; `corpus` names the file of another corpus than the first."""
    place = WRITTEN / f"{corpus}{m.package.name}.toml"
    for raw in tomllib.loads(place.read_text())["change"] if place.exists() else []:
        yield _right(m, "feature", head=tuple(raw["head"]))


def renamed(m: Material) -> Iterator[Recipe]:
    """Another name for a local of one function; the files in turn."""
    names = cycle(_NAMES)
    sources = [(s, m.mixed(f"renames of {s.path}", list(renames(s)))) for s in m.sources()]
    while any(left for _, left in sources):
        for source, left in sources:
            if left:
                function, old = left.pop()
                new = next(n for n in names if n.encode() not in source.data)
                edit: Edit = {
                    "do": "rename",
                    "path": source.path,
                    "function": function,
                    "old": old,
                    "new": new,
                }
                yield _right(m, "refactor: rename", head=(edit,))


def rewritten(m: Material) -> Iterator[Recipe]:
    """The same said otherwise. Each way in its turn, so that the frequent ones do not crowd out the others."""
    edits = [e for source in m.sources() for e in rewrites(source) if e["do"] != "say"]
    ways: dict[str, list[Edit]] = {}
    for edit in m.mixed("rewrites", edits):
        ways.setdefault(str(edit["do"]), []).append(edit)
    while any(ways.values()):
        for way, left in sorted(ways.items()):
            if left:
                yield _right(m, f"refactor: {way}", head=(left.pop(),))


def mended(m: Material) -> Iterator[Recipe]:
    """Base has a fault; the change takes it out: with the tests that base lacks, with one of our own, or where base is red."""
    ways = cycle(("with its tests", "with a test of its own", "red before", "with its tests"))
    for fault in m.faults("fix"):
        try:
            tests = m.tests(fault)
        except CannotApply:
            continue
        way = next(ways)
        asked = [probe for probe in fault.answers if probe in m.right]
        head: tuple[Edit, ...] = ()
        base: tuple[Edit, ...] = (fault.edit, *dropped(tests))
        if way == "red before":
            base = (fault.edit,)
        elif way == "with a test of its own" and asked:
            head = (
                *dropped(tests),
                m.own_test("reported", asking(asked[0], m.right[asked[0]], "what_was_reported")),
            )
        yield replace(_right(m, f"fix: {way}", head=head), base=base, caught=fault.failed[:5])


def documented(m: Material) -> Iterator[Recipe]:
    """Words alone."""
    edits = [e for source in m.sources() for e in rewrites(source) if e["do"] == "say"]
    for number, edit in enumerate(m.mixed("docs", edits)):
        way = number % 3
        if way == 0:
            yield _right(m, "docs: comment", head=({**edit, "text": _SAID[number % len(_SAID)]},))
        elif way == 1:
            text = _DOCUMENTED[number % len(_DOCUMENTED)]
            yield _right(m, "docs: docstring", head=({**edit, "do": "document", "text": text},))
        else:
            text = f"\n\nNotes\n-----\n\n``{edit['function']}``: {_DOCUMENTED[number % len(_DOCUMENTED)]}\n"
            yield _right(m, "docs: readme", head=({"do": "append", "path": "README.rst", "text": text},))


def tested(m: Material) -> Iterator[Recipe]:
    """Tests that base lacks, which hold there already: of two questions each."""
    asked = m.mixed("tests", [e for _, _, e in m.probes if e in m.right])
    for number, (one, two) in enumerate(zip(asked[::2], asked[1::2], strict=False)):
        first = f"    assert {one} == {m.right[one]}\n"
        second = f"    assert {two} == {m.right[two]}\n"
        head = imports(f"{one} {two}")
        body = f"{head}\n\n\ndef test_one_answer():\n{first}\n\ndef test_another_answer():\n{second}"
        yield _right(m, "tests: added", head=(m.own_test(f"answers_{number}", body),))


def _right(m: Material, kind: str, *, head: tuple[Edit, ...]) -> Recipe:
    return Recipe("", m.package.name, RIGHT, kind, head=head)


WANTED = (
    (features, 10),
    (renamed, 18),
    (rewritten, 18),
    (mended, 14),
    (documented, 7),
    (tested, 7),
)
"""How many of each a package gives."""
