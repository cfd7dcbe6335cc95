"""Who owns a path by the repository's CODEOWNERS, read from the base commit."""

from collections.abc import Callable, Iterator

from tasks.gates.globs import first_match

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners"""


_EVERYTHING = frozenset({"*", "**", "/**", "/", "/*"})


def codeowners(read: Callable[[str], bytes | None]) -> bytes | None:
    """The repository's CODEOWNERS, of the places where code hosts look for it; None where there is none."""
    return next((found for place in PLACES if (found := read(place)) is not None), None)


def owners_of(path: str, read: Callable[[str], bytes | None]) -> frozenset[str] | None:
    """Lower-case logins of the people who own a path; None where no rule covers it. The last rule that fits decides.

    A team is nobody here: who is in it, we cannot see, so a rule that names only teams is satisfied by no one.
    """
    owners: frozenset[str] | None = None
    for pattern, names in _rules(codeowners(read)):
        if first_match(path, _patterns(pattern)):
            people = (name[1:].lower() for name in names if name.startswith("@") and "/" not in name)
            owners = frozenset(people) if names else None
    return owners


def owned_apart(paths: tuple[str, ...], text: bytes | None) -> tuple[str, ...]:
    """The paths that have owners by a rule that is not about the whole repository; teams are owners too."""
    apart: dict[str, bool] = {}
    for pattern, names in _rules(text):
        for part in _patterns(pattern):
            apart.pop(part, None)
            apart[part] = bool(names) and pattern not in _EVERYTHING
    newest_first = tuple(reversed(apart))
    return tuple(p for p in paths if (found := first_match(p, newest_first)) and apart[found])


def _rules(text: bytes | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(pattern, owners) as they stand; a rule without owners takes those of earlier ones away."""
    for line in (text or b"").decode("utf-8", "replace").splitlines():
        pattern, *names = line.split("#", 1)[0].split() or [""]
        if pattern:
            yield pattern, tuple(names)


def _patterns(pattern: str) -> tuple[str, ...]:
    """A rule as patterns of files: a name covers what lies below it, and counts at any depth where it holds no slash."""
    name = pattern.rstrip("/")
    below = f"{name}/" if "/" in name else f"**/{name}/"
    return (below,) if pattern.endswith("/") else (name, below)
