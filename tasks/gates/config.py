"""`.sortie.toml`, as it stands on the base commit: which checks to run, which paths are protected, which limits hold."""

import difflib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

CONFIG_PATH = ".sortie.toml"
CHECKS = ("test", "types", "lint", "build")


@dataclass(frozen=True, slots=True)
class GateLimits:
    """What one change may be: files, changed lines, KiB of one file; and seconds for one check, seconds for setup."""

    files: int = 100
    lines: int = 4000
    blob_kb: int = 1024
    check_s: int = 600
    setup_s: int = 600


@dataclass(frozen=True, slots=True)
class RepoConfig:
    """`checks` are (name, shell command) in the order they run; an empty command switches a check off."""

    setup: str = ""
    checks: tuple[tuple[str, str], ...] = ()
    protected: tuple[str, ...] = ()
    limits: GateLimits = GateLimits()


class ConfigError(Exception):
    """The file cannot be used. `sentence` says where and what to write instead; code CFG-020."""

    code = "CFG-020"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def parse_config(content: bytes | None) -> RepoConfig:
    """The configuration in a file's bytes, the defaults for None. Raises ConfigError."""
    if content is None:
        return RepoConfig()
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as why:
        raise ConfigError(f"{CONFIG_PATH} is not valid TOML: {why}") from why
    _known(table, ("checks", "protected", "limits"), "")
    checks = _table(table, "checks")
    _known(checks, ("setup", *CHECKS), "checks.")
    commands = tuple((name, _command(checks[name], name)) for name in CHECKS if name in checks)
    return RepoConfig(
        setup=_command(checks.get("setup", ""), "setup"),
        checks=commands,
        protected=_globs(table.get("protected", [])),
        limits=_limits(_table(table, "limits")),
    )


def _limits(table: dict[str, Any]) -> GateLimits:
    names = tuple(f.name for f in fields(GateLimits))
    _known(table, names, "limits.")
    for name, value in table.items():
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise ConfigError(f"{CONFIG_PATH}: limits.{name} must be a whole number above 0.")
    return GateLimits(**table)


def _globs(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ConfigError(f'{CONFIG_PATH}: protected must be a list of patterns, like ["migrations/**"].')
    return tuple(value)


def _command(value: object, name: str) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ConfigError(f'{CONFIG_PATH}: checks.{name} must be one command, like "python3 -m pytest".')
    return value.strip()


def _table(table: dict[str, Any], name: str) -> dict[str, Any]:
    value = table.get(name, {})
    if not isinstance(value, dict):
        raise ConfigError(f"{CONFIG_PATH}: {name} must be a table: write [{name}].")
    return value


def _known(table: dict[str, Any], names: Iterable[str], prefix: str) -> None:
    allowed = list(names)
    for key in table:
        if key not in allowed:
            close = difflib.get_close_matches(key, allowed, n=1)
            hint = f"did you mean {prefix}{close[0]}?" if close else f"known are {', '.join(allowed)}."
            raise ConfigError(f"{CONFIG_PATH}: there is no key {prefix}{key}; {hint}")
