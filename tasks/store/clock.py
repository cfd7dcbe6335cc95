"""What time it is, for everything that is stored: UTC that does not follow a jump of the machine's clock at once."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tasks import failpoints

Clock = Callable[[], datetime]
SMALL_S = 2.0
"""What a clock may be set right by without anybody's notice."""
FOLLOWED_AFTER_S = 60.0
SETTLES_S = 30.0
"""How long whoever holds a lease or a claim has, after a jump was followed, to extend it by the new clock."""


def utc_now() -> datetime:
    """The wall clock, in UTC; a drill may set it wrong."""
    return datetime.now(UTC) + failpoints.skew()


def passed_s() -> float:
    """Seconds since some moment that nobody sets; where the kernel counts them, those of a machine that slept too."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Reading:
    """The time, and whether what looks expired by it may be taken for expired."""

    at: datetime
    settled: bool = True


class SteadyClock:
    """A jump that is set right again within a minute never happened; one that stays is followed then. Safe for threads.

    Without it an hour forward would let every lease in use expire, and use up the promise of every run, at once.
    """

    def __init__(self, wall: Clock = utc_now, passed: Callable[[], float] = passed_s) -> None:
        self._wall, self._passed = wall, passed
        self._lock = threading.Lock()
        self._began = self._jumped = wall() - timedelta(seconds=passed())
        self._since: float | None = None
        self._followed: float | None = None

    def __call__(self) -> datetime:
        return self.read().at

    def read(self) -> Reading:
        """The time, and whether it has been steady."""
        with self._lock:
            passed = self._passed()
            self._look(self._wall() - timedelta(seconds=passed), passed)
            settled = self._followed is None or passed - self._followed > SETTLES_S
            return Reading(self._began + timedelta(seconds=passed), settled)

    def _look(self, began: datetime, passed: float) -> None:
        if _near(began, self._began):
            self._began, self._since = began, None
        elif self._since is None or not _near(began, self._jumped):
            self._jumped, self._since = began, passed
        elif passed - self._since >= FOLLOWED_AFTER_S:
            self._began, self._since, self._followed = began, None, passed


def _near(one: datetime, other: datetime) -> bool:
    return abs((one - other).total_seconds()) <= SMALL_S
