"""Waiting for what other processes and threads do, with a deadline instead of a fixed pause; looks less often as time goes by."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T | None], *, within_s: float = 10.0, what: str = "it") -> T:
    """What `look` returns once it returns something; AssertionError when the time is over."""
    began = monotonic()
    while (waited := monotonic() - began) < within_s:
        if found := look():
            return found
        sleep(min(0.02 + waited / 50, 0.1))
    raise AssertionError(f"{what} did not happen within {within_s:g} s")
