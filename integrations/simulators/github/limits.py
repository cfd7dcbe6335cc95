"""The primary rate limit: so many requests per hour and credential."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from integrations.simulators.github.errors import ApiError

WINDOW_S = 3600


@dataclass(slots=True)
class Bucket:
    used: int
    reset: int


class Limits:
    """Counts requests per credential in windows of an hour."""

    def __init__(self, per_hour: int) -> None:
        self._per_hour = per_hour
        self._buckets: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    def spend(self, key: str) -> dict[str, str]:
        """Count a request; the X-RateLimit headers. Raises ApiError 403 when the hour's budget is gone."""
        with self._lock:
            bucket = self._bucket(key)
            bucket.used += 1
            if bucket.used > self._per_hour:
                bucket.used = self._per_hour
                error = ApiError(403, f"API rate limit exceeded for {key}.")
                error.docs = "/overview/rate-limits-for-the-rest-api"
                raise error
        return self.look(key)

    def look(self, key: str) -> dict[str, str]:
        """The X-RateLimit headers without counting."""
        bucket = self._bucket(key)
        return {
            "X-RateLimit-Limit": str(self._per_hour),
            "X-RateLimit-Remaining": str(self._per_hour - bucket.used),
            "X-RateLimit-Reset": str(bucket.reset),
            "X-RateLimit-Used": str(bucket.used),
            "X-RateLimit-Resource": "core",
        }

    def _bucket(self, key: str) -> Bucket:
        now = int(time.time())
        found = self._buckets.get(key)
        if found is None or found.reset <= now:
            found = self._buckets[key] = Bucket(0, now + WINDOW_S)
        return found
