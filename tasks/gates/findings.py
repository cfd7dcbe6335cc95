"""How a gate that reads the change itself says what it found. Pure."""

from tasks.domain.checks import GateOutcome, GateResult

LOOK = GateOutcome.needs_human

_MOST = 30


def shown(path: str) -> str:
    """A path for people: odd bytes and control characters escaped."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _counted(detail: str, n: int) -> str:
    """Not str.format: a path in `detail` may hold braces."""
    for name, one, many in (("{n}", str(n), str(n)), ("{s}", "", "s"), ("{y}", "y", "ies")):
        detail = detail.replace(name, one if n == 1 else many)
    return detail


def found(name: str, places: list[str], detail: str, outcome: GateOutcome = GateOutcome.failed) -> GateResult:
    """A passed gate where there are no places; else `detail` with {n}, {s} and {y} filled in, and the first places."""
    if not places:
        return GateResult(name, GateOutcome.passed, "not run", "pass")
    n = len(places)
    more = [f"… and {n - _MOST} more"] if n > _MOST else []
    return GateResult(
        name=name,
        outcome=outcome,
        base="not run",
        head="fail" if outcome is GateOutcome.failed else "pass",
        detail=_counted(detail, n),
        excerpt="\n".join(places[:_MOST] + more),
        new_failures=tuple(places[:200]),
    )
