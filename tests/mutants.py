"""`make mutants`: changes our own deciding modules one place at a time and counts how often their pure tests notice.

Not part of any test run. Each mutant lives in a fork of a process that has loaded everything but our code.
"""

import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 120.0
MOST = 100_000
LOADED = (
    "pytest",
    "hypothesis",
    "hypothesis.strategies",
    "pydantic",
    "pydantic_settings",
    "sqlalchemy",
    "httpx2",
)


@dataclass(frozen=True, slots=True)
class Target:
    """A module, or some functions of it, and the tests that must notice when it is wrong.

    `same` lists mutants that no caller can tell from the original, by the line as it stands, what changes in it, and the
    reason. They are counted apart; one that is noticed after all, or that is not made any more, is an error.
    """

    module: str
    tests: tuple[str, ...]
    parts: tuple[str, ...] = ()
    same: tuple[tuple[str, str, str], ...] = ()

    @property
    def path(self) -> Path:
        return ROOT / (self.module.replace(".", "/") + ".py")

    @property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def name(self) -> str:
        """As the table calls it."""
        parts = f": {', '.join(f'`{part}`' for part in self.parts)}" if self.parts else ""
        return f"`{self.module.replace('.', '/')}.py`{parts}"

    def lines(self) -> frozenset[int]:
        """The lines that are changed. KeyError for a part that is not there."""
        if not self.parts:
            return frozenset(range(1, self.source.count("\n") + 2))
        found = {node.name: node for node in ast.parse(self.source).body if isinstance(node, ast.FunctionDef)}
        spans = (range(found[p].lineno, (found[p].end_lineno or 0) + 1) for p in self.parts)
        return frozenset(line for span in spans for line in span)


DOMAIN = "tests/tasks/domain"
TARGETS = (
    Target("tasks.domain.verdict", (f"{DOMAIN}/test_verdict.py",)),
    Target("tasks.domain.grants", (f"{DOMAIN}/test_grants.py",)),
    Target("tasks.domain.record", (f"{DOMAIN}/test_record.py",)),
    Target("tasks.domain.evidence", (f"{DOMAIN}/test_evidence.py",)),
    Target(
        "tasks.domain.policy",
        tuple(f"{DOMAIN}/test_{name}.py" for name in ("policy", "grants", "born")),
        same=(
            (
                'def within(self, rules: Rules) -> "Policy":',
                "'Policy' → ''",
                "an annotation, which nobody reads",
            ),
        ),
    ),
    Target(
        "tasks.domain.permission",
        tuple(f"{DOMAIN}/test_chat_{name}.py" for name in ("permission", "acts")),
        ("may", "before_asking", "_higher"),
    ),
    Target("tasks.domain.remarks", (f"{DOMAIN}/test_permission.py",), ("refusal",)),
    Target(
        "tasks.domain.folds.talk",
        tuple(f"{DOMAIN}/test_{name}.py" for name in ("permission", "talk", "presses", "dispute", "born")),
        ("meaning", "_permitted", "_refused", "_standing", "_waivable", "_effect", "_waived"),
    ),
    Target(
        "tasks.domain.presses",
        tuple(f"{DOMAIN}/test_{name}.py" for name in ("presses", "dispute", "ci", "chat_acts", "thread")),
    ),
    Target(
        "integrations.redaction",
        ("tests/integrations/test_redaction.py",),
        same=(
            (
                "self._short = tuple(sorted((f for f in forms if len(f) < _WINDOW), key=len, reverse=True))",
                "len(f) < _WINDOW → len(f) <= _WINDOW",
                "a form as long as a window is cut out as one before the short ones are looked for",
            ),
            (
                "for i in range(len(form) - _WINDOW + 1)",
                "len(form) - _WINDOW → len(form) + _WINDOW",
                "pieces shorter than a window are compared with nothing",
            ),
            ("for i in range(len(form) - _WINDOW + 1)", "1 → 2", "the same"),
            (
                "for i in range(len(text) - _WINDOW + 1):",
                "len(text) - _WINDOW → len(text) + _WINDOW",
                "the same",
            ),
            ("for i in range(len(text) - _WINDOW + 1):", "1 → 2", "the same"),
            ('yield quote(raw, safe="")', "'' → 'x'", "letters are never quoted"),
            ("for shift in range(3):", "3 → 4", "every third alignment is the first one again"),
            ("start, end = -1, -1", "1 → 2", "any place before the first one will do"),
        ),
    ),
)


