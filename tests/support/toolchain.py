"""pytest as a read-only dependency layer, as a target's toolchain has it."""

import importlib.util
import shutil
from pathlib import Path

PACKAGES = ("py", "pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments")


def copy_toolchain(into: Path) -> Path:
    """Copies pytest and what it needs from this environment to a folder that any user may read."""
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        assert found is not None and found.origin is not None, name
        source = Path(found.origin)
        if source.name == "__init__.py":
            shutil.copytree(source.parent, into / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, into / source.name)
    for path in (into, *into.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return into
