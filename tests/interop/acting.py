"""Plays an act and notes how it went: it passes, or it shows a gap that is known."""

from collections.abc import Callable, Mapping

import pytest

from integrations.errors import IntegrationError
from tests.interop.table import Gap, Row, words

Note = Callable[[Row], None]
_FAILED = (AssertionError, IntegrationError, ValueError, pytest.fail.Exception)


def play(act: Callable[[], None], *, name: str, against: str, gaps: Mapping[str, Gap], note: Note) -> None:
    """Raises what the act raises unless its gap is known; a gap that is gone fails too, so that the list stays true."""
    gap = gaps.get(name)
    if gap is None:
        act()
    else:
        try:
            act()
        except _FAILED:
            pass
        else:
            pytest.fail(f"{name} works against {against} now: take it off the list of gaps")
    note(Row(against, words(name), gap))
