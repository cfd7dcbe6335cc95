import shutil
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[4] / "bot" / "cli" / "demo"


def git(where: Path, *arguments: str) -> str:
    """Runs git as a fixed author, reading nobody's configuration."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        **{f"GIT_{who}_NAME": "Ada" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "ada@example.com" for who in ("AUTHOR", "COMMITTER")},
    }
    done = subprocess.run(
        ["git", *arguments], cwd=where, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture(scope="session")
def toolchain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for PYTHONPATH that holds pytest and what it needs, and no plugin."""
    directory = tmp_path_factory.mktemp("toolchain")
    for name in ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py"):
        spec = find_spec(name)
        assert spec is not None and spec.origin is not None
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (directory / source.name).symlink_to(source)
    return directory


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone-like checkout of the demo target with the refs `base` and `head` on its first commit."""
    workspace = tmp_path / "workspace"
    shutil.copytree(DEMO / "target", workspace, ignore=shutil.ignore_patterns("__pycache__"))
    git(workspace, "init", "-q", "-b", "main")
    git(workspace, "add", "-A")
    git(workspace, "commit", "-q", "-m", "base")
    git(workspace, "branch", "base")
    git(workspace, "branch", "head")
    return workspace


@pytest.fixture
def commit_head(checkout: Path) -> Callable[[], str]:
    """Commits what the worker changed and moves `head` there; returns the names of the changed files."""

    def commit() -> str:
        git(checkout, "add", "-A")
        git(checkout, "commit", "-q", "--allow-empty", "-m", "work")
        git(checkout, "branch", "-f", "head")
        return git(checkout, "diff", "--name-only", "base", "head")

    return commit
