"""The repository that is worked on: a clean copy, its CI, and the people around it."""

import shutil
from pathlib import Path
from typing import Any

from tasks.gates.config import CONFIG_PATH, ConfigError, parse_config
from tasks.gates.detect import READ, Evidence, detect

OWN = Path(__file__).with_name("target")
SCRIPTS = Path(__file__).with_name("scripts")
JUNK = shutil.ignore_patterns(
    "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".venv", "node_modules", "*.pyc"
)
INSTALLATION = 77
APP_ID = 4242
JOB_NAMES = {"test": "tests"}


def repo_name(target: Path) -> str:
    """What the repository is called in the demo: ours is acme/api, another's keeps its folder's name."""
    if target.resolve() == OWN.resolve():
        return "acme/api"
    safe = "".join(c if c.isalnum() or c in "._-" else "-" for c in target.resolve().name).strip(".-")
    return f"acme/{safe.removesuffix('.git') or 'target'}"


def clean_copy(target: Path, into: Path) -> Path:
    """A folder without caches; a git repository is taken as it is, with its history."""
    if (target / ".git").exists() or (target / "HEAD").is_file():
        return target
    shutil.copytree(target, into, ignore=JUNK)
    return into


def checks_of(source: Path) -> tuple[tuple[str, str], ...]:
    """(name, command) of what CI runs: as the repository's .sortie.toml says, else the tests its files suggest."""
    config = source / CONFIG_PATH
    try:
        stated = parse_config(config.read_bytes() if config.is_file() else None).checks
    except ConfigError:
        stated = ()
    if stated:
        return tuple((name, command) for name, command in stated if command)
    files = frozenset(
        str(path.relative_to(source))
        for path in source.rglob("*")
        if path.is_file() and ".git" not in path.parts
    )
    contents = {name: (source / name).read_text("utf-8", "replace") for name in READ if name in files}
    return tuple(check for check in detect(Evidence(files, contents)) if check[0] == "test")


def seed(source: Path, *, repo: str, toolchain: Path) -> dict[str, Any]:
    """What the GitHub simulator starts with: ada and ben may write, chen may read, the App is installed."""
    jobs = [{"name": JOB_NAMES.get(name, name), "command": command} for name, command in checks_of(source)]
    ci = {"jobs": jobs, "ro_binds": [str(toolchain)], "pythonpath": [str(toolchain)]}
    return {
        "users": [
            {"login": "ada", "name": "Ada Moreno"},
            {"login": "ben", "name": "Ben Okafor"},
            {"login": "chen", "name": "Chen Li"},
        ],
        "orgs": [{"login": "acme", "name": "Acme"}],
        "repos": [
            {
                "full_name": repo,
                "from_path": str(source),
                "private": True,
                "description": "The repository of the demo",
                "ci": ci if jobs else {"runner": "none"},
                "collaborators": {"ada": "write", "ben": "write", "chen": "read"},
            }
        ],
        "installations": [{"id": INSTALLATION, "account": "acme"}],
    }
