"""pytest as a read-only layer for the target's tests: copied from this environment, readable by any user."""

import shutil
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def copy_toolchain(into: Path, *, root: str = "pytest") -> Path:
    """Copies a distribution and everything it requires into one folder for PYTHONPATH."""
    into.mkdir(mode=0o755)
    for found in _closure(root):
        for file in found.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                source, target = Path(str(found.locate_file(file))), into / Path(*file.parts)
                if source.is_file():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, target)
    for path in (into, *into.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return into


def _closure(root: str) -> list[Distribution]:
    """The distribution and all it needs on this Python, each once."""
    found: dict[str, Distribution] = {}
    wanted = [root]
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name in found:
            continue
        found[name] = distribution(name)
        requirements = [Requirement(line) for line in found[name].requires or ()]
        wanted += [r.name for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})]
    return list(found.values())
