"""Who owns a path by CODEOWNERS."""

import pytest

from tasks.gates.owners import owners_of

RULES = b"""# everything
*            @ada
/src/*.py    @Ben @chen   # the code
docs/        @acme/writers
/src/free.py
"""


def read(content: bytes | None, place: str = "CODEOWNERS") -> dict[str, bytes]:
    return {place: content} if content is not None else {}


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("README.md", {"ada"}),
        ("src/a.py", {"ben", "chen"}),
        ("src/deep/a.py", {"ada"}),
        ("docs/index.md", set()),
        ("lib/docs/index.md", set()),
        ("src/free.py", None),
    ],
)
def test_the_last_rule_that_fits_decides_and_a_team_is_nobody(path: str, owners: set[str] | None) -> None:
    found = owners_of(path, read(RULES).get)
    assert found == (None if owners is None else frozenset(owners))


def test_the_first_place_that_has_the_file_counts_and_none_means_nobody_owns_it() -> None:
    places = {**read(b"* @ada", ".github/CODEOWNERS"), **read(b"* @ben", "docs/CODEOWNERS")}
    assert owners_of("a.py", places.get) == frozenset({"ada"})
    assert owners_of("a.py", read(None).get) is None
