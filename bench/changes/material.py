"""What recipes are drawn from: one package, its noticed faults, and chance; and small pieces that several kinds need."""

import ast
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench.changes.edit import Edit
from bench.changes.packages import Package, Tree
from bench.changes.pool import Noticed
from bench.changes.probes import Probe
from bench.changes.source import CannotApply, Source

T = TypeVar("T")
MOST_TESTS = 3
"""A fault that more tests notice cannot be hidden by touching a few."""


@dataclass(frozen=True, slots=True)
class Material:
    """`right` are the answers of the published package to its probes."""

    package: Package
    tree: Tree
    pool: tuple[Noticed, ...]
    probes: tuple[Probe, ...]
    right: dict[str, str]
    seed: str

    def chance(self, word: str) -> random.Random:
        return random.Random(f"{self.seed}:{self.package.name}:{word}")

    def mixed(self, word: str, items: Sequence[T]) -> list[T]:
        """The items in an order of chance."""
        return self.chance(word).sample(list(items), len(items))

    def faults(self, word: str) -> list[Noticed]:
        return self.mixed(word, self.pool)

    def sources(self) -> Iterator[Source]:
        """The product's files."""
        for path in sorted(self.tree):
            if self.package.is_product(path):
                yield Source(path, self.tree[path])

    def probes_of(self, function: str) -> list[str]:
        """Expressions that ask a function, or a class."""
        return [e for _, name, e in self.probes if name == function and e in self.right]

    def tests(self, fault: Noticed) -> list[tuple[str, str]]:
        """(file, test as "Class.name" or "name") of what notices a fault. Raises CannotApply where they are too many or odd."""
        found = []
        for failed in fault.failed:
            path, _, rest = failed.partition("::")
            name = rest.replace("::", ".")
            if not name or path not in self.tree:
                raise CannotApply("not a plain test")
            Source(path, self.tree[path]).function(name)
            found.append((path, name))
        if not 0 < len(found) <= MOST_TESTS:
            raise CannotApply("too many tests")
        return found

    def own_test(self, word: str, body: str) -> Edit:
        """A test file of our own."""
        return {"do": "write", "path": f"{self.package.tests}/test_{word}.py", "text": body}


def dropped(tests: Sequence[tuple[str, str]]) -> tuple[Edit, ...]:
    return tuple({"do": "drop-test", "path": path, "test": name} for path, name in tests)


def asking(probe: str, expected: str, name: str) -> str:
    """A test that asks one probe and wants one answer."""
    return f"{imports(probe)}\n\n\ndef test_{name}():\n    assert {probe} == {expected}\n"


def imports(probe: str) -> str:
    """The import lines that an expression needs."""
    names = [
        n for n in ("toolz", "cachetools.func", "cachetools.keys", "cachetools", "parse") if f"{n}." in probe
    ]
    longest = [n for n in names if not any(other.startswith(f"{n}.") for other in names)]
    return "\n".join(f"import {n}" for n in longest)


def call_of(probe: str, function: str) -> ast.Call | None:
    """The call of `function` inside a probe."""
    for node in ast.walk(ast.parse(probe, mode="eval")):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == function:
            return node
    return None
