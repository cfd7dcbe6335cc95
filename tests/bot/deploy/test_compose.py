"""docker-compose.yml against the published schema, and against what each process may hold."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator
from pydantic import BaseModel

from bot.cli.credentials import ALLOWED, secret_names
from bot.cli.start import MODULES
from tasks.settings import Settings

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SCHEMA = json.loads((ROOT / "tests/fixtures/compose/compose_spec.json").read_text())


def known(model: type[BaseModel] = Settings, prefix: str = "SORTIE_") -> set[str]:
    """Every environment name the settings understand."""
    names: set[str] = set()
    for name, field in model.model_fields.items():
        names.add(f"{prefix}{name.upper()}")
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names |= known(field.annotation, f"{prefix}{name.upper()}__")
    return names


def test_the_file_is_valid_compose() -> None:
    errors = [f"{list(e.path)}: {e.message}" for e in Draft201909Validator(SCHEMA).iter_errors(COMPOSE)]
    assert errors == []


def test_a_broken_file_would_be_noticed() -> None:
    broken = COMPOSE | {"services": {"web": {"imagee": "x"}}}
    assert not Draft201909Validator(SCHEMA).is_valid(broken)


def test_every_process_of_ours_and_both_servers_are_there() -> None:
    assert {*MODULES, "postgres", "valkey", "migrate", "demo"} == set(SERVICES)
    for kind in MODULES:
        assert SERVICES[kind]["command"] == [kind]


@pytest.mark.parametrize("kind", [*MODULES, "migrate"])
def test_each_service_is_given_only_settings_that_exist_and_only_its_own_secrets(kind: str) -> None:
    given = set(SERVICES[kind]["environment"])
    assert given <= known()
    assert given & secret_names() <= ALLOWED.get(kind, frozenset())


def test_only_who_builds_sandboxes_may_make_namespaces() -> None:
    loose = {name for name, s in SERVICES.items() if any("seccomp" in o for o in s.get("security_opt", []))}
    assert loose == {"worker", "demo"}
    for kind in MODULES:
        assert SERVICES[kind]["cap_drop"] == ["ALL"] and SERVICES[kind]["read_only"] is True
        assert "no-new-privileges:true" in SERVICES[kind]["security_opt"]


def test_the_workers_profile_allows_what_bubblewrap_needs() -> None:
    profile = json.loads((ROOT / "docker/seccomp-bwrap.json").read_text())
    free = {
        name
        for rule in profile["syscalls"]
        if rule["action"] == "SCMP_ACT_ALLOW" and not rule.get("includes") and not rule.get("args")
        for name in rule["names"]
    }
    assert {"clone", "unshare", "setns", "mount", "umount2", "pivot_root"} <= free
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"


def test_nothing_is_published_beyond_the_loopback_and_no_engine_socket_is_shared() -> None:
    for service in SERVICES.values():
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", []))
        assert not any("docker.sock" in str(volume) for volume in service.get("volumes", []))
    assert "ports" not in SERVICES["postgres"] and "ports" not in SERVICES["valkey"]
