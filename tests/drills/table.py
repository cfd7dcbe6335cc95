"""The table of drills as docs/reliability.md keeps it: written by a run of them, never by hand."""

import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.drills.points import names

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- drills: begin -->", "<!-- drills: end -->"
KILLED_AT = "test_points.py::test_killed_at["
_TRY = re.compile(r"(?:-?try\d+-?)")


@dataclass(slots=True)
class Row:
    """One drill: how often it was tried, how often it passed, its slowest try, and why it did not."""

    drill: str
    tries: int = 0
    passed: int = 0
    slowest_s: float = 0.0
    reasons: list[str] = field(default_factory=list)

    @property
    def score(self) -> str:
        return f"{self.passed}/{self.tries}"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when the drills ran."""

    commit: str
    when: str
    machine: str
    command: str
    took_s: float


def gather(tried: Iterable[tuple[str, bool, float, str]]) -> dict[str, Row]:
    """Rows by drill, from (node id below tests/drills, whether it passed, seconds, why not)."""
    rows: dict[str, Row] = {}
    for node, passed, seconds, why in tried:
        drill = _TRY.sub("", node).replace("[]", "")
        row = rows.setdefault(drill, Row(drill))
        row.tries += 1
        row.passed += passed
        row.slowest_s = max(row.slowest_s, seconds)
        row.reasons += [] if passed else [why]
    return dict(sorted(rows.items()))


def text(rows: Mapping[str, Row], setting: Setting) -> str:
    """Markdown: what ran, what failed, the fail-points, the other drills."""
    tries, passed = sum(r.tries for r in rows.values()), sum(r.passed for r in rows.values())
    always = sum(r.passed == r.tries for r in rows.values())
    lines = [
        f"`{setting.command}` on {setting.when}, commit `{setting.commit}`, {setting.machine}: {len(rows)} drills, "
        f"{tries} tries, {passed} passed; {always} drills passed every time. It took {setting.took_s / 60:.0f} minutes.",
        "",
        *_failures(rows),
        *_points(rows),
        "",
        *_others(rows),
    ]
    return "\n".join(lines)


def _failures(rows: Mapping[str, Row]) -> list[str]:
    failed = [row for row in rows.values() if row.passed < row.tries]
    if not failed:
        return []
    told = ("| failed | passes of tries | why |", "|---|---|---|")
    return [*told, *(f"| {_words(r.drill)} | {r.score} | {_cell(r.reasons[0])} |" for r in failed), ""]


def _points(rows: Mapping[str, Row]) -> list[str]:
    """One line for an effect or event, with its moments; what dies twice in one story is counted at both."""
    families: dict[str, list[str]] = {}
    for drill, row in rows.items():
        if drill.startswith(KILLED_AT):
            point = drill.removeprefix(KILLED_AT).removesuffix("]")
            family, told = _family(point)
            families.setdefault(family, []).append(f"{told} {row.score}")
    head = ("| fail-point | passes of tries |", "|---|---|")
    return [*head, *(f"| `{name}` | {', '.join(scores)} |" for name, scores in families.items())]


def _family(point: str) -> tuple[str, str]:
    found = names(point)
    family = found[0].rpartition(".")[0]
    if not family or any(name.rpartition(".")[0] != family for name in found):
        return point, ""
    return family, " + ".join(part.rpartition(".")[2] for part in point.split(" + "))


def _others(rows: Mapping[str, Row]) -> list[str]:
    told = ("| other drill | passes of tries | slowest |", "|---|---|---|")
    others = (row for row in rows.values() if not row.drill.startswith(KILLED_AT))
    return [*told, *(f"| {_words(r.drill)} | {r.score} | {r.slowest_s:.0f} s |" for r in others)]


def _words(drill: str) -> str:
    """The name of a test as a sentence, with its file."""
    place, _, rest = drill.partition("::test_")
    name, _, case = rest.partition("[")
    said = name.replace("_", " ")
    return f"{place.removeprefix('test_').removesuffix('.py')}: {said}" + (f" ({case[:-1]})" if case else "")


def _cell(why: str) -> str:
    return why.replace("|", "\\|").replace("\n", " ")[:200]


def here(took_s: float, command: str, when: str) -> Setting:
    """This machine and this commit; a commit with changes that are in none is marked."""
    commit = _git("rev-parse", "--short=12", "HEAD")
    changed = " and changes on top" if _git("status", "--porcelain", "--untracked-files=no") else ""
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]}"
    return Setting(commit + changed, when, machine, command, took_s)


def _git(*argv: str) -> str:
    return subprocess.run(["git", *argv], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def write(page: Path, table: str) -> None:
    """Puts the table between the page's markers. ValueError where there are none."""
    before, found, rest = page.read_text().partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"{page} has no markers {BEGIN} … {END}")
    page.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}")
