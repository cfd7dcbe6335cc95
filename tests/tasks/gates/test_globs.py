"""Patterns of paths: what they cover, and that no pattern takes long."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.gates.globs import PROTECTED, first_match

_WORDS = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}


def covered(pattern: str, path: str) -> bool:
    """What a pattern means, said as a regular expression."""
    body = pattern.removeprefix("/")
    body += "**" if body.endswith("/") else ""
    anchored = pattern.startswith("/") or "/" in body
    parts = [_WORDS.get(part, re.escape(part)) for part in re.split(r"(\*\*/|\*\*|\*|\?)", body)]
    return bool(re.fullmatch(("" if anchored else r"(?:.*/)?") + "".join(parts), path, re.I | re.S))


@settings(max_examples=600, deadline=None)
@given(st.text("ab/*?.", min_size=1, max_size=7), st.text("ab/.", min_size=1, max_size=8))
def test_a_pattern_covers_what_it_says(pattern: str, path: str) -> None:
    if "***" not in pattern:
        assert (first_match(path, (pattern,)) is not None) == covered(pattern, path)


def test_the_first_of_several_patterns_is_named() -> None:
    assert first_match("docs/x/A.md", ("*.py", "docs/**", "*.md")) == "docs/**"
    assert first_match("src/x.c", ("*.py", "docs/**")) is None


@pytest.mark.parametrize(
    "path", ["uv.lock", "web/package-lock.json", "Dockerfile", "api/Dockerfile.dev", "x/requirements-dev.txt"]
)
def test_what_decides_what_is_installed_is_protected(path: str) -> None:
    assert first_match(path, PROTECTED)


@pytest.mark.parametrize("pattern", ["a*" * 12 + "b", "**/a" * 12 + "b", "*a" * 40, "**a" * 30 + "/b"])
def test_no_pattern_takes_long(pattern: str) -> None:
    """As a regular expression these would run for years."""
    began = time.process_time()
    assert first_match("a" * 4000 + "/" + "a" * 90, (pattern + "!",)) is None
    assert time.process_time() - began < 2.0
