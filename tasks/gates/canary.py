"""Tests of the harness that must fail: a run that does not report them as failing is not believed. Pure."""

import posixpath
from dataclasses import dataclass

from tasks.gates.testfiles import is_python_test

_BODY = """import unittest


def test_{a}_holds():
    found = "{b}"
    assert found == "{c}"


def test_{b}_is_there():
    raise LookupError("{c}")


class Test{c}(unittest.TestCase):
    def test_{a}_once_more(self):
        self.assertEqual("{a}", "{b}")
"""


@dataclass(frozen=True, slots=True)
class Canary:
    """One planted file. `tests` are the ends of its tests' ids; `plain` those that only pytest finds."""

    path: str
    content: bytes
    plain: tuple[str, str]
    classed: str

    def reported(self, failed: tuple[str, ...], framework: str) -> bool:
        """Whether every planted test is among the failed ones."""
        wanted = (*self.plain, self.classed) if framework == "pytest" else (self.classed,)
        ours = [name for name in failed if self.owns(name)]
        return all(any(word in name for name in ours) for word in wanted)

    def owns(self, name: str) -> bool:
        """Whether a test's id is one of ours."""
        return any(word in name for word in (*self.plain, self.classed))


def canary_for(test_files: tuple[str, ...], word: str) -> Canary | None:
    """A canary beside the first Python test file, named as that one is; `word` (hex) makes it unlike any other.

    None where there is no Python test to lie beside.
    """
    beside = next((path for path in sorted(test_files) if is_python_test(path)), None)
    if beside is None:
        return None
    folder, name = posixpath.split(beside)
    stem = name.removesuffix(".py")
    a, b, c = (f"n{word[n::3]}" for n in range(3))
    new = f"{a}_{b}_test.py" if stem.endswith("_test") else f"test_{a}_{b}.py"
    content = _BODY.format(a=a, b=b, c=c).encode()
    plain = (f"test_{a}_holds", f"test_{b}_is_there")
    return Canary(posixpath.join(folder, new), content, plain, f"test_{a}_once_more")
