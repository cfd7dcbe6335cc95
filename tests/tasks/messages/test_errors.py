"""The table of error codes: complete, and fit to be read."""

import re
from pathlib import Path

import pytest

from tasks.messages.errors import CODES, Cause, Counts, explain, label, sentence

ROOT = Path(__file__).parents[3]
CODE = re.compile(r"\"((?:SYS|REQ|AUTH|REPO|SBX|MOD|AGT|GIT|CI|REV|OUT|CFG|CAP|SLA)-[0-9]{3})\"")


def used_codes() -> set[str]:
    """Every code that stands as a string in the product's source."""
    sources = [p for top in ("bot", "tasks", "integrations") for p in (ROOT / top).rglob("*.py")]
    return {code for p in sources for code in CODE.findall(p.read_text(encoding="utf-8"))}


def test_every_code_that_is_used_anywhere_has_its_sentence() -> None:
    assert used_codes() - set(CODES) == set()
    assert len(used_codes()) > 40


@pytest.mark.parametrize("row", CODES.values(), ids=CODES.keys())
def test_every_sentence_is_one_a_person_can_read(row: object) -> None:
    from_table = next(r for r in CODES.values() if r is row)
    words = from_table.sentence
    assert words[0].isupper() and words.endswith(".") and len(words) <= 120
    assert not re.search(r"sorry|went wrong|exception|traceback|null pointer", words, re.IGNORECASE)
    assert re.fullmatch(r"[a-z][a-z0-9_]+", from_table.name)


def test_names_are_unique_but_for_the_bug() -> None:
    names = [row.name for row in CODES.values()]
    assert len(names) == len(set(names))


def test_a_code_we_forgot_is_our_bug() -> None:
    row = explain("XYZ-999")
    assert row.cause is Cause.ours and row.counts is Counts.miss
    assert sentence("XYZ-999", "KeyError: 'x'") == row.sentence
    assert label("XYZ-999") == "XYZ-999"


def test_a_recorded_sentence_is_shown_only_where_it_is_ours() -> None:
    assert (
        sentence("AGT-006", "Nothing to change: it does not reproduce.")
        == "Nothing to change: it does not reproduce."
    )
    assert sentence("OUT-012", "GitHub refused GET /x (401: Bad credentials)") == CODES["OUT-012"].sentence
    assert label("SBX-012") == "SBX-012 service_unhealthy"
