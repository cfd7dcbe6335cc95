"""The table of what was held against what: rows are added by the tests, shown at the end, and kept in docs/interop.md."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Whose = Literal["", "ours", "theirs", "not offered", "the description's"]
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


@dataclass(frozen=True, slots=True)
class Gap:
    """What does not work together, and whose it is."""

    whose: Whose
    why: str


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of ours against one thing of theirs. `gap` None means that it passed."""

    against: str
    what: str
    gap: Gap | None = None


def words(name: str) -> str:
    """A function's name as people read it."""
    return name.removeprefix("test_").replace("_", " ")


def table(rows: Iterable[Row]) -> str:
    """Markdown: per counterpart how much passed, then each gap."""
    rows = list(dict.fromkeys(rows))
    against = list(dict.fromkeys(row.against for row in rows))
    lines = ["| against | passed | gaps |", "|---|---|---|"]
    for name in against:
        mine = [row for row in rows if row.against == name]
        gaps = sum(row.gap is not None for row in mine)
        lines.append(f"| {name} | {len(mine) - gaps} | {gaps} |")
    for name in against:
        mine = [row for row in rows if row.against == name]
        lines += ["", f"### {name}", "", "| what | result | whose, and why |", "|---|---|---|"]
        for row in mine:
            told = f"{row.gap.whose}: {row.gap.why}" if row.gap else ""
            lines.append(f"| {row.what} | {'gap' if row.gap else 'passed'} | {told} |")
    return "\n".join(lines)
