"""Which files of a repository are tests, what supports them, and recorded expectations: told from names alone. Pure."""

from pathlib import PurePosixPath

from tasks.gates.globs import first_match
from tasks.gates.steering import STEERING

TESTS = (
    *("test_*.py", "*_test.py", "conftest.py", "*_test.go", "*_spec.rb", "*_test.rb", "*Test.java", "*Tests.java"),
    *("*.test.js", "*.test.jsx", "*.test.ts", "*.test.tsx", "*.test.mjs", "*.test.cjs", "*Test.kt", "*_test.exs"),
    *("*.spec.js", "*.spec.jsx", "*.spec.ts", "*.spec.tsx", "*.spec.mjs", "*.spec.cjs", "*Tests.cs", "*_test.rs"),
)  # fmt: skip
"""Test files wherever they lie."""

_FOLDERS = frozenset({"test", "tests", "__tests__", "spec", "specs", "e2e", "testdata", "__snapshots__"})

SNAPSHOTS = (
    *("*.snap", "*.ambr", "*.approved.*", "*.golden", "__snapshots__/", "**/__snapshots__/**", "**/snapshots/**"),
    *("**/golden/**", "**/goldens/**", "**/cassettes/**", "**/testdata/**/*.out", "*.expected"),
)  # fmt: skip
"""Results that a tool recorded, to which tests compare."""

_PYTHON_TEST = ("test_*.py", "*_test.py")


def is_test(path: str) -> bool:
    """Whether a file belongs to the tests: tests themselves, their configuration, their data."""
    folders = PurePosixPath(path.lower()).parts[:-1]
    return not _FOLDERS.isdisjoint(folders) or first_match(path, TESTS) is not None


def is_python_test(path: str) -> bool:
    """Whether pytest would look into this file by its usual rule."""
    return first_match(path, _PYTHON_TEST) is not None


def is_snapshot(path: str) -> bool:
    """Whether a file holds recorded expectations."""
    return first_match(path, SNAPSHOTS) is not None


def says_how_to_test(path: str) -> bool:
    """Whether tests may end differently because of this file although no product code changed."""
    return is_test(path) or is_snapshot(path) or first_match(path, STEERING) is not None
