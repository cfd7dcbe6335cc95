"""Faults that a package's own tests notice, drawn by a seed: which tests notice each, and which answers it changes."""

import json
import os
import random
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from bench.changes.edit import Edit
from bench.changes.mutating import faults
from bench.changes.packages import Package, Tree
from bench.changes.recipes import apply
from bench.changes.source import CannotApply, Source
from bench.changes.trying import Bench

_PER_FUNCTION = 5


@dataclass(frozen=True, slots=True)
class Noticed:
    """One fault in `function`. `answers` are the probes it changes: what each is with it, None where it raises."""

    function: str
    edit: Edit
    failed: tuple[str, ...]
    answers: dict[str, str | None]


def noticed(
    bench: Bench, probes: Sequence[str], *, seed: str, but: Collection[tuple[str, str]] = ()
) -> Iterator[Noticed]:
    """Without end but for the package's: at most five faults a function, in an order that the seed decides; none in `but`,
    (path, function) of what is left alone. Both of two tries must show the same, or chance would have a say."""
    good = bench.answers(bench.tree, probes)
    drawn: Counter[tuple[str, str]] = Counter()
    for path, function, edit in shuffled(bench.package, bench.tree, seed=seed):
        if drawn[path, function] >= _PER_FUNCTION or (path, function) in but:
            continue
        try:
            faulty = apply(bench.tree, [edit])
        except CannotApply:
            continue
        found = bench.tried(faulty)
        if found.passed or not found.failed or bench.tried(faulty).failed != found.failed:
            continue
        drawn[path, function] += 1
        now = bench.answers(faulty, probes)
        changed = {probe: now.get(probe) for probe in good if now.get(probe) != good[probe]}
        yield Noticed(function, edit, found.failed, changed)


def shuffled(package: Package, tree: Tree, *, seed: str) -> list[tuple[str, str, Edit]]:
    """Every fault of the product as (path, function, edit)."""
    found = [
        (path, function, edit)
        for path in sorted(tree)
        if package.is_product(path)
        for function, edit in faults(Source(path, tree[path]))
    ]
    random.Random(f"{seed}:{package.name}").shuffle(found)
    return found


def filled(path: Path, found: Iterator[Noticed], *, most: int) -> list[Noticed]:
    """The first `most`, kept in `path` as a whole or not at all: of an interrupted drawing nothing is taken for whole."""
    if not path.exists():
        rows = [json.dumps(asdict(one)) + "\n" for one in islice(found, most)]
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text("".join(rows))
        part.replace(path)
    return [
        Noticed(r["function"], r["edit"], tuple(r["failed"]), r["answers"])
        for r in (json.loads(line) for line in path.read_text().splitlines())
    ]
