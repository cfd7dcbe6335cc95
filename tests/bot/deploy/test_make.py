"""The commands people type, and what CI runs."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def make(*args: str) -> subprocess.CompletedProcess[str]:
    """As from a shell: without what `make test` tells the makes below it."""
    clean = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    }
    return subprocess.run(["make", *args], cwd=ROOT, env=clean, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "target", ["demo", "test", "scenarios", "lint", "bench", "drills", "attacks", "interop"]
)
def test_every_target_sets_up_first_and_passes_arguments_on(target: str) -> None:
    plan = make("-n", target, "ARGS=--some-argument", "NAME=ack")
    assert plan.returncode == 0, plan.stderr
    assert plan.stdout.startswith(".ci/setup")
    assert target == "lint" or "--some-argument" in plan.stdout


def test_every_path_a_target_names_is_there() -> None:
    for target in ("drills", "attacks", "interop"):
        words = make("-n", target).stdout.split()
        paths = [word for word in words if word.startswith("tests/")]
        assert paths and all((ROOT / path).exists() for path in paths)


def test_the_demo_owns_stdout() -> None:
    plan = make("-n", "-s", "demo", "ARGS=--once --json").stdout.splitlines()
    assert plan == [".ci/setup", "exec .venv/bin/sortie demo --once --json"]
    assert "exec 1>&2" in (ROOT / ".ci/setup").read_text()


def test_ci_runs_lint_and_test_and_stops_at_the_first_failure() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert "set -euo pipefail" in lines
    assert lines.index("make lint") < lines.index("make test")
