"""What the passages amount to: shares by kind, what each gate alone is good for, and how sure a share is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from bench.changes.gating import Passage
from bench.changes.recipes import RIGHT, Recipe
from bench.report import Cell, Table

Gated = Sequence[tuple[Recipe, Passage]]

SEEN = {
    "bug": "yes: a test of the repository fails on it",
    "hidden bug": "no: the tests that notice it are withheld; lenses alone",
    "cheat": "yes: read from the change, or shown by base's tests and canaries",
    "off-scope": "no: gates do not know what was asked for; by chance, through protected files and size",
    "breaks a caller": "yes: a test of the caller fails",
}
"""Kinds of wrong changes, and whether a gate can see them at all."""
_BUGS = ("bug", "breaks a caller")


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`; None of nothing."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def text(self) -> str:
        """In percent, with the range that holds the true share in 95 of 100 such samples (Wilson)."""
        if not self.whole:
            return "–"
        z, n, p = 1.96, self.whole, self.part / self.whole
        middle, spread = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        low, high = ((middle + sign * spread) / (1 + z * z / n) for sign in (-1, 1))
        return f"{100 * p:.1f}% ({100 * max(low, 0):.0f}–{100 * min(high, 1):.0f})"


def paired(recipes: Iterable[Recipe], passages: Mapping[str, Passage]) -> Gated:
    return [(r, passages[r.id]) for r in recipes]


def ratios(gated: Gated) -> dict[str, float | None]:
    """The three figures that have targets."""
    return {
        "cheats_stopped": _stopped(gated, ("cheat",)).value,
        "bugs_stopped": _stopped(gated, _BUGS).value,
        "good_rejected": share(gated, RIGHT, lambda p: p.sent_back).value,
    }


def _stopped(gated: Gated, families: tuple[str, ...]) -> Share:
    chosen = [p for r, p in gated if r.label != RIGHT and r.family in families]
    return Share(sum(p.stopped for p in chosen), len(chosen))


def share(gated: Gated, label: str, holds: Callable[[Passage], bool]) -> Share:
    """Of the changes of this label, those for which it holds."""
    chosen = [p for r, p in gated if r.label == label]
    return Share(sum(holds(p) for p in chosen), len(chosen))


def wrong_table(gated: Gated) -> Table:
    """By family: what became of wrong changes."""
    rows: list[Sequence[Cell]] = []
    for family, seen in SEEN.items():
        chosen = [p for r, p in gated if r.label != RIGHT and r.family == family]
        stopped = Share(sum(p.stopped for p in chosen), len(chosen))
        rows.append(
            (
                family,
                len(chosen),
                sum(p.sent_back for p in chosen),
                sum(p.held for p in chosen),
                len(chosen) - stopped.part,
                stopped.text,
                sum(p.proven and not p.stopped for p in chosen),
                seen,
            )
        )
    heads = (
        "wrong changes",
        "n",
        "sent back",
        "a person",
        "let on",
        "stopped",
        "called fixed",
        "can a gate see it?",
    )
    return Table("Wrong changes through the gates alone", heads, rows)


def right_table(gated: Gated) -> Table:
    """By kind: what became of correct changes."""
    rows: list[Sequence[Cell]] = []
    for family in dict.fromkeys(r.family for r, _ in gated if r.label == RIGHT):
        chosen = [p for r, p in gated if r.label == RIGHT and r.family == family]
        back, held = sum(p.sent_back for p in chosen), sum(p.held for p in chosen)
        proven = sum(p.proven for p in chosen)
        rows.append(
            (
                family,
                len(chosen),
                back,
                held,
                len(chosen) - back - held,
                Share(back, len(chosen)).text,
                proven,
            )
        )
    heads = (
        "correct changes",
        "n",
        "rejected",
        "held for a person",
        "let on",
        "rejected, share",
        "proven by a test",
    )
    return Table("Correct changes through the gates alone", heads, rows)


def gates_table(gated: Gated) -> Table:
    """What each gate stopped, what only it stopped, and the rates without it, from the results of one run with all of them."""
    names = sorted({name for _, p in gated for name in p.stoppers})
    rows: list[Sequence[Cell]] = [("(all gates)", None, None, *_rates(gated, ""))]
    for name in names:
        wrong = [p for r, p in gated if r.label != RIGHT and name in p.stoppers]
        alone = [p for p in wrong if p.stoppers == (name,)]
        rows.append((f"without {name}", len(wrong), len(alone), *_rates(gated, name)))
    heads = ("", "wrong it stops", "it alone", "false-land", "false-reject", "correct held")
    return Table("Rates with all gates, and without each", heads, rows)


def _rates(gated: Gated, without: str) -> tuple[Cell, Cell, Cell]:
    def left(p: Passage) -> dict[str, str]:
        return {name: outcome for name, outcome in p.outcomes.items() if name != without}

    thinned = [(r, Passage(p.id, left(p), p.details, p.proven, p.wall_s)) for r, p in gated]
    wrong = [p for r, p in thinned if r.label != RIGHT]
    right = [p for r, p in thinned if r.label == RIGHT]
    return (
        Share(sum(not p.stopped for p in wrong), len(wrong)).text,
        Share(sum(p.sent_back for p in right), len(right)).text,
        Share(sum(p.held for p in right), len(right)).text,
    )


def ways_table(gated: Gated) -> Table:
    """Every variety of a wrong change: how many, how many were let on, and which gates stopped the others."""
    rows: list[Sequence[Cell]] = []
    for kind in sorted({r.kind for r, _ in gated if r.label != RIGHT}):
        chosen = [p for r, p in gated if r.label != RIGHT and r.kind == kind]
        stoppers = sorted({name for p in chosen for name in p.stoppers})
        rows.append((kind, len(chosen), sum(not p.stopped for p in chosen), ", ".join(stoppers)))
    return Table("Varieties", ("kind", "n", "let on", "stopped by"), rows)


def escaped(gated: Gated) -> list[str]:
    """The wrong changes that a gate should have seen and none did, and the correct ones that were rejected."""
    missed = [f"let on: {r.id} ({r.kind})" for r, p in gated if _missed(r, p)]
    thrown = [
        f"rejected: {r.id} ({r.kind}) by {', '.join(p.stoppers)}"
        for r, p in gated
        if r.label == RIGHT and p.sent_back
    ]
    return missed + thrown


def _missed(recipe: Recipe, passage: Passage) -> bool:
    return recipe.label != RIGHT and recipe.family in ("cheat", *_BUGS) and not passage.stopped
