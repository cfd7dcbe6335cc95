"""Which checks a repository has when it does not say: read off its files at base. Pure."""

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

READ = (
    "pyproject.toml",
    "setup.cfg",
    "tox.ini",
    "pytest.ini",
    "mypy.ini",
    ".mypy.ini",
    "package.json",
    "Makefile",
    "GNUmakefile",
    "makefile",
)
"""The files whose content `detect` wants; all others count by their name alone."""

_PYTEST = "python3 -m pytest -q"
_UNITTEST = "python3 -m unittest discover -v"
_NO_TEST_SCRIPT = re.compile(r"no test specified|^\s*(exit 0|true)?\s*$")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A repository at base: all paths, and the content of those in READ. `pytest`: whether sandboxes have it."""

    files: frozenset[str]
    contents: Mapping[str, str]
    pytest: bool = True

    def toml(self, name: str) -> dict[str, Any]:
        """A TOML file's `tool` tables; empty when absent or broken."""
        try:
            tool = tomllib.loads(self.contents.get(name, "")).get("tool", {})
        except tomllib.TOMLDecodeError:
            return {}
        return tool if isinstance(tool, dict) else {}

    def sections(self, name: str) -> list[str]:
        """An INI file's section names."""
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        try:
            parser.read_string(self.contents.get(name, ""))
        except configparser.Error:
            return []
        return parser.sections()

    def scripts(self) -> dict[str, str]:
        """package.json's scripts."""
        try:
            package = json.loads(self.contents.get("package.json", "{}"))
        except ValueError:
            return {}
        scripts = package.get("scripts", {}) if isinstance(package, dict) else {}
        return {k: v for k, v in scripts.items() if isinstance(v, str)} if isinstance(scripts, dict) else {}

    def targets(self) -> set[str]:
        """The Makefile's plain targets."""
        text = next(
            (self.contents[n] for n in ("GNUmakefile", "makefile", "Makefile") if n in self.contents), ""
        )
        return set(re.findall(r"^([A-Za-z][\w-]*)\s*:(?!=)", text, re.M))


def detect(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    """(name, command) of the checks that were found, in the order they run; nothing where nothing is certain."""
    found: list[tuple[str, str]] = []
    for name, ways in _WAYS.items():
        command = next((command for way in ways if (command := way(evidence))), "")
        if command:
            found.append((name, command))
    return tuple(found)


def _pytest(e: Evidence) -> str:
    configured = (
        "pytest.ini" in e.files
        or "pytest" in e.toml("pyproject.toml")
        or "tool:pytest" in e.sections("setup.cfg")
        or "pytest" in e.sections("tox.ini")
    )
    names = [PurePosixPath(path) for path in e.files if path.endswith(".py")]
    tests = [
        p for p in names if p.name.startswith("test_") or p.stem.endswith("_test") or p.name == "conftest.py"
    ]
    if not (configured or tests):
        return ""
    return _PYTEST if e.pytest or configured else _UNITTEST


def _npm_test(e: Evidence) -> str:
    script = e.scripts().get("test", "")
    return "" if _NO_TEST_SCRIPT.search(script) else "npm test --silent"


def _npm(name: str) -> Callable[[Evidence], str]:
    return lambda e: f"npm run --silent {name}" if e.scripts().get(name) else ""


def _make(*targets: str) -> Callable[[Evidence], str]:
    return lambda e: next((f"make {target}" for target in targets if target in e.targets()), "")


def _file(name: str, command: str) -> Callable[[Evidence], str]:
    return lambda e: command if name in e.files else ""


def _mypy(e: Evidence) -> str:
    configured = (
        "mypy" in e.toml("pyproject.toml")
        or "mypy" in e.sections("setup.cfg")
        or bool(e.files & {"mypy.ini", ".mypy.ini"})
    )
    named = {**e.toml("pyproject.toml").get("mypy", {})} if configured else {}
    where = "" if "files" in named or "packages" in named else " ."
    return f"python3 -m mypy{where}" if configured else ""


def _pyright(e: Evidence) -> str:
    return "pyright" if "pyrightconfig.json" in e.files or "pyright" in e.toml("pyproject.toml") else ""


def _ruff(e: Evidence) -> str:
    configured = "ruff" in e.toml("pyproject.toml") or e.files & {"ruff.toml", ".ruff.toml"}
    return "python3 -m ruff check --output-format=concise ." if configured else ""


_WAYS: dict[str, tuple[Callable[[Evidence], str], ...]] = {
    "test": (
        _pytest,
        _npm_test,
        _file("go.mod", "go test ./..."),
        _file("Cargo.toml", "cargo test --offline"),
        _file("tox.ini", "tox"),
        _make("test", "tests", "check"),
    ),
    "types": (
        _mypy,
        _pyright,
        _npm("typecheck"),
        _file("tsconfig.json", "npx --no-install tsc --noEmit"),
        _file("go.mod", "go vet ./..."),
    ),
    "lint": (_ruff, _npm("lint"), _make("lint")),
    "build": (
        _npm("build"),
        _file("go.mod", "go build ./..."),
        _file("Cargo.toml", "cargo build --offline"),
        _make("build"),
    ),
}
