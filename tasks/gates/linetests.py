"""Tests of other languages than Python, by the lines they are known by: coarse, and it errs towards asking a person. Pure."""

import re
from dataclasses import dataclass

_TESTS = re.compile(
    r"^\s*(?:(?:it|test|specify|scenario)(?:\.each|\.concurrent)?\s*[(`]|func (?:Test|Fuzz)\w+\(|#\[(?:\w+::)?test\]|@Test\b)",
    re.M,
)
_ASSERTIONS = re.compile(
    r"\bexpect\s*\(|\bassert\w*!?\s*[(.]|\bt\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\(|\brequire\.\w+\(|\.should\b"
)
_SKIPS = re.compile(
    r"\b(?:it|test|describe|context|suite)\.(?:skip|todo|failing|skipIf)\b|\bx(?:it|test|describe)\s*\(|\bt\.Skip\w*\("
    r"|#\[ignore|@(?:Disabled|Ignore)\b|\.pending\(|\bthis\.skip\("
)
_FOCUS = re.compile(r"\b(?:it|test|describe|context|suite)\.only\b|\bf(?:it|describe)\s*\(")
_WEAK = re.compile(
    r"\.(?:toBeTruthy|toBeDefined|toBeFalsy|anything|toMatchObject)\b|expect\((?:true|1)\)|assert(?:\.ok)?\(true\)"
)


@dataclass(frozen=True, slots=True)
class LineTests:
    """How many tests, assertions, weak assertions, skips and focused tests a file has."""

    tests: int
    assertions: int
    weak: int
    skips: int
    focused: int


def read_line_tests(source: str) -> LineTests:
    """Counts, in any language that looks like JavaScript, Go, Rust or Java."""
    counts = (len(pattern.findall(source)) for pattern in (_TESTS, _ASSERTIONS, _WEAK, _SKIPS, _FOCUS))
    return LineTests(*counts)
