"""The corpora: which there are, when each was frozen, and what it is drawn by."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from bench.changes.drawing import FIRST, HELD_OUT, Plan
from bench.changes.recipes import FIRST_CORPUS, Recipe, loaded


@dataclass(frozen=True, slots=True)
class Corpus:
    """A frozen list of recipes. `prefix` stands before its ratios."""

    name: str
    path: Path
    frozen: str
    plan: Plan
    prefix: str = ""

    def recipes(self) -> tuple[Recipe, ...]:
        return loaded(self.path.read_text())

    def sha256(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


CORPORA = {
    c.name: c
    for c in (
        Corpus("frozen", FIRST_CORPUS, "2026-11-30", FIRST),
        Corpus("held-out", FIRST_CORPUS.with_name("held_out.json"), "2026-11-30", HELD_OUT, "held_out_"),
    )
}
"""The gates' rules were mended on what the first let through; the second has other functions, other faults and mostly other ways."""
