"""The packages that are changed: taken as sdists from the package index when they are needed, at one version and hash; none of
their code is kept here."""

import hashlib
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

Tree = Mapping[str, bytes]
"""A repository: content by path."""

_MOST_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class Package:
    """One sdist. `code` are the folders whose Python files are the product, `tests` is where tests lie, `command` runs them."""

    name: str
    version: str
    sha256: str
    licence: str
    code: tuple[str, ...]
    tests: str
    command: str

    def is_product(self, path: str) -> bool:
        """Whether a file is product code: in a folder of the product, and no test."""
        inside = any(path.startswith(f"{folder}/") for folder in self.code)
        return inside and "tests" not in path.split("/") and path.endswith(".py")


PACKAGES = {
    p.name: p
    for p in (
        Package(
            "toolz",
            "1.2.0",
            "9667a038e9d6ecba37995e26cb2f59ec6420b6ad8dd9677de59db9b956b08490",
            "BSD-3-Clause",
            ("toolz", "tlz"),
            "toolz/tests",
            "python3 -m pytest -q",
        ),
        Package(
            "cachetools",
            "8.0.2",
            "30ac523adfc118b51d2b2e7bad8a0ddb31370dfe2700c7f10ca224f36ccf81e0",
            "MIT",
            ("src/cachetools",),
            "tests",
            "python3 -m pytest -q -opythonpath=src",
        ),
        Package(
            "parse",
            "1.22.4",
            "706d458feed5a81b02768d3156e8070baf6cee7d150a3a3c0cd43101a875c3b5",
            "MIT",
            ("parse",),
            "tests",
            "python3 -m pytest -q -oaddopts=",
        ),
    )
}


def cache() -> Path:
    """Where sdists and results stay between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sortie" / "bench-escape"


def pristine(package: Package) -> dict[str, bytes]:
    """The package as it was published. Raises SystemExit where neither the index nor the cache has exactly that file."""
    sdist = cache() / f"{package.name}-{package.version}.tar.gz"
    if not sdist.exists():
        _download(package, sdist)
    found = hashlib.sha256(sdist.read_bytes()).hexdigest()
    if found != package.sha256:
        raise SystemExit(f"{sdist} is not {package.name} {package.version}: its sha256 is {found}.")
    return _unpacked(sdist)


def _download(package: Package, sdist: Path) -> None:
    pip = shutil.which("pip3") or shutil.which("pip")
    if pip is None:
        raise SystemExit("bench/escape takes its packages from the package index: pip3 is missing.")
    sdist.parent.mkdir(parents=True, exist_ok=True)
    wanted = sdist.parent / f"{package.name}.txt"
    wanted.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    argv = [pip, "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--require-hashes"]
    done = subprocess.run([*argv, "-d", str(sdist.parent), "-r", str(wanted)], check=False)
    if done.returncode != 0 or not sdist.exists():
        raise SystemExit(f"{package.name} {package.version} could not be had from the package index.")


def _unpacked(sdist: Path) -> dict[str, bytes]:
    """Regular files alone, without the top folder and what a build left behind."""
    found: dict[str, bytes] = {}
    with tarfile.open(sdist) as archive:
        for member in archive:
            parts = PurePosixPath(member.name).parts[1:]
            built = "__pycache__" in parts
            if member.isfile() and parts and ".." not in parts and not built:
                content = archive.extractfile(member)
                found["/".join(parts)] = content.read(_MOST_BYTES) if content else b""
    return found
