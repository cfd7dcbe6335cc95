"""How quickly one kind of write may go out: a bucket that fills at an agreed rate, and keeps a rest for what is more urgent."""

from dataclasses import dataclass, replace

SHARE = 0.8
"""So much of what a vendor allows is used, where it is counted."""
BURST = 5.0
"""So many may go at once after a pause, and no fewer."""
BURST_S = 15.0
"""Or as many as fall into these seconds."""
STRICT_S = 300.0
"""So long after a vendor complained the rate is counted, even where it otherwise is not."""
LONGEST_SHUT_S = 3_600.0
"""A vendor's wait is never longer: whatever looks so was noted under a clock that was set back since."""
KEPT = {1: 0.0, 2: 1.0, 3: 2.0}
"""What is left in the bucket for the more urgent, by priority; for step changes even more."""
KEPT_ELSE = 4.0


@dataclass(frozen=True, slots=True)
class Bucket:
    """`per_minute` of one limit; `level` as of `at`. Shut until the vendor's own time, counted until `strict_until`. UNIX seconds."""

    per_minute: float
    level: float
    at: float
    shut_until: float = 0.0
    strict_until: float = 0.0

    @property
    def size(self) -> float:
        return max(BURST, self.per_minute * BURST_S / 60)

    def filled(self, now: float) -> "Bucket":
        """As of now. A clock that was set back fills nothing, and waits for nothing longer than was ever meant."""
        level = min(self.size, self.level + max(0.0, now - self.at) * self.per_minute / 60)
        return replace(self, level=level, at=now)


def full(per_minute: float, now: float, *, always: bool) -> Bucket:
    """A bucket that nothing was taken from. One that is not `always` counted is from the first complaint on."""
    bucket = Bucket(per_minute, 0.0, now, strict_until=float("inf") if always else 0.0)
    return replace(bucket, level=bucket.size)


def wait_s(bucket: Bucket, *, now: float, priority: int) -> float:
    """How long this may not go out yet; 0 when it may."""
    if 0 < bucket.shut_until - now <= LONGEST_SHUT_S:
        return bucket.shut_until - now
    if now >= bucket.strict_until:
        return 0.0
    short = 1.0 + KEPT.get(priority, KEPT_ELSE) - bucket.filled(now).level
    return max(0.0, short * 60 / bucket.per_minute)


def taken(bucket: Bucket, *, now: float) -> Bucket:
    """After one went out."""
    filled = bucket.filled(now)
    return replace(filled, level=max(0.0, filled.level - 1))


def complained(bucket: Bucket, *, now: float, retry_after_s: float) -> Bucket:
    """After the vendor refused one: nothing goes out until it said, and then no more than the rate."""
    until = max(bucket.shut_until, now + retry_after_s)
    return replace(
        bucket, level=1.0, at=until, shut_until=until, strict_until=max(bucket.strict_until, until + STRICT_S)
    )


def edit_interval_s(active: int, *, edits_per_minute: float, least_s: float) -> float:
    """How far apart edits of one card are that show no more than its next step, with so many cards alive (UX §5.8)."""
    return max(least_s, 60 * active / edits_per_minute)
