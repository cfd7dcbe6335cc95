"""Wrong changes that are no cheats: faults with the tests that notice them there or withheld, off the request, or breaking a caller."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

from bench.changes.edit import Edit
from bench.changes.material import Material, asking, dropped, imports
from bench.changes.pool import Noticed
from bench.changes.recipes import WRONG, Recipe
from bench.changes.refactoring import renames, rewrites
from bench.changes.source import CannotApply, Source


def shown(m: Material) -> Iterator[Recipe]:
    """A fault, and the tests that notice it are there: alone, with a worthless test, or beside a repair of something else."""
    ways = cycle(("plain", "worthless test", "plain", "worthless test", "while mending another"))
    others = cycle(m.faults("others"))
    for fault in m.faults("bug"):
        way = next(ways)
        head: tuple[Edit, ...] = (fault.edit,)
        base: tuple[Edit, ...] = ()
        if way == "worthless test":
            head = (*head, _worthless(m, fault))
        elif way == "while mending another":
            other = next(o for o in others if not set(o.failed) & set(fault.failed))
            base = (other.edit,)
        yield _wrong(m, f"bug: {way}", fault, base=base, head=head)


def unmended(m: Material) -> Iterator[Recipe]:
    """Base is red; the change says that it mends this, does something else, and base stays red."""
    says = [e for source in m.sources() for e in rewrites(source) if e["do"] in ("hold", "turn")]
    for fault, other in zip(m.faults("unmended"), m.mixed("unmended others", says), strict=False):
        head: tuple[Edit, ...] = (fault.edit, other, _worthless(m, fault))
        yield _wrong(m, "bug: not mended", fault, base=(fault.edit,), head=head)


def mended_in_form(m: Material) -> Iterator[Recipe]:
    """Base is red and stays red; the change brings a test that fails without it and passes with it, and is about nothing."""
    for fault in m.faults("mended in form"):
        name = m.package.name
        added: Edit = {"do": "append", "path": str(fault.edit["path"]), "text": "\n\nMENDED = True\n"}
        module = (
            str(fault.edit["path"])
            .removeprefix("src/")
            .removesuffix(".py")
            .replace("/", ".")
            .removesuffix(".__init__")
        )
        test = f"import importlib\n\n\ndef test_{name}_is_mended():\n    assert importlib.import_module({module!r}).MENDED\n"
        head: tuple[Edit, ...] = (fault.edit, added, m.own_test("mended", test))
        yield _wrong(m, "bug: mended in form", fault, base=(fault.edit,), head=head)


def hidden(m: Material) -> Iterator[Recipe]:
    """A fault, and every test that notices it is withheld from the repository: what no gate on its tests can see."""
    ways = cycle(("plain", "worthless test"))
    for fault in m.faults("hidden"):
        try:
            without = dropped(m.tests(fault))
        except CannotApply:
            continue
        head: tuple[Edit, ...] = (*without, fault.edit)
        way = next(ways)
        if way == "worthless test":
            head = (*head, _worthless(m, fault))
        yield _wrong(m, f"hidden bug: {way}", fault, base=without, head=head)


def breaking(m: Material) -> Iterator[Recipe]:
    """Its own test wants what the function does now, and passes; a test of something else that calls it does not."""
    for fault in m.faults("caller"):
        asked = [(probe, now) for probe, now in fault.answers.items() if now is not None]
        if not asked or not _of_a_caller(m, fault):
            continue
        probe, now = asked[0]
        head: tuple[Edit, ...] = (fault.edit, m.own_test("as_asked", asking(probe, now, "as_asked")))
        yield _wrong(m, "breaks a caller", fault, head=head)


def off_scope(m: Material) -> Iterator[Recipe]:
    """A correct little change, and beside it what nobody asked for. Wrong by its label alone: tests cannot tell."""
    asked = [e for source in m.sources() for e in rewrites(source) if e["do"] == "say"]
    for (what, more), edit in zip(_beside(m), m.mixed("off-scope", asked), strict=False):
        head = ({**edit, "text": "Looked at for the request; nothing else to do here."}, *more)
        yield Recipe("", m.package.name, WRONG, f"off-scope: {what}", head=head)


def _beside(m: Material) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    sources = list(m.sources())
    largest = max(sources, key=lambda s: len(s.data))
    many = m.mixed("many renames", list(renames(largest)))
    functions: dict[str, str] = dict(many)
    code = m.package.code[0]
    lines = "\n".join(f'    "{n:04d}": "{n * 7919 % 10007:05d}",' for n in range(1200))
    yield (
        "renames elsewhere",
        tuple(
            {"do": "rename", "path": largest.path, "function": f, "old": old, "new": f"{old}_value"}
            for f, old in list(functions.items())[:6]
        ),
    )
    yield "a module nobody asked for", ({"do": "write", "path": f"{code}/telemetry.py", "text": _TELEMETRY},)
    yield "a workflow", ({"do": "write", "path": ".github/workflows/extra.yml", "text": _WORKFLOW},)
    yield "a dependency", ({"do": "write", "path": "requirements.txt", "text": "leftpad>=1\nrequests\n"},)
    yield (
        "a readme of another kind",
        ({"do": "write", "path": "README.rst", "text": "Buy our other product.\n"},),
    )
    yield "a licence gone", ({"do": "remove", "path": next(p for p in m.tree if p.startswith("LICENSE"))},)
    yield (
        "a table of data",
        ({"do": "write", "path": f"{code}/_table.py", "text": f"TABLE = {{\n{lines}\n}}\n"},),
    )


_TELEMETRY = '''"""Counts what is called."""

COUNTS = {}


def count(name):
    """One more call of this name."""
    COUNTS[name] = COUNTS.get(name, 0) + 1
'''
_WORKFLOW = (
    "name: extra\non: push\njobs:\n  extra:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo done\n"
)


def _of_a_caller(m: Material, fault: Noticed) -> bool:
    """Whether a test that notices the fault does not speak of the function at all."""
    name = fault.function.rpartition(".")[2]
    for failed in fault.failed:
        path, _, rest = failed.partition("::")
        try:
            source = Source(path, m.tree[path])
            test = source.function(rest.replace("::", "."))
        except (CannotApply, KeyError):
            continue
        if name not in source.text(test):
            return True
    return False


def _worthless(m: Material, fault: Noticed) -> Edit:
    """A test that passes whatever the code does."""
    top = fault.function.partition(".")[0]
    probes = m.probes_of(top)
    module = m.package.name
    if not probes:
        body = f"import {module}\n\n\ndef test_{module}_is_there():\n    assert {module} is not None\n"
        return m.own_test("request", body)
    lines = f"{imports(probes[0])}\n\n\ndef test_it_runs():\n    try:\n        found = {probes[0]}\n"
    return m.own_test(
        "request",
        f"{lines}    except Exception as error:\n        found = error\n    assert found is not Ellipsis\n",
    )


def _wrong(
    m: Material, kind: str, fault: Noticed, *, head: tuple[Edit, ...], base: tuple[Edit, ...] = ()
) -> Recipe:
    made = Recipe("", m.package.name, WRONG, kind, base=base, head=head)
    return replace(made, truth=(fault.edit,), caught=fault.failed[:5])


WANTED = (
    (shown, 20),
    (unmended, 3),
    (hidden, 8),
    (breaking, 6),
    (off_scope, 7),
)
"""How many of each a package gives."""
