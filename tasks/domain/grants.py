"""What the operator grants and a repository narrows: who may start, which lenses, how many rounds, who lands. Pure.

A repository's own file can only take away. What lands without a person is decided here, and by default nothing does.
"""

from dataclasses import dataclass
from enum import StrEnum

from integrations.types.code_host import Role

_ROLES = tuple(Role)


class Land(StrEnum):
    """Who takes a finished change into the base branch."""

    human = "human"
    queue = "queue"


class Tier(StrEnum):
    """The most that may land without a person, from nothing to any change no gate asks a person about."""

    none = "none"
    docs = "docs"
    small = "small"
    any = "any"


class Pushes(StrEnum):
    """On whose pull request a change may be pushed that somebody with write access asks for there."""

    never = "never"
    author = "author"
    anyone = "anyone"


_PUSHES = tuple(Pushes)
_TIERS = tuple(Tier)
SMALL_FILES, SMALL_LINES = 5, 60
_DOCS = (".md", ".rst", ".txt", ".adoc")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a repository's `.sortie.toml` asks for; None and () ask for nothing.

    `lenses` are added to the operator's. `fail_open` changes only how a review that could not run is shown,
    `coauthor` only whom the commits name beside us: whoever asked.
    """

    lenses: tuple[str, ...] = ()
    start_role: Role | None = None
    start_logins: tuple[str, ...] = ()
    gate_rounds: int | None = None
    ci_rounds: int | None = None
    review_rounds: int | None = None
    budget_usd: float | None = None
    land: Land | None = None
    tier: Tier | None = None
    fail_open: bool = False
    pushes: Pushes | None = None
    coauthor: bool = False


NO_RULES = Rules()


def stricter_role(granted: Role, asked: Role | None) -> Role:
    """The higher of two least roles."""
    return granted if asked is None else max(granted, asked, key=_ROLES.index)


def lower_tier(granted: Tier, asked: Tier | None) -> Tier:
    """The smaller of two tiers."""
    return granted if asked is None else min(granted, asked, key=_TIERS.index)


def fewer_pushes(granted: Pushes, asked: Pushes | None) -> Pushes:
    """The smaller of two permissions."""
    return granted if asked is None else min(granted, asked, key=_PUSHES.index)


def stricter_land(granted: Land, asked: Land | None) -> Land:
    """The queue only where both want it."""
    return Land.human if Land.human in (granted, asked or granted) else Land.queue


def least(granted: float, asked: float | None) -> float:
    """The smaller of two numbers."""
    return granted if asked is None else min(granted, asked)


def fewest(granted: int, asked: int | None) -> int:
    """The smaller of two counts."""
    return granted if asked is None else min(granted, asked)


def may_start(role: Role, login: str, *, least_role: Role, logins: tuple[str, ...]) -> bool:
    """Whether this person may start work. `logins`, where there are any, are the only ones who may."""
    if not role.may_write or _ROLES.index(role) < _ROLES.index(least_role):
        return False
    return not logins or (bool(login) and login.lower() in {name.lower() for name in logins})


class Switch(StrEnum):
    """The kill switch as it was last read: `unreadable` stops as surely as `on`."""

    off = "off"
    on = "on"
    unreadable = "unreadable"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A finished change that might land. Oids are commits; `paths` what it changes, None where that could not be read."""

    head_oid: str
    gated_oid: str
    reviewed_oid: str
    ci_oid: str
    ci_green: bool
    review_passed: bool
    waived: bool
    asks_person: bool
    paths: tuple[str, ...] | None
    lines: int


@dataclass(frozen=True, slots=True)
class ByQueue:
    """It may land without a person, at exactly this head."""

    head_oid: str


@dataclass(frozen=True, slots=True)
class ByPerson:
    """A person lands it, or nobody; `why` is one sentence."""

    why: str


def is_prose(path: str) -> bool:
    """Whether a file is read by people alone, as far as its name tells."""
    return path.lower().endswith(_DOCS)


def landing(change: Candidate, *, land: Land, tier: Tier, switch: Switch) -> ByQueue | ByPerson:
    """Who lands this change. The queue only where every single thing speaks for it."""
    if switch is not Switch.off:
        state = "on" if switch is Switch.on else "unreadable"
        return ByPerson(f"The kill switch is {state}: nothing lands.")
    if land is not Land.queue or tier is Tier.none:
        return ByPerson("A person lands every change of this repository.")
    if not change.head_oid:
        return ByPerson("There is no head to land.")
    if why := _unproven(change):
        return ByPerson(why)
    if not _fits(change, tier):
        return ByPerson(f"It is more than may land without a person here ({tier.value}).")
    return ByQueue(change.head_oid)


def _unproven(change: Candidate) -> str:
    """What is missing for exactly this head, "" when nothing is."""
    head = change.head_oid
    if change.gated_oid != head:
        return "The gates did not run on this head."
    if change.asks_person:
        return "A gate asks for a person."
    if change.ci_oid != head or not change.ci_green:
        return "CI is not green on this head."
    if change.reviewed_oid != head or not change.review_passed:
        return "The lenses did not pass this head."
    return "A person waived findings on it." if change.waived else ""


def _fits(change: Candidate, tier: Tier) -> bool:
    if not change.paths:
        return False
    if tier is Tier.any:
        return True
    small = len(change.paths) <= SMALL_FILES and change.lines <= SMALL_LINES
    if tier is Tier.small:
        return small
    return tier is Tier.docs and all(map(is_prose, change.paths))
