"""Who is alive, told without any clock: whatever somebody lives for changes, and what has not changed for long is abandoned."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock

MOST = 20_000


@dataclass(slots=True)
class Watch:
    """What each held thing looked like, and since when it has looked exactly so. Seconds are those that only ever pass."""

    _seen: dict[Hashable, tuple[Hashable, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def stood_s(self, key: Hashable, state: Hashable, passed_s: float) -> float:
        """How long this has looked like this, as far as anybody looked; notes that it does."""
        with self._lock:
            before = self._seen.get(key)
            if before is not None and before[0] == state:
                return passed_s - before[1]
            if len(self._seen) >= MOST:
                self._seen.clear()
            self._seen[key] = (state, passed_s)
            return 0.0
