"""What a card says while a run waits for its turn: only what is known, and when it was known."""

import re
from datetime import datetime

_AHEAD = re.compile(r"with (\d+) ahead")


def queued(ahead: int, at: datetime) -> str:
    """No time is promised: nobody knows how long the others take."""
    return f"Queued at {at:%H:%M} UTC with {ahead} ahead: every agent is at work. The clock is running."


def told_ahead(sentence: str) -> int:
    """How many it said, 0 for any other sentence."""
    found = _AHEAD.search(sentence)
    return int(found[1]) if found else 0
