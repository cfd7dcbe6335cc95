"""Waiting for what other processes and threads do, with a deadline instead of a fixed pause."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T | None], *, within_s: float = 10.0, what: str = "it") -> T:
    """What `look` returns once it returns something; AssertionError when the time is over."""
    deadline = monotonic() + within_s
    while monotonic() < deadline:
        if found := look():
            return found
        sleep(0.02)
    raise AssertionError(f"{what} did not happen within {within_s:g} s")
