"""How many messages a run costs the people of its thread (UX §6: three on the happy path, p95 at most six), and our one reaction."""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any

MOST_P95 = 6

COUNTED: list[int] = []
"""Of every run of this process's scenarios that came to rest, how many messages it wrote."""
Row = Mapping[str, Any]


def posts_of(run_id: str, messages: Iterable[Row]) -> int:
    """Messages that carry an id of a write of this run."""
    return sum(_written_for(message).startswith(f"{run_id}:") for message in messages)


def _written_for(message: Row) -> str:
    metadata = message.get("metadata") or {}
    return str((metadata.get("event_payload") or {}).get("outbox_id") or "")


def most_reactions(calls: Iterable[Row]) -> tuple[int, str]:
    """The most reactions of ours that ever stood on one message at once, and which message that was."""
    standing: dict[str, set[str]] = {}
    worst = (0, "")
    for call in calls:
        if call["method"] not in ("reactions.add", "reactions.remove") or not call["ok"]:
            continue
        args = call["args"]
        where = f"{args.get('channel')}/{args.get('timestamp')}"
        there = standing.setdefault(where, set())
        if call["method"] == "reactions.add":
            there.add(str(args.get("name")))
        else:
            there.discard(str(args.get("name")))
        worst = max(worst, (len(there), where))
    return worst


def too_many(posts: list[int]) -> bool:
    """Whether runs say more than they may."""
    return bool(posts) and percentile(posts, 0.95) > MOST_P95


def percentile(values: list[int], share: float) -> int:
    ordered = sorted(values)
    return ordered[max(0, ceil(len(ordered) * share) - 1)]


def summary(posts: list[int]) -> str:
    """One line about all runs that came to rest."""
    return (
        f"posts per run: p50 {percentile(posts, 0.5)}, p95 {percentile(posts, 0.95)}, most {max(posts)} "
        f"({len(posts)} runs; target p95 ≤ {MOST_P95})"
    )
