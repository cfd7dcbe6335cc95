"""How long a lease lasts, how often it is extended, and how long everybody has to do so after a jump of the clock. Pure."""

SETTLES_S = 30.0
"""How long whoever holds a lease or a claim has, after a jump was followed, to extend it by the new clock."""

LONGEST_S = 2 * SETTLES_S
"""A claim on a write is extended three times in its life: with a longer one that could come too late."""


def wrong_times(*, lease_s: float, heartbeat_s: float) -> str:
    """What is wrong with these settings, "" where they fit: a living holder must always come in time to extend what it has."""
    if not 0 < lease_s <= LONGEST_S:
        return (
            f"limits.lease_s is {lease_s:g} and must be above 0 and at most {LONGEST_S:g}: after a jump of the clock whoever "
            f"holds a lease has {SETTLES_S:g} s to extend it."
        )
    most = min(lease_s, SETTLES_S) / 2
    if not 0 < heartbeat_s <= most:
        return (
            f"limits.heartbeat_s is {heartbeat_s:g} and must be above 0 and at most {most:g}, half of what a lease of "
            f"{lease_s:g} s and a jump of the clock ({SETTLES_S:g} s) leave time for."
        )
    return ""
