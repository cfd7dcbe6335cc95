"""What a benchmark says: tables for people, and one JSON object as the last line."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` have as many cells as `heads`; None shows as "–"."""

    title: str
    heads: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Target:
    """How good a ratio must be, e.g. ("≤", 1.5)."""

    sense: str
    limit: float

    def met(self, value: float | None) -> str:
        """In a word; a ratio that could not be taken is neither met nor missed."""
        if value is None:
            return "not measured: the baseline was not steady"
        good = {"≤": value <= self.limit, "≥": value >= self.limit, "=": value == self.limit}[self.sense]
        return "met" if good else "MISSED"


@dataclass(frozen=True, slots=True)
class Report:
    """One benchmark's outcome. `baseline` and `ours` hold the figures the ratios were made of; `n` how many samples."""

    bench: str
    ratio: Mapping[str, float | None]
    baseline: Mapping[str, Cell]
    ours: Mapping[str, Cell]
    n: int
    targets: Mapping[str, Target] = field(default_factory=dict)
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()

    def text(self) -> str:
        """Everything that is printed; the JSON object is the last line."""
        tables = [*self.tables, self._verdicts()]
        parts = [f"## {self.bench}", *map(drawn, tables), *self.notes, self.line()]
        return "\n\n".join(parts)

    def line(self) -> str:
        found = {"ratio": self.ratio, "baseline": self.baseline, "ours": self.ours}
        rounded = {part: {k: _rounded(v) for k, v in values.items()} for part, values in found.items()}
        return json.dumps({"bench": self.bench, **rounded, "n": self.n}, ensure_ascii=False)

    def _verdicts(self) -> Table:
        rows = []
        for key, value in self.ratio.items():
            target = self.targets.get(key)
            rows.append(
                (key, value, f"{target.sense} {target.limit:g}", target.met(value))
                if target
                else (key, value, None, None)
            )
        return Table("ratios", ("key", "value", "target", "verdict"), rows)


def drawn(table: Table) -> str:
    """The table in Markdown, columns aligned."""
    cells = [table.heads, *([_shown(cell) for cell in row] for row in table.rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(table.heads))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in cells]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([f"{table.title}:", "", lines[0], rule, *lines[1:]])


def _shown(cell: Cell) -> str:
    if cell is None:
        return "–"
    return f"{cell:.4g}" if isinstance(cell, float) and abs(cell) < 1000 else _plain(cell)


def _plain(cell: Cell) -> str:
    return f"{cell:.0f}" if isinstance(cell, float) else str(cell)


def _rounded(value: Cell) -> Cell:
    return float(f"{value:.4g}") if isinstance(value, float) else value
