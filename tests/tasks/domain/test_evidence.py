"""What counts as showing a claim: tolerant of blanks and of what differs from run to run, of nothing else."""

from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.evidence import (
    LATE,
    NO_EVIDENCE,
    NO_QUOTE,
    WITHOUT_CODE,
    Ran,
    Touched,
    as_note,
    has_evidence,
    raised_before,
    same_run,
    standing,
    unlike,
)
from tasks.domain.verdict import Finding, Severity

FILE = "import os\n\n\ndef a():\n    return 1\n\n\ndef b():\n    return 1\n"
CLAIM = Finding(
    0,
    "tests",
    Severity.blocking,
    "a.py",
    4,
    "wrong",
    "pytest -q",
    "1 failed in 0.03s",
    quote="def a():",
    evidence_exit=1,
)


@pytest.mark.parametrize(
    ("quote", "near", "line"),
    [
        ("def a():", 1, 4),
        ("  def   a():  ", 99, 4),
        ("return 1", 6, 5),
        ("return 1", 8, 9),
        ("return 1", 7, 5),
        ("def b():\n    return 1", 1, 8),
        ("import os\ndef a():", 1, 1),
        ("def c():", 4, None),
        ("def a()", 4, None),
        ("defa():", 4, None),
        ("d ef a():", 4, None),
        ("return 1\ndef c():", 4, None),
        ("", 1, None),
        (" \n ", 1, None),
    ],
)
def test_a_quote_stands_where_its_lines_do(quote: str, near: int, line: int | None) -> None:
    assert standing(FILE, quote, near) == line


@given(st.integers(1, 9), st.integers(-5, 50))
def test_every_line_of_a_file_stands_in_it(number: int, near: int) -> None:
    text = FILE.splitlines()[number - 1]
    found = standing(FILE, text, near)
    assert (found is None) is (not text.strip())
    assert found is None or FILE.splitlines()[found - 1] == text


@pytest.mark.parametrize(
    ("output", "printed"),
    [
        ("1 failed in 0.03s", "..F\n1 failed in 1.27s\n"),
        ("at 0x7f12: /tmp/pytest-1/x", "E  at 0x8a: /tmp/pytest-9/x\n"),
        ("A   B", "\tA B  C\n"),
        ("", "anything"),
        ("one\n[… 400 characters left out …]\nlast", "one\ntwo\nlast"),
        ("boom\n[killed: it ran longer than 120 s]", "boom\n"),
        ("2026-11-20T10:00:00Z start", "2026-11-21T09:08:01Z start"),
    ],
)
def test_output_may_differ_in_times_places_and_blanks(output: str, printed: str) -> None:
    assert unlike(replace(CLAIM, evidence_output=output), Ran(1, printed)) == ""


@pytest.mark.parametrize(
    ("output", "ran", "why"),
    [
        ("1 failed", Ran(0, "1 failed"), "run again, its command ended with exit code 0, not 1"),
        ("1 failed", Ran(1, "2 failed"), "run again, its command did not print '1 failed'"),
        ("1 failed\nboom", Ran(1, "1 failed"), "run again, its command did not print 'boom'"),
        ("ab", Ran(1, "a b"), "run again, its command did not print 'ab'"),
        ("took 3 s", Ran(1, "took"), "run again, its command did not print 'took 3 s'"),
        (
            "read /tmp/x/y twice",
            Ran(1, "read twice"),
            "run again, its command did not print 'read /tmp/x/y twice'",
        ),
        ("x" * 200, Ran(1, ""), f"run again, its command did not print '{'x' * 80}'"),
    ],
)
def test_anything_else_does_not_show_the_claim(output: str, ran: Ran, why: str) -> None:
    assert unlike(replace(CLAIM, evidence_output=output), ran) == why


def test_where_no_exit_code_was_kept_only_the_output_is_compared() -> None:
    assert unlike(replace(CLAIM, evidence_exit=None, evidence_output="a"), Ran(3, "a")) == ""


@given(st.text(), st.integers(0, 255))
def test_what_was_printed_shows_itself(text: str, code: int) -> None:
    claim = replace(CLAIM, evidence_output=text, evidence_exit=code)
    assert unlike(claim, Ran(code, text)) == ""
    assert same_run(Ran(code, text), Ran(code, text)) and not same_run(Ran(code, text), Ran(code + 1, text))


def test_the_same_run_prints_the_same_lines() -> None:
    assert same_run(Ran(0, "a 0.1s\n\n b"), Ran(0, "a 0.2s\nb\n"))
    assert not same_run(Ran(0, "a"), Ran(0, "a\nb"))
    assert not same_run(Ran(0, "took 3 s"), Ran(0, "took")), "a duration may differ; it may not be missing"


@pytest.mark.parametrize(
    ("command", "output", "code", "enough"),
    [
        ("pytest", "1 failed", 1, True),
        ("pytest", "1 failed", None, True),
        ("pytest", "", 1, True),
        ("pytest", " ", 0, False),
        ("pytest", "", None, False),
        (" ", "1 failed", 1, False),
    ],
)
def test_evidence_is_a_command_and_something_to_compare(
    command: str, output: str, code: int | None, enough: bool
) -> None:
    claim = replace(CLAIM, evidence_command=command, evidence_output=output, evidence_exit=code)
    assert has_evidence(claim) is enough


def test_a_finding_was_raised_before_by_its_quote_or_its_command_in_the_same_file() -> None:
    other = replace(CLAIM, quote="def b():", evidence_command="make")
    assert raised_before(replace(CLAIM, evidence_command="x", quote=" def  a():"), (other, CLAIM)) == CLAIM
    assert raised_before(replace(CLAIM, quote="def z():"), (CLAIM,)) == CLAIM
    assert raised_before(other, (CLAIM,)) is None
    assert raised_before(replace(CLAIM, path="b.py"), (CLAIM,)) is None
    blank = replace(CLAIM, quote="", evidence_command="")
    assert raised_before(blank, (blank,)) is None
    assert raised_before(CLAIM, ()) is None


def test_lines_are_touched_from_the_first_to_the_last_of_a_place() -> None:
    touched = Touched({"a.py": ((3, 5), (9, 9))})
    lines = [line for line in range(1, 12) if touched.covers("a.py", line)]
    assert lines == [3, 4, 5, 9] and not touched.covers("b.py", 3)


def test_a_note_says_why_it_is_one() -> None:
    note = as_note(CLAIM, "because")
    assert (note.severity, note.remark, note.claim) == (Severity.note, "because", "wrong")


@pytest.mark.parametrize("value", [Ran(0, ""), Touched({})])
def test_a_value_is_never_changed_in_place(value: Any) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(value)[0].name, None)
    assert not hasattr(value, "__dict__")


def test_each_reason_why_a_finding_does_not_hold_says_what_is_wrong_with_it() -> None:
    """They follow the finding in a sentence and go back to the lens that made it."""
    about = {
        NO_QUOTE: "quote",
        NO_EVIDENCE: "command",
        WITHOUT_CODE: "without the code",
        LATE: "round before",
    }
    assert len(about) == 4
    for why, word in about.items():
        assert word in why and why[0].islower() and not why.endswith(".")
        assert as_note(CLAIM, why).remark == why
