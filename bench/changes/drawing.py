"""Draws a corpus: candidates in an order that the seed decides, tried until each kind has as many as are wanted."""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bench.changes import cheats, rights, wrongs
from bench.changes.labels import holds
from bench.changes.material import Material
from bench.changes.otherways import OTHER_WAYS
from bench.changes.packages import PACKAGES, Package, Tree, pristine
from bench.changes.pool import Noticed, filled, noticed
from bench.changes.probes import PROBES
from bench.changes.recipes import FIRST_CORPUS, RIGHT, Recipe, applied_hash, apply, loaded
from bench.changes.source import CannotApply, Source
from bench.changes.trying import Bench, bench
from bench.changes.ways import Way

_TRIES = 12
"""Candidates of one way to cheat that are tried before it is given up for this package."""
_DECIDE = ("mutating.py", "pool.py", "source.py", "trying.py", "probes.py")
"""What decides which faults there are and what notices them."""

Maker = Callable[[Material], Iterator[Recipe]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a corpus is drawn by. `wanted` and `ways` say how many of each a package gives; functions in which a recipe of `but`
    has put a fault are left alone."""

    seed: str
    faults: int
    wanted: tuple[tuple[Maker, int], ...]
    ways: tuple[tuple[Mapping[str, Way], int], ...]
    but: Path | None = None

    def taken(self, package: Package, tree: Tree) -> frozenset[tuple[str, str]]:
        """(path, function) of what is left alone."""
        recipes = loaded(self.but.read_text()) if self.but else ()
        return frozenset(taken_by((r for r in recipes if r.package == package.name), package, tree))


FIRST = Plan("2026-11-30", 75, (*rights.WANTED, *wrongs.WANTED), ((cheats.WAYS, 27),))
HELD_OUT = Plan(
    "held out, 2026-11-30",
    32,
    (
        (partial(rights.features, corpus="held-out-"), 6),
        (rights.renamed, 4),
        (rights.rewritten, 4),
        (rights.mended, 5),
        (rights.tested, 2),
        (wrongs.shown, 7),
        (wrongs.unmended, 3),
        (wrongs.mended_in_form, 2),
        (wrongs.breaking, 2),
    ),
    ((OTHER_WAYS, 19), (cheats.WAYS, 4)),
    FIRST_CORPUS,
)


def drawn(plan: Plan, toolchain: Path, *, pools: Path, processes: int) -> Iterator[Recipe]:
    """The corpus of all packages, drawn side by side. Noticed faults are kept in `pools`, so that a second drawing is quick."""
    one = partial(_drawn_of, plan, toolchain, pools)
    with ThreadPoolExecutor(min(processes, len(PACKAGES))) as pool:
        for recipes in pool.map(one, PACKAGES.values()):
            yield from recipes


def taken_by(recipes: Iterable[Recipe], package: Package, tree: Tree) -> Iterator[tuple[str, str]]:
    """(path, function) of every edit of product code in wrong changes and repairs."""
    for recipe in recipes:
        if recipe.label == RIGHT and recipe.family != "fix":
            continue
        for edit in (*recipe.base, *recipe.head, *recipe.truth):
            path, line = str(edit.get("path", "")), int(edit.get("line", 0))
            if line and package.is_product(path):
                for name, node in Source(path, tree[path]).functions():
                    if node.lineno <= line <= (node.end_lineno or node.lineno):
                        yield path, name


def _drawn_of(plan: Plan, toolchain: Path, pools: Path, package: Package) -> list[Recipe]:
    """The recipes of one package."""
    tree = pristine(package)
    asked = [expression for _, _, expression in PROBES[package.name]]
    but = plan.taken(package, tree)
    with bench(package, tree, toolchain) as room:
        place = pools / f"{package.name}-{_key(plan, package, but)}.jsonl"
        pool = filled(place, noticed(room, asked, seed=plan.seed, but=but), most=plan.faults)
        return list(_from_pool(room, pool, plan))


def _key(plan: Plan, package: Package, but: Iterable[tuple[str, str]]) -> str:
    """Of everything that decides which faults are kept."""
    said = json.dumps([plan.seed, plan.faults, package.sha256, package.command, sorted(but)])
    found = hashlib.sha256(said.encode())
    for name in _DECIDE:
        found.update((Path(__file__).parent / name).read_bytes())
    return found.hexdigest()[:12]


def _from_pool(room: Bench, pool: list[Noticed], plan: Plan) -> Iterator[Recipe]:
    """The recipes of one package, from its noticed faults."""
    probes = PROBES[room.package.name]
    right = room.answers(room.tree, [expression for _, _, expression in probes])
    m = Material(room.package, room.tree, tuple(pool), probes, right, plan.seed)
    for number, recipe in enumerate(_accepted(room, m, plan), 1):
        named = replace(recipe, id=f"{room.package.name}-{number:03d}")
        yield replace(named, applied=applied_hash(room.tree, named))


def _accepted(room: Bench, m: Material, plan: Plan) -> Iterator[Recipe]:
    for make, wanted in plan.wanted:
        yield from itertools.islice(_good(room, make(m)), wanted)
    for ways, wanted in plan.ways:
        every = (next(_good(room, itertools.islice(way, _TRIES)), None) for way in cheats.cheats(m, ways))
        yield from itertools.islice((found for found in every if found is not None), wanted)


def _good(room: Bench, candidates: Iterable[Recipe]) -> Iterator[Recipe]:
    """Those that can be made, change something, are not there yet, and are what their label says."""
    known: set[str] = set()
    for recipe in candidates:
        try:
            if apply(room.tree, recipe.head) == apply(room.tree, recipe.base):
                continue
            mark = applied_hash(room.tree, recipe)
        except CannotApply:
            continue
        if mark not in known and holds(room, recipe):
            known.add(mark)
            yield recipe
