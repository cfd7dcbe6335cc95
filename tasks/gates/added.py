"""The lines a change adds, read from git's plain diff; hunks are counted out, so no line can pose as a header. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HUNK = re.compile(rb"^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPES = {b"a": 7, b"b": 8, b"t": 9, b"n": 10, b"v": 11, b"f": 12, b"r": 13, b'"': 34, b"\\": 92}
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.S)


@dataclass(frozen=True, slots=True)
class AddedLine:
    """`number` is 1-based in the new file; `text` has invalid UTF-8 replaced."""

    path: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """One place of a change: `count` lines of the new file from `start` on; with 0, lines were removed after `start`."""

    path: str
    start: int
    count: int


def hunks(diff: bytes) -> Iterator[Hunk]:
    """Every hunk of a `git diff-tree -p -U0 --text` output; a deleted file's are of "/dev/null"."""
    path = ""
    lines = iter(diff.split(b"\n"))
    for line in lines:
        if line.startswith(b"+++ "):
            path = _path(line[4:])
        elif match := _HUNK.match(line):
            yield Hunk(path, int(match[2]), _count(match[3]))
            left = _count(match[1]) + _count(match[3])
            while left > 0:
                left -= not next(lines, b"").startswith(b"\\")


def added_lines(diff: bytes) -> Iterator[AddedLine]:
    """Every added line of a `git diff-tree -p -U0 --text` output."""
    path = ""
    lines = iter(diff.split(b"\n"))
    for line in lines:
        if line.startswith(b"+++ "):
            path = _path(line[4:])
        elif match := _HUNK.match(line):
            number = int(match[2])
            left = _count(match[1]) + _count(match[3])
            while left > 0:
                body = next(lines, b"")
                if body.startswith(b"\\"):
                    continue
                left -= 1
                if body.startswith(b"+"):
                    yield AddedLine(path, number, body[1:].decode("utf-8", "replace"))
                    number += 1


def _count(digits: bytes | None) -> int:
    return 1 if digits is None else int(digits)


def _path(name: bytes) -> str:
    """git quotes odd names as C strings and ends names with spaces by a tab."""
    name = name.removesuffix(b"\t")
    quoted = name.startswith(b'"') and name.endswith(b'"')
    plain = _ESCAPED.sub(_unescape, name[1:-1]) if quoted else name
    return plain.removeprefix(b"b/").decode("utf-8", "surrogateescape")


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8) if len(code) == 3 else _ESCAPES.get(code, code[0])])
