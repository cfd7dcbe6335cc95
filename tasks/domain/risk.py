"""How risky a change is to take, from what the gates and its paths show: a level, and the signs that led to it. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """What the label says."""

    low = "low"
    medium = "medium"
    high = "high"


class Sign(StrEnum):
    """What makes a change riskier than one that changes a few lines and their tests; the gravest first."""

    asks_person = "asks_person"
    unproven = "unproven"
    migration = "migration"
    large = "large"
    dependency = "dependency"
    owned = "owned"
    untested = "untested"
    wide = "wide"


GRAVE = frozenset({Sign.asks_person, Sign.unproven, Sign.migration, Sign.large})
"""Each of these alone is a high risk; each of the others a medium one."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One sign. `count` is of files, or of gates that ask for a person; `names` are the first of them, `lines` the changed ones."""

    sign: Sign
    count: int
    names: tuple[str, ...] = ()
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Risk:
    """The level follows from the signs; without any it is low."""

    level: Level
    signs: tuple[Seen, ...] = ()


def risk_of(signs: tuple[Seen, ...]) -> Risk:
    """The level of these signs, the gravest sign first."""
    ordered = tuple(sorted(signs, key=lambda seen: list(Sign).index(seen.sign)))
    if any(seen.sign in GRAVE for seen in signs):
        return Risk(Level.high, ordered)
    return Risk(Level.medium if signs else Level.low, ordered)
