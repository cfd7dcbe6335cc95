"""The run's clock: it starts at receipt and pauses only while the run is blocked on a person."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MAX_PAUSE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Clock:
    """`target_s` seconds from `received_at`; `paused_s` is what earlier pauses took, `paused_since` the open one."""

    received_at: datetime
    target_s: int
    paused_s: float = 0.0
    paused_since: datetime | None = None

    def due_at(self, now: datetime) -> datetime:
        """When the promise is due, as of `now`: an open pause moves it on."""
        return self.received_at + timedelta(seconds=self.target_s + self.paused_until(now))

    def paused_until(self, now: datetime) -> float:
        """Seconds paused in all, an open pause counted up to `now`."""
        return self.paused_s + (self._open(now) if self.paused_since else 0.0)

    def used_s(self, now: datetime) -> float:
        """Seconds of the promise used so far."""
        return max(0.0, (now - self.received_at).total_seconds() - self.paused_until(now))

    def pause(self, at: datetime) -> "Clock":
        return self if self.paused_since else replace(self, paused_since=at)

    def resume(self, at: datetime) -> "Clock":
        if self.paused_since is None:
            return self
        return replace(self, paused_s=self.paused_s + self._open(at), paused_since=None)

    def _open(self, now: datetime) -> float:
        assert self.paused_since is not None
        return min(max(0.0, (now - self.paused_since).total_seconds()), MAX_PAUSE.total_seconds())
