"""How a repository writes the first lines of its commits, told from the last of them; and a title brought into that form. Pure."""

import re

_TYPES = "feat|fix|docs|style|refactor|perf|test|build|ci|chore|revert"
_CONVENTIONAL = re.compile(rf"(?:{_TYPES})(?:\([^()\n]{{1,40}}\))?!?: \S")
"""https://www.conventionalcommits.org/en/v1.0.0/, with the types of the Angular convention it names."""
_NEARLY = re.compile(rf"({_TYPES})((?:\([^()\n]{{1,40}}\))?!?)\s*:\s*(?=\S)", re.I)
_MADE_BY_GIT = ("Merge ", "Revert ", "fixup! ", "squash! ")

LOOKED_AT, FEWEST, SHARE = 50, 5, 0.8
"""Commits that are looked at; how many there must be; and the part of them that must be conventional."""

_WORDS = (
    ("docs", "document|documents|documented"),
    ("test", "test|tests|cover"),
    ("refactor", "refactor|rename|move|extract|simplify|inline|split|deduplicate"),
    ("perf", "speed|cache|optimise|optimize"),
    ("build", "bump|upgrade|pin"),
    ("feat", "add|support|allow|introduce|implement|offer|let|enable|provide|accept"),
    ("chore", "remove|drop|delete|update|clean|format"),
)


def conventional(subjects: tuple[str, ...]) -> bool:
    """Whether these first lines, newest first, are mostly Conventional Commits; what git itself writes is not counted."""
    written = [subject for subject in subjects if not subject.startswith(_MADE_BY_GIT)][:LOOKED_AT]
    matching = sum(bool(_CONVENTIONAL.match(subject)) for subject in written)
    return len(written) >= FEWEST and matching >= SHARE * len(written)


def in_convention(title: str, subjects: tuple[str, ...]) -> str:
    """The title in the form of these first lines: as it is where they have none, or it has it already.

    The type follows from the title's first word; what says nothing is a fix, for that is what most requests are.
    """
    if not title or not conventional(subjects) or _CONVENTIONAL.match(title):
        return title
    if nearly := _NEARLY.match(title):
        return f"{nearly[1].lower()}{nearly[2]}: {title[nearly.end() :]}"
    first = title.split(maxsplit=1)[0]
    kind = next((kind for kind, words in _WORDS if re.fullmatch(words, first, re.I)), "fix")
    return f"{kind}: {_uncapitalised(title, first)}"


def _uncapitalised(title: str, first: str) -> str:
    """A plain word loses its capital; a name or an acronym keeps it."""
    return title[0].lower() + title[1:] if first.isalpha() and first[1:].islower() else title
