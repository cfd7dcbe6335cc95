"""One row of the product's documents, and the tests that hold it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`tests` are node ids without parameters. A row without a test says why in `without`; one that is not built yet, `missing`.

    `but` says of a row with tests what of it they do not hold.
    """

    id: str
    says: str
    tests: tuple[str, ...] = ()
    without: str = ""
    missing: str = ""
    but: str = ""


def at(path: str, *names: str) -> tuple[str, ...]:
    """Node ids of some tests of one file."""
    return tuple(f"tests/{path}.py::test_{name}" for name in names)
