"""Agents at once: what they took together, and how much memory they had meanwhile."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench import machine

LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many agents at once: seconds until the last was done, CPU seconds of all, MB at most above idle."""

    count: int
    wall_s: float
    cpu_s: float
    mb: float = 0.0

    @property
    def per_minute(self) -> float:
        return 60 * self.count / self.wall_s


@dataclass(slots=True)
class Peak:
    """The most bytes that were seen."""

    bytes: int = 0


@contextmanager
def watched(roots: Callable[[], Iterable[int]]) -> Iterator[Peak]:
    """Looks at the memory of these processes and all below them, now and then until the block ends."""
    peak, over = Peak(), threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_EVERY_S):
            peak.bytes = max(peak.bytes, machine.memory_bytes(machine.tree(*roots())))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield peak
    finally:
        over.set()
        watching.join()
