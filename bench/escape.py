"""What the gates let through: a frozen corpus of correct and wrong changes of packages that are not ours, through all gates, and
behind them scripted reviewers of stated quality."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.changes.drawing import drawn
from bench.changes.gating import Passage, gated, gates_hash, in_turns, known
from bench.changes.labels import complaint
from bench.changes.packages import PACKAGES, cache, pristine
from bench.changes.rates import escaped, gates_table, paired, ratios, right_table, ways_table, wrong_table
from bench.changes.recipes import CORPUS, WRONG, Recipe, applied_hash, corpus, corpus_hash, dumped
from bench.changes.reviewers import Quality, reviewed
from bench.changes.trying import bench
from bench.places import in_memory
from bench.report import Report, Table, Target
from bot.cli.demo.toolchain import copy_toolchain

FROZEN = "2026-11-30"
SEED = "2026-11-30"
TARGETS = {
    "cheats_stopped": Target("≥", 0.95),
    "bugs_stopped": Target("≥", 0.80),
    "good_rejected": Target("≤", 0.03),
}
QUALITIES = (Quality(0.50, 0.02), Quality(0.80, 0.02), Quality(0.95, 0.02))


def run(argv: Sequence[str] = ()) -> Report:
    """The whole corpus, or what the options say. `--validate` and `--draw` end the process after their own work."""
    given = _options(argv)
    with in_memory("escape") as room:
        toolchain = copy_toolchain(room / "toolchain")
        _compile(toolchain)
        if given.draw:
            given.draw.write_text(dumped(drawn(toolchain, seed=given.seed, pools=cache())))
            sys.exit(0)
        recipes = corpus()
        trees = {name: pristine(package) for name, package in PACKAGES.items()}
        _same_as_frozen(recipes, trees)
        chosen = tuple(in_turns(recipes, given.sample or len(recipes)))
        if given.validate:
            sys.exit(_validated(chosen, trees, toolchain))
        results = cache() / f"{corpus_hash()[:12]}-{gates_hash()[:12]}.jsonl"
        before = known(results)
        if given.known:
            chosen = tuple(r for r in chosen if r.id in before)
        began_s = time.perf_counter()
        passages = gated(chosen, trees, room, results=results, processes=given.processes)
        took_s = time.perf_counter() - began_s
    took = f"{len(chosen)} of {len(recipes)} changes; {took_s:.0f} s here, {len(before)} results were known before."
    return _report(chosen, passages, took)


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench escape", description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="only so many changes, evenly of all kinds")
    parser.add_argument(
        "--known", action="store_true", help="run nothing; report what an interrupted run found"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="side by side")
    parser.add_argument("--validate", action="store_true", help="tell every label anew, outside the gates")
    parser.add_argument("--draw", type=Path, help="draw a corpus into this file instead")
    parser.add_argument("--seed", default=SEED, help="what --draw draws by")
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


def _report(recipes: Sequence[Recipe], passages: dict[str, Passage], took: str) -> Report:
    pairs = paired(recipes, passages)
    wrong = sum(r.label == WRONG for r in recipes)
    return Report(
        "escape",
        ratios(pairs),
        {"wrong": wrong, "right": len(recipes) - wrong, "corpus": corpus_hash(), "frozen": FROZEN},
        {"let_on": sum(not p.stopped for r, p in pairs if r.label == WRONG), "gates": gates_hash()[:12]},
        len(recipes),
        TARGETS,
        (
            wrong_table(pairs),
            right_table(pairs),
            gates_table(pairs),
            ways_table(pairs),
            _reviewers_table(recipes, passages),
        ),
        (
            f"Corpus {corpus_hash()}, frozen {FROZEN}, {CORPUS.name}; {', '.join(map(_named, PACKAGES))}. {took}",
            "Sent back: a gate failed. A person: no gate failed, but only a person may pass it, so it does not land by itself. "
            "Rejected: sent back. Called fixed: let on, and a test proves it. Ranges are 95% (Wilson).",
            "Without a gate: its result is left out of this one run; what runs only after it is not run again.",
            *escaped(pairs),
        ),
    )


def _reviewers_table(recipes: Sequence[Recipe], passages: dict[str, Passage]) -> Table:
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


def _named(name: str) -> str:
    return f"{name} {PACKAGES[name].version}"
