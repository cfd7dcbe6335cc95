"""What the gates let through: frozen corpora of correct and wrong changes of packages that are not ours, through all gates, and
behind them scripted reviewers of stated quality."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.changes.corpora import CORPORA, Corpus
from bench.changes.drawing import drawn
from bench.changes.gating import Passage, gated, gates_hash, in_turns, known
from bench.changes.labels import complaint
from bench.changes.packages import PACKAGES, cache, pristine
from bench.changes.rates import (
    Gated,
    escaped,
    gates_table,
    paired,
    ratios,
    right_table,
    ways_table,
    wrong_table,
)
from bench.changes.recipes import WRONG, Recipe, applied_hash, dumped
from bench.changes.reviewers import Quality, reviewed
from bench.changes.trying import bench
from bench.places import in_memory
from bench.report import Report, Table, Target
from bot.cli.demo.toolchain import copy_toolchain

_SHARES = {
    "cheats_stopped": Target("≥", 0.95),
    "bugs_stopped": Target("≥", 0.80),
    "good_rejected": Target("≤", 0.03),
}
TARGETS = {f"{c.prefix}{name}": target for c in CORPORA.values() for name, target in _SHARES.items()}
QUALITIES = (Quality(0.50, 0.02), Quality(0.80, 0.02), Quality(0.95, 0.02))


@dataclass(frozen=True, slots=True)
class _Run:
    """One corpus through the gates: the changes that were chosen, and what became of each."""

    corpus: Corpus
    whole: int
    recipes: tuple[Recipe, ...]
    passages: Mapping[str, Passage]
    took: str


def run(argv: Sequence[str] = ()) -> Report:
    """Each corpus whole, or what the options say. `--validate` and `--draw` end the process after their own work."""
    given = _options(argv)
    corpora = [CORPORA[given.corpus]] if given.corpus else list(CORPORA.values())
    with in_memory("escape") as room:
        toolchain = copy_toolchain(room / "toolchain")
        _compile(toolchain)
        if given.draw:
            plan = replace(corpora[0].plan, seed=given.seed or corpora[0].plan.seed)
            pools = given.pools or cache()
            given.draw.write_text(dumped(drawn(plan, toolchain, pools=pools, processes=given.processes)))
            sys.exit(0)
        trees = {name: pristine(package) for name, package in PACKAGES.items()}
        if given.validate:
            sys.exit(max(_validated(_chosen(c, trees, given.sample), trees, toolchain) for c in corpora))
        return _report([_gated(c, trees, room, given) for c in corpora])


def _chosen(corpus: Corpus, trees: dict[str, dict[str, bytes]], sample: int) -> tuple[Recipe, ...]:
    recipes = corpus.recipes()
    _same_as_frozen(recipes, trees)
    return tuple(in_turns(recipes, sample or len(recipes)))


def _gated(corpus: Corpus, trees: dict[str, dict[str, bytes]], room: Path, given: argparse.Namespace) -> _Run:
    chosen = _chosen(corpus, trees, given.sample)
    results = cache() / f"{corpus.sha256()[:12]}-{gates_hash()[:12]}.jsonl"
    before = known(results)
    if given.known:
        chosen = tuple(r for r in chosen if r.id in before)
    began_s = time.perf_counter()
    place = room / corpus.name
    place.mkdir()
    (place / "toolchain").symlink_to(room / "toolchain")
    passages = gated(chosen, trees, place, results=results, processes=given.processes)
    took_s = time.perf_counter() - began_s
    took = f"{took_s:.0f} s here, {len(before)} results were known before."
    return _Run(corpus, len(corpus.recipes()), chosen, passages, took)


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench escape", description=__doc__)
    parser.add_argument("--corpus", choices=tuple(CORPORA), help="this one alone")
    parser.add_argument(
        "--sample", type=int, default=0, help="only so many changes of each, evenly of all kinds"
    )
    parser.add_argument(
        "--known", action="store_true", help="run nothing; report what an interrupted run found"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="side by side")
    parser.add_argument("--validate", action="store_true", help="tell every label anew, outside the gates")
    parser.add_argument("--draw", type=Path, help="draw the corpus (--corpus) anew into this file instead")
    parser.add_argument("--seed", default="", help="what --draw draws by, where not by the corpus' own")
    parser.add_argument(
        "--pools", type=Path, help="where --draw keeps the faults it noticed; an empty folder: all anew"
    )
    return parser.parse_args(argv)


def _compile(toolchain: Path) -> None:
    """Once, as a toolchain that was installed would be."""
    argv = ["/usr/bin/python3", "-m", "compileall", "-q", str(toolchain)]
    subprocess.run(argv, check=False, capture_output=True)
    for path in toolchain.rglob("__pycache__"):
        path.chmod(0o755)


def _same_as_frozen(recipes: Sequence[Recipe], trees: dict[str, dict[str, bytes]]) -> None:
    """A recipe that makes another change than on the day it was frozen is not the corpus."""
    other = [r.id for r in recipes if applied_hash(trees[r.package], r) != r.applied]
    if other:
        raise SystemExit(f"These recipes make other changes than they did when frozen: {', '.join(other)}")


def _validated(recipes: Sequence[Recipe], trees: dict[str, dict[str, bytes]], toolchain: Path) -> int:
    """Tells every label anew; how many do not hold is the exit code's business."""
    wrong = 0
    for name, package in PACKAGES.items():
        with bench(package, trees[name], toolchain) as room:
            for recipe in (r for r in recipes if r.package == name):
                if why := complaint(room, recipe):
                    wrong += 1
                    print(f"{recipe.id} ({recipe.label}, {recipe.kind}): {why}", flush=True)
    print(f"{len(recipes)} labels told anew, {wrong} do not hold.")
    return 1 if wrong else 0


