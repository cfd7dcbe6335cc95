"""Who owns a path by the repository's CODEOWNERS, read from the base commit."""

from collections.abc import Callable

from tasks.gates.globs import first_match

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners"""


def owners_of(path: str, read: Callable[[str], bytes | None]) -> frozenset[str] | None:
    """Lower-case logins of the people who own a path; None where no rule covers it. The last rule that fits decides.

    A team is nobody here: who is in it, we cannot see, so a rule that names only teams is satisfied by no one.
    """
    text = next((found for place in PLACES if (found := read(place)) is not None), None)
    if text is None:
        return None
    owners: frozenset[str] | None = None
    for line in text.decode("utf-8", "replace").splitlines():
        pattern, *names = line.split("#", 1)[0].split() or [""]
        if pattern and first_match(path, _patterns(pattern)):
            people = (name[1:].lower() for name in names if name.startswith("@") and "/" not in name)
            owners = frozenset(people) if names else None
    return owners


def _patterns(pattern: str) -> tuple[str, ...]:
    """A rule as patterns of files: a name covers what lies below it, and counts at any depth where it holds no slash."""
    name = pattern.rstrip("/")
    below = f"{name}/" if "/" in name else f"**/{name}/"
    return (below,) if pattern.endswith("/") else (name, below)
