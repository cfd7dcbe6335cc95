"""`make mutants`: changes our own deciding modules one place at a time and counts how often their pure tests notice.

Not part of any test run. Each mutant lives in a fork of a process that has loaded everything but our code.
"""

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
    """A module and the tests that must notice when it is wrong."""

    module: str
    tests: tuple[str, ...]

    @property
    def path(self) -> Path:
        return ROOT / (self.module.replace(".", "/") + ".py")


TARGETS = (
    Target("tasks.domain.verdict", ("tests/tasks/domain/test_verdict.py",)),
    Target("tasks.domain.evidence", ("tests/tasks/domain/test_evidence.py",)),
    Target("tasks.domain.grants", ("tests/tasks/domain/test_grants.py",)),
    Target("tasks.domain.record", ("tests/tasks/domain/test_record.py",)),
    Target(
        "tasks.domain.policy", ("tests/tasks/domain/test_grants.py", "tests/tasks/domain/test_next_step.py")
    ),
    Target("integrations.redaction", ("tests/integrations/test_telemetry.py",)),
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


def _mutants(target: Target) -> list[tuple[str, str, str]]:
    """(place, what was changed, source) of every mutant; made in a fork, so that this process never loads our code."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        made = importlib.import_module("tasks.gates.mutants").mutants
        source = target.path.read_text(encoding="utf-8")
        lines = frozenset(range(1, source.count("\n") + 2))
        found = made(str(target.path), source, lines, most=MOST, seed="all")
        text = repr([(f"{target.module}:{m.line}", m.what, m.source) for m in found])
        with os.fdopen(writer, "w") as out:
            out.write(text)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        text = told.read()
    os.wait()
    return list(importlib.import_module("ast").literal_eval(text))


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
        if noticed(target, target.path.read_text(encoding="utf-8")):
            sys.exit(f"{target.module}: its tests fail without any mutant")
        found = _mutants(target)
        sys.stderr.write(f"{target.module}: {len(found)} mutants\n")
        survivors = [(place, what) for place, what, source in found if not noticed(target, source)]
        killed = len(found) - len(survivors)
        rows.append(f"| `{target.module}` | {len(found)} | {killed} | {killed / max(1, len(found)):.0%} |")
        for place, what in survivors:
            sys.stderr.write(f"survived {place}: {what}\n")
        bad = bad or killed < 0.9 * len(found)
        sys.stderr.write(rows[-1] + "\n")
    sys.stdout.write("\n".join(["| module | mutants | killed | |", "|---|---|---|---|", *rows]) + "\n")
    raise SystemExit(bad)


if __name__ == "__main__":
    main()
