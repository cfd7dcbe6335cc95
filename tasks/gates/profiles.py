"""Context profiles: which of them the paths of a change, or the paths that a request names, belong to. Pure."""

import re
from collections.abc import Iterable

from tasks.gates.config import Profile
from tasks.gates.globs import first_match

_NAMED = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
_LONGEST = 20_000


def matching(profiles: Iterable[Profile], paths: Iterable[str]) -> tuple[Profile, ...]:
    """The profiles that any of these paths belongs to, in the order of the file."""
    wanted = tuple(paths)
    return tuple(p for p in profiles if any(first_match(path, p.paths) for path in wanted))


def added_checks(profiles: Iterable[Profile], paths: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """(name, command) of what these profiles check beside the checks of the whole repository; "web:e2e" is the profile's own name."""
    return tuple(
        (f"{p.name}:{name}", command) for p in matching(profiles, paths) for name, command in p.checks
    )


def named_paths(text: str, files: Iterable[str]) -> tuple[str, ...]:
    """The files that a text names: by their path, or by a directory above them ("web/")."""
    found = (word.removeprefix("./").rstrip(".") for word in _NAMED.findall(text[:_LONGEST]))
    words = {word for word in found if "/" in word or "." in word}
    places = tuple(word if word.endswith("/") else f"{word}/" for word in words if "/" in word)
    return tuple(f for f in files if f in words or (places and f.startswith(places)))
