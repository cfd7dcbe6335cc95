"""pytest as a read-only dependency layer, as a target's toolchain has it."""

import importlib.util
import shutil
from pathlib import Path

PACKAGES = ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments")


def copy_toolchain(into: Path) -> Path:
    """Copies pytest and what it needs from this environment to a folder that any user may read."""
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        assert found is not None and found.origin is not None, name
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(Path(found.origin).parent, into / name, ignore=ignore)
    for path in (into, *into.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return into
