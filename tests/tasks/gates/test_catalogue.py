"""The table of gates: complete, and the one that stands in the documentation."""

import re
from pathlib import Path

from tasks.gates.catalogue import CATALOGUE, table

_NAMED = re.compile(
    r"""(?:found\(|_asks\([\w.]+, |GateResult\(|_result\(\s*trial, |name = |name=|_shown\()\s*"([a-z]+(?:-[a-z]+)*)\"""",
    re.S,
)


def test_every_gate_is_in_it() -> None:
    sources = "".join(path.read_text() for path in Path("tasks/gates").glob("*.py"))
    checks = {"setup", "test", "types", "lint", "build"}
    assert set(_NAMED.findall(sources)) | checks == {row.name for row in CATALOGUE}


def test_the_documentation_shows_it() -> None:
    assert table() in Path("docs/verification.md").read_text(), (
        "put tasks.gates.catalogue.table() into docs/verification.md"
    )