def _report(runs: Sequence[_Run]) -> Report:
    pairs = {r.corpus.name: paired(r.recipes, r.passages) for r in runs}
    let_on = {
        r.corpus.name: sum(not p.stopped for c, p in pairs[r.corpus.name] if c.label == WRONG) for r in runs
    }
    found = {f"{r.corpus.prefix}{k}": v for r in runs for k, v in ratios(pairs[r.corpus.name]).items()}
    return Report(
        "escape",
        found,
        {r.corpus.name: r.corpus.sha256() for r in runs},
        {**{f"let_on_{name}": n for name, n in let_on.items()}, "gates": gates_hash()[:12]},
        sum(len(r.recipes) for r in runs),
        {name: target for name, target in TARGETS.items() if name in found},
        [table for r in runs for table in _tables(r, pairs[r.corpus.name])],
        [
            *(_named(r) for r in runs),
            f"Packages: {', '.join(f'{name} {p.version}' for name, p in PACKAGES.items())}.",
            "Sent back: a gate failed. A person: no gate failed, but only a person may pass it, so it does not land by itself. "
            "Rejected: sent back. Called fixed: let on, and a test proves it. Ranges are 95% (Wilson).",
            "Without a gate: its result is left out of this one run; what runs only after it is not run again.",
            *(f"{r.corpus.name}: {line}" for r in runs for line in escaped(pairs[r.corpus.name])),
        ],
    )


def _tables(run: _Run, pairs: Gated) -> list[Table]:
    made = [wrong_table(pairs), right_table(pairs), gates_table(pairs), ways_table(pairs)]
    made.append(_reviewers_table(run.recipes, run.passages))
    return [replace(table, title=f"{table.title} ({run.corpus.name})") for table in made]


def _named(run: _Run) -> str:
    corpus = run.corpus
    wrong = sum(r.label == WRONG for r in run.recipes)
    return (
        f"{corpus.name}: {corpus.path.name}, sha256 {corpus.sha256()}, frozen {corpus.frozen}; {len(run.recipes)} of "
        f"{run.whole} changes, {wrong} of them wrong. {run.took}"
    )


def _reviewers_table(recipes: Sequence[Recipe], passages: Mapping[str, Passage]) -> Table:
    rows: list[Sequence[str | float]] = []
    for lenses in (0, 1, 3):
        for quality in QUALITIES if lenses else QUALITIES[:1]:
            found = reviewed(recipes, passages, quality, lenses=lenses)
            who = (
                f"{lenses} of recall {quality.recall:.0%}, false alarm {quality.false_alarm:.0%}"
                if lenses
                else "none"
            )
            rows.append((who, found.false_land, found.false_reject, found.held))
    heads = ("scripted lenses behind the gates", "false-land", "false-reject", "correct held for a person")
    return Table(
        "Gates and scripted reviewers, who err independently of each other (real ones do not)", heads, rows
    )
