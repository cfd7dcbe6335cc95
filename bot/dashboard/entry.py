"""One line of a run's timeline, and who did what it tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from tasks.domain.request import Person

Names = Mapping[tuple[str, str], str]
"""(chat account, user id) → the linked login."""
NOBODY: Names = MappingProxyType({})
NOW = datetime.min


class Who(StrEnum):
    """Who did it: a person, Sortie itself, one of its agents, or the code host."""

    person = "person"
    sortie = "sortie"
    agent = "agent"
    host = "host"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `detail` is text behind a fold, verbatim; `problem` marks what went wrong; `turns` counts joined turns."""

    at: datetime
    who: Who
    text: str
    detail: str = ""
    problem: bool = False
    turns: int = 0


def name(person: Person, names: Names = NOBODY) -> str:
    """What a person is called on our pages: their name where we know it, else their linked login, else their id."""
    return person.name or names.get((person.account, person.id), person.id)


def by_person(text: str, detail: str = "") -> Entry:
    return Entry(NOW, Who.person, text, detail)


def by_host(text: str, *, problem: bool = False) -> Entry:
    return Entry(NOW, Who.host, text, problem=problem)


def by_agent(text: str, detail: str = "") -> Entry:
    return Entry(NOW, Who.agent, text, detail)


def by_us(text: str, detail: str = "", *, problem: bool = False) -> Entry:
    return Entry(NOW, Who.sortie, text, detail, problem)
