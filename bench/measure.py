"""Taking turns and comparing: A B A B, medians, and no ratio where the baseline itself will not stand still."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

Measured = TypeVar("Measured")

STEADY = 1.5
"""A baseline whose slowest round takes longer than this times its quickest says nothing about anybody else."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a piece of work took: seconds by the clock, and CPU seconds of this process, its threads and ended children."""

    wall_s: float
    cpu_s: float


@dataclass(slots=True)
class Stopwatch:
    """Filled in when its block ends."""

    wall_s: float = 0.0
    cpu_s: float = 0.0

    def cost(self, parts: int = 1) -> Cost:
        """The cost of one of `parts` equal parts."""
        return Cost(self.wall_s / parts, self.cpu_s / parts)


@contextmanager
def timed() -> Iterator[Stopwatch]:
    """Measures its block, with children that were started and waited for inside it."""
    watch = Stopwatch()
    began_s, cpu_s = time.perf_counter(), _cpu_s()
    yield watch
    watch.wall_s, watch.cpu_s = time.perf_counter() - began_s, _cpu_s() - cpu_s


def _cpu_s() -> float:
    """Of children the kernel counts ticks of 10 ms, of ourselves nanoseconds."""
    used = os.times()
    return time.process_time() + used.children_user + used.children_system


def take_turns(
    sides: Mapping[str, Callable[[], Measured]], *, rounds: int, warm_up: int = 1
) -> dict[str, list[Measured]]:
    """Each side once a round, in their order (A B A B …); the `warm_up` rounds before are thrown away."""
    found: dict[str, list[Measured]] = {name: [] for name in sides}
    for number in range(warm_up + rounds):
        for name, side in sides.items():
            measured = side()
            if number >= warm_up:
                found[name].append(measured)
    return found


def unsteadiness(values: Sequence[float]) -> float:
    """Slowest ÷ quickest; infinite where the quickest is nothing."""
    return max(values) / min(values) if min(values) > 0 else float("inf")


def ratio(ours: Sequence[float], baseline: Sequence[float], *, steady: float = STEADY) -> float | None:
    """Median ÷ median; None where the baseline is not steady, because then nothing was learnt."""
    if not ours or not baseline or unsteadiness(baseline) > steady:
        return None
    return median(ours) / median(baseline)


def added_ratio(
    ours: Sequence[float], baseline: Sequence[float], plain: Sequence[float], *, steady: float = STEADY
) -> float | None:
    """What ours adds to the plain way ÷ what the baseline adds to it; None as for `ratio`."""
    if not ours or not baseline or unsteadiness(baseline) > steady or median(baseline) <= median(plain):
        return None
    return (median(ours) - median(plain)) / (median(baseline) - median(plain))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0–1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]
