"""What the gates add to the commands they run: all gates on one change ÷ the same test runs bare, on the same files."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import measure
from bench.measure import timed
from bench.places import in_memory
from bench.report import Report, Table, Target
from bot.cli.demo.toolchain import copy_toolchain
from integrations.sandboxes.bubblewrap import BubblewrapProvider
from integrations.types.sandbox import Limits
from tasks.domain.checks import GateOutcome, GateResult
from tasks.gates.change import Checks, check_change
from tasks.gates.config import RepoConfig
from tasks.gates.run import Conditions, GateRoom, Subject
from tasks.workspace.storage import ensure_repositories
from tasks.workspace.workspaces import Workspaces

REPO = "acme/bench"
COMMAND = "python3 -m pytest -q"
TARGETS = {"vs_bare": Target("≤", 1.15)}
APP = "def total(items):\n    return sum(items)\n"
BUG = "def total(items):\n    return 0\n"
NEW = "from app import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n"
SLOW = """import pytest

from app import total


@pytest.mark.parametrize("n", range({tests}))
def test_work(n):
    assert sum(k * k for k in range({work})) > n
    assert total([]) == 0
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How many tests the repository has, and how many additions each makes."""

    tests: int
    work: int


def run() -> Report:
    """The whole measurement: a suite of about four seconds, which is still a quick one."""
    return measured(Size(300, 120_000), rounds=5)


def measured(size: Size, *, rounds: int) -> Report:
    """`rounds` samples a side."""
    with in_memory("gates") as root:
        source, base, head = _repository(root / "source", size)
        toolchain = copy_toolchain(root / "toolchain")
        provider = BubblewrapProvider()
        workspaces = Workspaces(root / "home", provider)
        _mirror(workspaces, source)
        trees = _bare_trees(root / "bare", source, base, head)
        gated: list[tuple[GateResult, ...]] = []

        def ours() -> float:
            shutil.rmtree(root / "home" / "base-checks", ignore_errors=True)
            conditions = Conditions(Limits(wall_s=600.0), toolchain=(toolchain,))
            room = GateRoom(workspaces, provider, lambda: False)
            checks = Checks(RepoConfig(), (("test", COMMAND),), conditions)
            with timed() as watch:
                gated.append(check_change(room, Subject("R-1", REPO, base, head), checks))
            return watch.wall_s

        sides: dict[str, Callable[[], float]] = {"bare": lambda: _bare(trees, toolchain), "ours": ours}
        found = measure.take_turns(sides, rounds=rounds)
    assert not [g for g in gated[-1] if g.outcome not in (GateOutcome.passed,)], gated[-1]
    bare, our = median(found["bare"]), median(found["ours"])
    return Report(
        "gates",
        {"vs_bare": measure.ratio(found["ours"], found["bare"])},
        {"wall_s": bare},
        {"wall_s": our},
        rounds,
        TARGETS,
        (
            Table(
                "Seconds", ("side", "median"), (("the same four test runs, bare", bare), ("all gates", our))
            ),
        ),
        (
            "Four runs: base, head, base's tests on head, head's new test on base. "
            "Nothing is kept from an earlier gate run; no mutants.",
        ),
    )


def _repository(path: Path, size: Size) -> tuple[Path, str, str]:
    """(repository, base, head): a bug, and its fix with a test."""
    path.mkdir()
    _git(path, "init", "-q", "-b", "main")
    slow = SLOW.format(tests=size.tests, work=size.work)
    base = _commit(path, {"app.py": BUG, "tests/test_work.py": slow, "conftest.py": ""})
    head = _commit(path, {"app.py": APP, "tests/test_total.py": NEW})
    return path, base, head


def _commit(path: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text(text)
    _git(path, "add", "-A")
    _git(path, "-c", "user.name=b", "-c", "user.email=b@example.invalid", "commit", "-qm", "x")
    return _git(path, "rev-parse", "HEAD")


def _mirror(workspaces: Workspaces, source: Path) -> None:
    mirror, _ = ensure_repositories(workspaces.layout, REPO)
    _git(mirror, "fetch", "-q", str(source), "+refs/heads/*:refs/heads/*")


def _bare_trees(root: Path, source: Path, base: str, head: str) -> tuple[tuple[Path, str], ...]:
    """(folder, command) of what the gates run: base, head, base's tests on head, head's test on base."""
    found = []
    for name, commit in (("base", base), ("head", head), ("old-tests", head), ("proof", base)):
        folder = root / name
        folder.mkdir(parents=True)
        _git(source, f"--work-tree={folder}", "checkout", "-q", commit, "--", ".")
        found.append(folder)
    (found[2] / "tests/test_total.py").unlink()
    (found[3] / "tests/test_total.py").write_text(NEW)
    commands = (COMMAND, COMMAND, COMMAND, f"{COMMAND} -- tests/test_total.py")
    return tuple(zip(found, commands, strict=True))


def _bare(trees: tuple[tuple[Path, str], ...], toolchain: Path) -> float:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(toolchain), "PYTHONDONTWRITEBYTECODE": "1"}
    with timed() as watch:
        for folder, command in trees:
            argv = ["/bin/bash", "-c", command.replace("python3", "/usr/bin/python3")]
            subprocess.run(argv, cwd=folder, env=env, capture_output=True, check=False)
    return watch.wall_s


def _git(path: Path, *args: str) -> str:
    done = subprocess.run(["git", "-C", str(path), *args], capture_output=True, text=True, check=True)
    return done.stdout.strip()
