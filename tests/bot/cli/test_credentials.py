"""Which process is handed which secret: what nobody listed is withheld, also when it stands in a .env file."""

import os
from pathlib import Path

import pytest

from bot.cli.credentials import ALLOWED, environment_for, secret_names
from tasks.settings import Settings

EVERYTHING = {name: f"value-of-{name}" for name in secret_names()} | {
    "ANTHROPIC_API_KEY": "sk-ant-x",
    "ANTHROPIC_AUTH_TOKEN": "y",
    "PATH": "/usr/bin",
    "SORTIE_SLACK__API_URL": "http://127.0.0.1:1/api/",
}


def held(child: str) -> set[str]:
    env = environment_for(child, EVERYTHING)
    return {
        name for name, value in env.items() if value and ("value-of" in value or name.startswith("ANTHROPIC"))
    }


def test_the_secrets_are_found_by_their_type() -> None:
    assert {
        "SORTIE_SLACK__BOT_TOKEN",
        "SORTIE_GITHUB__PRIVATE_KEY",
        "SORTIE_DASHBOARD_TOKEN",
    } <= secret_names()


def test_the_worker_holds_the_model_key_and_nothing_of_slack_or_github() -> None:
    assert held("worker") == {"SORTIE_MODEL__API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"}


def test_the_web_process_can_verify_but_not_push() -> None:
    assert not held("web") & {"SORTIE_GITHUB__TOKEN", "SORTIE_GITHUB__PRIVATE_KEY", "SORTIE_MODEL__API_KEY"}
    assert {"SORTIE_SLACK__SIGNING_SECRET", "SORTIE_SLACK__APP_TOKEN"} <= held("web")


def test_the_connection_to_slack_is_the_web_processs_alone() -> None:
    assert [child for child in ALLOWED if "SORTIE_SLACK__APP_TOKEN" in held(child)] == ["web"]


def test_the_publisher_holds_no_model_key_and_the_beat_holds_nothing() -> None:
    assert not held("publisher") & {"SORTIE_MODEL__API_KEY", "ANTHROPIC_API_KEY", "SORTIE_DASHBOARD_TOKEN"}
    assert held("beat") == set()


def test_what_is_no_secret_reaches_everybody() -> None:
    for child in ALLOWED:
        env = environment_for(child, EVERYTHING)
        assert (env["PATH"], env["SORTIE_SLACK__API_URL"]) == ("/usr/bin", "http://127.0.0.1:1/api/")


def test_a_env_file_cannot_hand_over_what_the_environment_withholds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("SORTIE_GITHUB__TOKEN=ghp_x\nSORTIE_MODEL__API_KEY=sk-ant-x\n")
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("SORTIE_"):
            monkeypatch.delenv(name)
    for name, value in environment_for("worker", {}).items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.github.token.get_secret_value() == ""
    assert settings.model.api_key.get_secret_value() == "sk-ant-x"
