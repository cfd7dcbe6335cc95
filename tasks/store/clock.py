"""What time it is, for everything that is stored: UTC that does not follow a jump of the machine's clock at once."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tasks import failpoints
from tasks.domain.lease_times import SETTLES_S
from tasks.store.watch import Watch

Clock = Callable[[], datetime]
SMALL_S = 2.0
"""What a clock may be set right by without anybody's notice."""
FOLLOWED_AFTER_S = 60.0
YOUNG_S = FOLLOWED_AFTER_S + SETTLES_S
"""So long a process that just began cannot know whether its clock has jumped: those that saw it go on by the old time."""


def utc_now() -> datetime:
    """The wall clock, in UTC; a drill may set it wrong."""
    return datetime.now(UTC) + failpoints.skew()


def passed_s() -> float:
    """Seconds since some moment that nobody sets; where the kernel counts them, those of a machine that slept too."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Reading:
    """The time, and whether what looks expired by it may be taken for expired at once.

    `passed_s` are the seconds of `watch`, which says what else may be.
    """

    at: datetime
    settled: bool = True
    passed_s: float = 0.0
    watch: Watch | None = None

    def abandoned(self, key: Hashable, state: Hashable, *, after_s: float) -> bool:
        """Whether what looks expired has lost its holder. Where the clock is in doubt it must have stood exactly so for that long:
        whoever lives would have extended it.
        """
        return self.settled or self.stood(key, state, after_s=after_s)

    def stood(self, key: Hashable, state: Hashable, *, after_s: float) -> bool:
        """Whether this has not changed for so long, as far as this process has looked; notes that it looks."""
        return self.watch is not None and self.watch.stood_s(key, state, self.passed_s) >= after_s


class SteadyClock:
    """A jump that is set right again within a minute never happened; one that stays is followed then. Safe for threads.

    Without it an hour forward would let every lease in use expire, and use up the promise of every run, at once. While a
    process is young, and after it followed a jump, what looks expired is watched before it is taken.
    """

    def __init__(self, wall: Clock = utc_now, passed: Callable[[], float] = passed_s) -> None:
        self._wall, self._passed = wall, passed
        self._lock = threading.Lock()
        self._watch = Watch()
        self._settled_at = passed() + YOUNG_S
        self._began = self._jumped = wall() - timedelta(seconds=passed())
        self._since: float | None = None

    def __call__(self) -> datetime:
        return self.read().at

    def read(self) -> Reading:
        """The time, and whether it has been steady."""
        with self._lock:
            passed = self._passed()
            self._look(self._wall() - timedelta(seconds=passed), passed)
            settled = passed > self._settled_at
            return Reading(self._began + timedelta(seconds=passed), settled, passed, self._watch)

    def _look(self, began: datetime, passed: float) -> None:
        if _near(began, self._began):
            self._began, self._since = began, None
        elif self._since is None or not _near(began, self._jumped):
            self._jumped, self._since = began, passed
        elif passed - self._since >= FOLLOWED_AFTER_S:
            self._began, self._since = began, None
            self._settled_at = max(self._settled_at, passed + SETTLES_S)


def _near(one: datetime, other: datetime) -> bool:
    return abs((one - other).total_seconds()) <= SMALL_S
