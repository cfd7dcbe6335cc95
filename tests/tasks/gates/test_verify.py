"""`sortie verify`: the receipt's commands again, on exactly the pushed commit."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.types.code_host import Role
from tasks.domain.decisions import Accepted, Gated, Provisioned, RepoChosen, Submitted
from tasks.domain.results import RepoInspected
from tasks.gates.change import Checks, check_change
from tasks.gates.config import RepoConfig
from tasks.gates.run import GateRoom, Subject
from tasks.settings import SandboxSettings, Settings
from tasks.steps.run.gate import conditions_of
from tasks.store.engine import open_engine
from tasks.store.migrate import upgrade
from tasks.store.store import Store
from tests.support.requests import a_request
from tests.tasks.gates.conftest import REPO, Bench

COMMANDS = (("test", "sh check.sh"),)


def gated(bench: Bench, settings: Settings) -> tuple[str, Gated]:
    """A stored run that was gated as the worker gates it."""
    bench.change({"check.sh": "echo 1..1; echo ok 1 - a\n"}, {"README.md": "x\n"})
    upgrade(open_engine(settings.database))
    room = GateRoom(bench.workspaces, bench.sandboxes, lambda: False)
    checks = Checks(RepoConfig(), COMMANDS, conditions_of(settings, RepoConfig(), ""))
    results = Gated(bench.head, check_change(room, Subject("R-1", REPO, bench.base, bench.head), checks))
    told = (
        RepoChosen(REPO, "default", None, "ada"),
        RepoInspected(REPO, True, "ada", 7, Role.write, "main", "main", bench.base),
        Accepted(),
        Provisioned(bench.base, COMMANDS, True, "full"),
        Submitted(bench.head, bench.head, bench.base, "T", "S"),
        results,
    )
    with Store(open_engine(settings.database)).writing() as tx:
        run = tx.start_run(replace(a_request("x"), received_at=datetime.now(UTC)), "x")
        for event in told:
            tx.append(run.id, event)
    return run.id, results


def verify(bench: Bench, run_id: str) -> tuple[int, dict[str, Any]]:
    env = {**os.environ, "SORTIE_HOME": str(bench.home), "SORTIE_GITHUB__GIT_URL": "https://github.com"}
    done = subprocess.run(
        [sys.executable, "-m", "bot.verify", run_id, "--json"], env=env, capture_output=True, text=True, check=False
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout) if done.stdout else {"error": done.stderr}


@pytest.fixture
def settings(bench: Bench) -> Settings:
    return Settings(_env_file=None, home=bench.home, sandbox=SandboxSettings())


def test_a_receipt_verifies_until_something_differs(bench: Bench, settings: Settings) -> None:
    run_id, results = gated(bench, settings)
    code, told = verify(bench, run_id)
    assert (code, told["same"], told["differences"]) == (0, True, []), told
    assert told["receipt"]["head_oid"] == bench.head and len(told["sha256"]) == 64
    forged = tuple(replace(r, tests_head=9) if r.name == "test" else r for r in results.results)
    with Store(open_engine(settings.database)).writing() as tx:
        tx.append(run_id, Gated(bench.head, forged))
    code, told = verify(bench, run_id)
    assert (code, told["differences"]) == (1, ["test: tests head was 9, now 1."])


def test_what_has_no_receipt_cannot_be_verified(bench: Bench, settings: Settings) -> None:
    upgrade(open_engine(settings.database))
    for wrong in ("R-7", "../x"):
        code, told = verify(bench, wrong)
        assert code == 2 and "VER-001" in told["error"]


def test_the_help_names_the_exit_codes() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("sortie")), "verify", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Exit 0: the same" in done.stdout


def test_a_home_without_a_database_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "SORTIE_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-m", "bot.verify", "R-1001"], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 2 and done.stderr.splitlines() == [
        "SYS-004 The database does not answer, or has no schema yet."
    ]
