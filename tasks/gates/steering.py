"""Which files have a say in what a check does: those that replace its program, and those that configure it. Pure.

The commands come from the base, but they run the change's files. A change can therefore make its own checks pass; here it
is noticed where that can be told from names. It cannot be told from names where code under test reaches for its test runner.
"""

import sys

from tasks.gates.globs import first_match

_PROGRAMS = frozenset(
    {"pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py", "exceptiongroup", "tomli"}
    | {
        "mypy",
        "mypyc",
        "mypy_extensions",
        "typing_extensions",
        "pathspec",
        "ruff",
        "flake8",
        "pyright",
        "tox",
    }
)
"""What `python -m pytest`, mypy, ruff and their like import: at the top of a repository these names are found first."""

_STANDARD = sys.stdlib_module_names - {"test"}
_SUFFIXES = frozenset({"py", "pyc", "pyd", "so"})

STEERING = (
    *("conftest.py", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "setup.py", "pyproject.toml", "noxfile.py"),
    *("sitecustomize.py", "usercustomize.py", ".coveragerc", "*.pth", "*-*.dist-info/**", "*.egg-info/**"),
    *("mypy.ini", ".mypy.ini", "ruff.toml", ".ruff.toml", ".flake8", ".pylintrc", "pyrightconfig.json"),
    *("package.json", "node_modules/**", "tsconfig*.json", "jest.config.*", "vitest.config.*", ".mocharc*"),
    *(".eslintrc*", "eslint.config.*", "babel.config.*", "Makefile", "GNUmakefile", "*.mk"),
    *("Cargo.toml", "build.rs", "go.mod", "go.work"),
)  # fmt: skip
"""What configures or extends a check, in any directory."""


def replaces_a_program(path: str) -> bool:
    """Whether a new file of this path would be run instead of a check's own program."""
    return _module(path) in _PROGRAMS


def steers(path: str, *, new: bool) -> bool:
    """Whether a change of this file may change what the checks do; `new` files also by their names alone."""
    return first_match(path, STEERING) is not None or (new and _module(path) in _STANDARD)


def _module(path: str) -> str:
    """The module that this path is for a program started at the top of the repository, "" where it is none."""
    first, slash, rest = path.partition("/")
    name, _, suffixes = (rest if slash else first).partition(".")
    if suffixes.rpartition(".")[2] not in _SUFFIXES:
        return ""
    return (first if name == "__init__" else "") if slash else name