class Served(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Serves one module's changed source in place of the file."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, self.name, "exec"), module.__dict__)


def noticed(target: Target, source: str) -> bool:
    """Whether the tests fail, or do not end in time, with this source in the module's place."""
    child = os.fork()
    if child == 0:
        _be_tested(target, source)
    deadline = time.monotonic() + LIMIT_S
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status != 0
        if time.monotonic() > deadline:
            os.kill(child, 9)
            os.waitpid(child, 0)
            return True
        time.sleep(0.02)


def _be_tested(target: Target, source: str) -> None:
    """Never returns: the exit code is that of the tests."""
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    sys.meta_path.insert(0, Served(target.module, source))
    hypothesis = importlib.import_module("hypothesis")
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutants", max_examples=50, phases=phases, database=None)
    hypothesis.settings.load_profile("mutants")
    code = 1
    try:
        pytest = importlib.import_module("pytest")
        quiet = ("-W", "ignore::pytest.PytestAssertRewriteWarning", "-p", "no:cacheprovider", "--noconftest")
        code = int(pytest.main(["-x", "-q", *quiet, *target.tests]))
    finally:
        os._exit(code)


def _mutants(target: Target) -> list[tuple[int, str, str]]:
    """(line, what was changed, source) of every mutant; made in a fork, so that this process never loads our code."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        made = importlib.import_module("tasks.gates.mutants").mutants
        found = made(str(target.path), target.source, target.lines(), most=MOST, seed="all")
        text = repr([(m.line, m.what, m.source) for m in found])
        with os.fdopen(writer, "w") as out:
            out.write(text)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        text = told.read()
    os.wait()
    return list(ast.literal_eval(text))


@dataclass(frozen=True, slots=True)
class Score:
    """What became of one target's mutants. `same` are those listed as indistinguishable, which count for nothing."""

    made: int
    survivors: tuple[str, ...]
    same: int
    wrong: tuple[str, ...]

    @property
    def share(self) -> float:
        """Noticed, of those that can be."""
        return 1 - len(self.survivors) / max(1, self.made - self.same)

    def row(self, name: str) -> str:
        killed = self.made - self.same - len(self.survivors)
        return f"| {name} | {self.made} | {killed} | {self.same} | {self.share:.0%} |"


def scored(target: Target) -> Score:
    """Tries every mutant of a target."""
    text = target.source.splitlines()
    listed = {(line, what) for line, what, _ in target.same}
    survivors: list[str] = []
    same: list[tuple[str, str]] = []
    wrong: list[str] = []
    found = _mutants(target)
    sys.stderr.write(f"{target.name}: {len(found)} mutants\n")
    for number, what, source in found:
        line, place = text[number - 1].strip(), f"{target.module}:{number}: {what}"
        seen = noticed(target, source)
        if (line, what) in listed:
            same.append((line, what))
            wrong += [f"listed as the same, but noticed: {place}"] if seen else []
        elif not seen:
            survivors.append(place)
            sys.stderr.write(f"survived {place}\n")
    wrong += [
        f"listed as the same, but not made: {line}: {what}" for line, what in sorted(listed - set(same))
    ]
    return Score(len(found), tuple(survivors), len(same), tuple(wrong))


def main() -> None:
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    for name in LOADED:
        importlib.import_module(name)
    wanted = sys.argv[1:]
    rows, bad = [], False
    for target in TARGETS:
        if wanted and target.module not in wanted:
            continue
        if noticed(target, target.source):
            sys.exit(f"{target.module}: its tests fail without any mutant")
        score = scored(target)
        rows.append(score.row(target.name))
        bad = bad or score.share < 0.9 or bool(score.wrong)
        sys.stderr.write("\n".join([*score.wrong, rows[-1], ""]))
    head = ["| module | mutants | killed | the same to every caller | |", "|---|---|---|---|---|"]
    sys.stdout.write("\n".join([*head, *rows]) + "\n")
    raise SystemExit(bad)


if __name__ == "__main__":
    main()
