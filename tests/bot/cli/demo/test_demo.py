"""`sortie demo --once` as a person runs it: real processes, one document, an exit code that tells the truth."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.cli.demo.target import OWN, SCRIPTS, checks_of, repo_name

KEYS = [
    "run", "state", "states", "repo", "pr_url", "head_sha", "checks", "gates", "verdicts",
    "posts", "edits", "reactions", "turns", "cost_usd", "ack_s", "pr_s", "ready_s",
]  # fmt: skip
WITHIN_S = 170


def demo(*args: str, cwd: Path) -> tuple[int, dict[str, Any], str]:
    """Exit code, the document, and what was told on stderr."""
    command = [sys.executable, "-m", "bot.cli.main", "demo", "--once", "--json", "--timeout", "120", *args]
    env = os.environ | {"SORTIE_GITHUB__TOKEN": "ghp_somebody_elses", "SORTIE_PORT": "1"}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=WITHIN_S)
    lines = done.stdout.splitlines()
    assert len(lines) == 1, done.stdout + done.stderr
    return done.returncode, json.loads(lines[0]), done.stderr


@pytest.mark.timeout(WITHIN_S + 10)
def test_the_demo_reaches_ready_with_three_posts_real_ci_and_three_verdicts(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SORTIE_SLACK__API_URL=http://127.0.0.1:1/api/\n")
    code, found, told = demo("--keep", cwd=tmp_path)
    assert (code, found["state"]) == (0, "ready"), told
    _its_receipt_verifies(told)
    assert list(found) == KEYS
    assert found["posts"] == 3 and found["reactions"] == 1 and found["edits"] >= 3
    assert {c["name"]: c["conclusion"] for c in found["checks"]} == {"tests": "success", "lint": "success"}
    assert {v["lens"]: v["decision"] for v in found["verdicts"]} == {
        "correctness": "pass", "security": "pass", "tests": "pass",
    }  # fmt: skip
    assert found["states"][0]["name"] == "received" and found["states"][-1]["name"] == "ready"
    assert found["ack_s"] <= found["pr_s"] <= found["ready_s"]
    assert len(found["head_sha"]) == 40 and found["pr_url"].endswith("/acme/api/pull/1")
    assert "ready for your review" in told


def _its_receipt_verifies(told: str) -> None:
    """By the command that the demo names, with settings of somebody else around it; no credential is in it."""
    kept = Path(told.rsplit("kept: ", 1)[1].strip())
    command = re.search(r"commands +(\S+) ", told)
    assert command and command[1] == str(kept / "private/sortie")
    try:
        script = Path(command[1]).read_text()
        assert not any(word in script for word in ("xoxb", "sk-ant", "PRIVATE KEY", "SECRET"))
        env = os.environ | {"SORTIE_HOME": "/nowhere", "SORTIE_DATABASE_URL": "sqlite:////nowhere/x.db"}
        done = subprocess.run(
            [command[1], "verify", "R-1001"], env=env, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0 and "the same" in done.stdout, done.stdout + done.stderr
    finally:
        for made in (kept, kept.with_name(f"{kept.name}-toolchain")):
            shutil.rmtree(made, ignore_errors=True)


@pytest.mark.timeout(WITHIN_S + 10)
def test_a_repository_that_is_not_ours_with_a_wrong_patch_is_not_ready(tmp_path: Path) -> None:
    target = tmp_path / "their-shop"
    shutil.copytree(OWN, target, ignore=shutil.ignore_patterns("__pycache__"))
    code, found, told = demo(
        "--target", str(target), "--script", str(SCRIPTS / "wrong_patch.json"), cwd=tmp_path
    )
    assert code != 0 and found["state"] != "ready", told
    assert found["repo"] == "acme/their-shop"
    blocking = [v for v in found["verdicts"] if v["decision"] == "block"]
    assert blocking and all(
        f["evidence"]["command"] for v in blocking for f in v["findings"] if f["severity"] == "blocking"
    )


def test_a_script_that_cannot_be_played_ends_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"name": "x", "rolles": {}}')
    command = [sys.executable, "-m", "bot.cli.main", "demo", "--once", "--script", str(tmp_path / "bad.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "The model simulator did not start" in done.stderr
    assert "rolles" in done.stderr and "Traceback" not in done.stderr


def test_live_without_a_key_is_refused_before_anything_starts(tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if k != "ANTHROPIC_API_KEY"}
    command = [sys.executable, "-m", "bot.cli.main", "demo", "--live"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "ANTHROPIC_API_KEY" in done.stderr


def test_ci_runs_what_the_repository_says_or_what_its_files_suggest(tmp_path: Path) -> None:
    assert dict(checks_of(OWN)).keys() == {"test", "lint"}
    (tmp_path / "test_x.py").write_text("def test_x(): pass\n")
    assert checks_of(tmp_path) == (("test", "python3 -m pytest -q"),)
    (tmp_path / "empty").mkdir()
    assert checks_of(tmp_path / "empty") == ()


def test_a_target_keeps_its_folders_name() -> None:
    assert repo_name(OWN) == "acme/api"
    assert repo_name(Path("/srv/My Shop.git")) == "acme/My-Shop"
