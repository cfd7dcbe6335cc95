"""Slack's rate limits, per method: https://docs.slack.dev/apis/web-api/rate-limits. Off unless asked for."""

import math
from dataclasses import dataclass, field

_TIER_2, _TIER_3, _TIER_4 = 20, 50, 100

PER_MINUTE = {
    "auth.test": 600,
    "api.test": 600,
    "agents.sessions.setStatus": _TIER_3,
    "agents.sessions.rename": _TIER_3,
    "apps.connections.open": 1,
    "bots.info": _TIER_3,
    "chat.appendStream": _TIER_4,
    "chat.delete": _TIER_3,
    "chat.getPermalink": 600,
    "chat.postEphemeral": _TIER_4,
    "chat.startStream": _TIER_2,
    "chat.stopStream": _TIER_2,
    "chat.update": _TIER_3,
    "conversations.history": _TIER_3,
    "conversations.info": _TIER_3,
    "conversations.join": _TIER_3,
    "conversations.list": _TIER_2,
    "conversations.members": _TIER_4,
    "conversations.open": _TIER_3,
    "conversations.replies": _TIER_3,
    "reactions.add": _TIER_3,
    "reactions.get": _TIER_3,
    "reactions.remove": _TIER_2,
    "team.info": _TIER_3,
    "users.info": _TIER_4,
    "users.list": _TIER_2,
    "users.lookupByEmail": _TIER_3,
    "views.open": _TIER_4,
    "views.push": _TIER_4,
    "views.update": _TIER_4,
    "views.publish": _TIER_4,
}
POST_BURST = 5


@dataclass(slots=True)
class _Bucket:
    per_second: float
    size: float
    level: float
    at: float


@dataclass(slots=True)
class Limits:
    """Token buckets. `chat.postMessage` has one per channel (1/s with a short burst), others one per method."""

    on: bool = False
    _buckets: dict[str, _Bucket] = field(default_factory=dict)

    def retry_after_s(self, *, method: str, channel: str, now: float) -> int | None:
        """Whole seconds to wait when the call is one too many, else None (and the call is counted)."""
        if not self.on:
            return None
        bucket = self._bucket(method, channel, now)
        if bucket is None:
            return None
        bucket.level = min(bucket.size, bucket.level + (now - bucket.at) * bucket.per_second)
        bucket.at = now
        if bucket.level >= 1:
            bucket.level -= 1
            return None
        return max(1, math.ceil((1 - bucket.level) / bucket.per_second))

    def _bucket(self, method: str, channel: str, now: float) -> _Bucket | None:
        if method == "chat.postMessage":
            key, per_second, size = f"{method}:{channel}", 1.0, float(POST_BURST)
        elif method in PER_MINUTE:
            key, per_second, size = method, PER_MINUTE[method] / 60, float(PER_MINUTE[method])
        else:
            return None
        return self._buckets.setdefault(key, _Bucket(per_second, size, size, now))

    def clear(self) -> None:
        self._buckets.clear()
