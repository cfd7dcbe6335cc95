"""Draws the corpus: candidates in an order that the seed decides, tried until each kind has as many as are wanted."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from bench.changes import cheats, rights, wrongs
from bench.changes.labels import holds
from bench.changes.material import Material
from bench.changes.packages import PACKAGES, Package, pristine
from bench.changes.pool import Noticed, fill, kept, noticed
from bench.changes.probes import PROBES
from bench.changes.recipes import Recipe, applied_hash, apply
from bench.changes.source import CannotApply
from bench.changes.trying import Bench, bench

_FAULTS = 75
_CHEATS = 27
_TRIES = 12
"""Candidates of one way to cheat that are tried before it is given up for this package."""


def drawn(toolchain: Path, *, seed: str, pools: Path) -> Iterator[Recipe]:
    """The corpus of all packages. Pools are kept in `pools`, so that a second drawing is quick."""
    pools.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES.values():
        yield from drawn_of(package, pristine(package), toolchain, seed=seed, pools=pools)


def drawn_of(
    package: Package, tree: dict[str, bytes], toolchain: Path, *, seed: str, pools: Path
) -> Iterator[Recipe]:
    """The recipes of one package."""
    with bench(package, tree, toolchain) as room:
        place = pools / f"{package.name}-{seed}.jsonl"
        asked = [expression for _, _, expression in PROBES[package.name]]
        pool = kept(place) if place.exists() else fill(place, noticed(room, asked, seed=seed), most=_FAULTS)
        yield from from_pool(room, pool, seed=seed)


def from_pool(room: Bench, pool: list[Noticed], *, seed: str) -> Iterator[Recipe]:
    """The recipes of one package, from its noticed faults."""
    probes = PROBES[room.package.name]
    right = room.answers(room.tree, [expression for _, _, expression in probes])
    m = Material(room.package, room.tree, tuple(pool), probes, right, seed)
    for number, recipe in enumerate(_accepted(room, m), 1):
        named = replace(recipe, id=f"{room.package.name}-{number:03d}")
        yield replace(named, applied=applied_hash(room.tree, named))


def _accepted(room: Bench, m: Material) -> Iterator[Recipe]:
    for make, wanted in (*rights.WANTED, *wrongs.WANTED):
        yield from itertools.islice(_good(room, make(m)), wanted)
    every = (next(_good(room, itertools.islice(way, _TRIES)), None) for way in cheats.cheats(m))
    yield from itertools.islice((found for found in every if found is not None), _CHEATS)


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
