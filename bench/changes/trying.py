"""Runs a package's tests on a tree, bare and outside any gate: how a recipe's label is told, and probes are asked."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from bench.changes.packages import Package, Tree
from bench.places import MEMORY

_WALL_S = 600
_CPU_S = 20
_MEMORY_KIB = 3_000_000
_SAME = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
"""So that two tries differ by nothing but the tree."""
_FAILED = re.compile(r"^(?:FAILED|ERROR|SUBFAIL\S*) (\S+?\.py(?:::[\w\[\].:<>-]+)?)", re.M)


@dataclass(frozen=True, slots=True)
class Tried:
    """How the tests ended: whether all passed, and which failed as "path::Class::test"."""

    passed: bool
    failed: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Bench:
    """A package as published, laid out and compiled once in `folder`; what is tried is a copy with some files changed."""

    package: Package
    tree: Tree
    toolchain: Path
    folder: Path

    def tried(self, tree: Tree, *, command: str = "") -> Tried:
        """The package's test command on this tree, in a folder of its own in memory."""
        with self._laid(tree) as folder:
            try:
                done = self._run(folder, f"{command or self.package.command} -rf")
            except subprocess.TimeoutExpired:
                return Tried(False, (), "it did not end")
        text = done.stdout.decode(errors="replace")
        failed = dict.fromkeys(name.partition("[")[0].removesuffix(":") for name in _FAILED.findall(text))
        return Tried(done.returncode == 0, tuple(failed), text)

    def answers(self, tree: Tree, expressions: Sequence[str]) -> dict[str, str]:
        """What each expression is (its repr) on this tree; those that raise, or are no plain values, are missing."""
        asked = {"asked.json": json.dumps(list(expressions)).encode(), "asking.py": _ASKING}
        with self._laid({**tree, **asked}) as folder:
            try:
                found: dict[str, str] = json.loads(self._run(folder, "python3 asking.py").stdout)
            except (subprocess.TimeoutExpired, ValueError):
                return {}
        return found

    @contextmanager
    def _laid(self, tree: Tree) -> Iterator[Path]:
        folder = Path(mkdtemp(prefix="sortie-bench-change-", dir=MEMORY)) / "it"
        try:
            shutil.copytree(self.folder, folder)
            _lay(
                folder,
                {
                    path: tree.get(path)
                    for path in {*tree, *self.tree}
                    if tree.get(path) != self.tree.get(path)
                },
            )
            yield folder
        finally:
            shutil.rmtree(folder.parent, ignore_errors=True)

    def _run(self, folder: Path, command: str) -> subprocess.CompletedProcess[bytes]:
        env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(self.toolchain), **_SAME}
        argv = ["/bin/bash", "-c", f"ulimit -t {_CPU_S}; ulimit -v {_MEMORY_KIB}; {command}"]
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env={**env, "HOME": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=_WALL_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.communicate()
            raise
        return subprocess.CompletedProcess(argv, process.returncode, output)


@contextmanager
def bench(package: Package, tree: Tree, toolchain: Path) -> Iterator[Bench]:
    """Lays the package out for trying. Raises SystemExit where its own tests do not pass."""
    around = Path(mkdtemp(prefix="sortie-bench-package-", dir=MEMORY))
    try:
        _lay(around / "it", dict(tree))
        made = Bench(package, tree, toolchain, around / "it")
        env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(toolchain)}
        argv = ["/bin/bash", "-c", f"{package.command} -p no:cacheprovider"]
        subprocess.run(argv, cwd=around / "it", env=env, capture_output=True, check=False)
        if not (found := made.tried(tree)).passed:
            raise SystemExit(f"The tests of {package.name} fail as they are published:\n{found.text[-2000:]}")
        yield made
    finally:
        shutil.rmtree(around, ignore_errors=True)


def _lay(folder: Path, files: dict[str, bytes | None]) -> None:
    """Writes, or removes, these files, and what was compiled of them."""
    for path, content in files.items():
        place = folder / path
        for compiled in (place.parent / "__pycache__").glob(f"{place.stem}.*.pyc"):
            compiled.unlink()
        if content is None:
            place.unlink()
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)


_ASKING = b"""import ast, json, sys
sys.path[:0] = ['.', 'src']
scope = {}
for name in ('toolz', 'cachetools', 'cachetools.keys', 'cachetools.func', 'parse'):
    try:
        exec('import ' + name, scope)
    except ImportError:
        pass
found = {}
for expression in json.load(open('asked.json')):
    try:
        shown = repr(eval(expression, scope))
        if ast.literal_eval(shown) == eval(expression, scope):
            found[expression] = shown
    except Exception:
        pass
print(json.dumps(found))
"""
