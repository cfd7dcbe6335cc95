"""The command line itself: light, and clear about mistakes."""

import json
import os
import subprocess
import sys
from pathlib import Path


def sortie(*args: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SORTIE_")}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli.main", *args],
        env=clean | env,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_version_is_told_without_importing_anything_heavy(tmp_path: Path) -> None:
    told = sortie("--version", cwd=tmp_path)
    assert told.returncode == 0 and told.stdout.startswith("sortie ")
    assert json.loads(sortie("version", "--json", cwd=tmp_path).stdout)["version"] in told.stdout
    heavy = ("sqlalchemy", "celery", "fastapi", "slack_bolt", "anthropic", "github", "pydantic", "tasks")
    probe = f"import bot.cli.main, sys; print([m for m in {heavy!r} if m in sys.modules])"
    seen = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"


def test_the_web_process_loads_no_step_no_agent_and_no_code_host_client() -> None:
    probe = (
        "import bot.web, sys;"
        "print(sorted(m for m in sys.modules if m == 'github' or m == 'anthropic' or m.startswith(('tasks.steps', 'tasks.agent'))))"
    )
    seen = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"


def test_a_wrong_setting_is_named_without_its_value(tmp_path: Path) -> None:
    told = sortie("db", "upgrade", cwd=tmp_path, SORTIE_PORT="s3cret")
    assert told.returncode == 2
    assert "CFG-001 SORTIE_PORT" in told.stderr and "s3cret" not in told.stderr
    assert "Traceback" not in told.stderr


def test_the_schema_is_made_and_making_it_again_changes_nothing(tmp_path: Path) -> None:
    first = sortie("db", "upgrade", cwd=tmp_path, SORTIE_HOME=str(tmp_path / "h"))
    again = sortie("db", "upgrade", cwd=tmp_path, SORTIE_HOME=str(tmp_path / "h"))
    assert (first.returncode, again.returncode) == (0, 0)
    assert "from empty to" in first.stderr and "already at" in again.stderr


def test_the_web_process_refuses_a_database_of_another_version(tmp_path: Path) -> None:
    broker = {"SORTIE_BROKER_URL": "redis://127.0.0.1:1/0"}
    told = sortie("web", cwd=tmp_path, SORTIE_HOME=str(tmp_path / "h"), **broker)
    assert told.returncode == 2 and "Run: sortie db upgrade" in told.stderr


def test_the_pages_are_not_shown_to_other_machines_without_a_token(tmp_path: Path) -> None:
    told = sortie("web", cwd=tmp_path, SORTIE_BIND="0.0.0.0", SORTIE_BROKER_URL="redis://127.0.0.1:1/0")
    assert told.returncode == 2 and "CFG-002" in told.stderr and "SORTIE_DASHBOARD_TOKEN" in told.stderr


def test_a_lone_process_without_a_broker_says_what_to_do(tmp_path: Path) -> None:
    told = sortie("beat", cwd=tmp_path, SORTIE_HOME=str(tmp_path / "h"))
    assert told.returncode == 2 and "CFG-004" in told.stderr and "sortie up" in told.stderr
