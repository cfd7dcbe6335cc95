"""`sortie doctor`: each line says what is wrong and what mends it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.serve import running


def doctor(tmp_path: Path, **env: str) -> tuple[int, dict[str, dict[str, Any]]]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SORTIE_")}
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli.main", "doctor", "--json"],
        env=clean | {"SORTIE_HOME": str(tmp_path / "home")} | env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = json.loads(done.stdout)
    return done.returncode, {check["group"]: check for check in found["checks"]}


def test_a_database_without_schema_and_a_dead_broker_are_named_with_their_cure(tmp_path: Path) -> None:
    code, found = doctor(tmp_path, SORTIE_BROKER_URL="redis://127.0.0.1:1/0")
    assert code == 1
    assert (found["Database"]["state"], found["Database"]["fix"]) == ("FAIL", "sortie db upgrade")
    assert (found["Broker"]["state"], found["Broker"]["fix"]) == ("FAIL", "SORTIE_BROKER_URL")
    assert found["Sandbox"]["state"] == "ok" and "isolation full" in found["Sandbox"]["detail"]


def test_plain_processes_as_a_sandbox_are_a_warning_and_nothing_is_hidden(tmp_path: Path) -> None:
    _, found = doctor(tmp_path, SORTIE_SANDBOX__BACKEND="process")
    assert found["Sandbox"]["state"] != "ok" and "process" in json.dumps(found["Sandbox"])
    assert (found["Broker"]["state"], found["Broker"]["fix"]) == ("WARN", "sortie up")


def test_socket_mode_is_asked_of_slack_and_a_wrong_token_is_named(tmp_path: Path) -> None:
    with running(SlackSimConfig(app_token="xapp-right")) as slack:
        url = f"{slack}/api/"
        _, found = doctor(tmp_path, SORTIE_SLACK__API_URL=url, SORTIE_SLACK__APP_TOKEN="xapp-right")
        assert found["Slack"]["state"] == "ok" and "Socket Mode" in found["Slack"]["detail"]
        code, found = doctor(tmp_path, SORTIE_SLACK__API_URL=url, SORTIE_SLACK__APP_TOKEN="xapp-wrong")
    assert code == 1 and "invalid_auth" in found["Slack"]["detail"]
    assert found["Slack"]["fix"] == "SORTIE_SLACK__APP_TOKEN"


@pytest.mark.parametrize(
    ("secret", "state", "said"), [("s", "ok", "/slack/events"), ("", "WARN", "not heard")]
)
def test_without_an_app_token_the_doctor_says_how_slack_is_heard(
    tmp_path: Path, secret: str, state: str, said: str
) -> None:
    _, found = doctor(tmp_path, SORTIE_SLACK__SIGNING_SECRET=secret)
    assert found["Slack"]["state"] == state and said in found["Slack"]["detail"]
