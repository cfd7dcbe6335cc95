"""Patterns of paths, as people write them: `**` spans directories, a pattern without a slash counts at any depth. Pure."""

import re
from collections.abc import Iterable
from functools import lru_cache

PROTECTED = (
    "/.*/**",
    "CODEOWNERS",
    ".gitattributes",
    ".gitmodules",
    "AGENTS.md",
    "CLAUDE.md",
    "/.sortie.toml",
    "/.gitlab-ci.yml",
    "/.mcp.json",
    "/.pre-commit-config.yaml",
    "/Jenkinsfile",
)
"""What steers CI, reviewers or agents: never changed without a person. `/.*/**` is every dot-directory at the top."""


def first_match(path: str, patterns: Iterable[str]) -> str | None:
    """The first pattern that covers this path, whatever the case of its letters: some file systems do not tell it apart."""
    return next((pattern for pattern in patterns if _compiled(pattern).fullmatch(path)), None)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    body = pattern.removeprefix("/")
    if body.endswith("/"):
        body += "**"
    anchored = pattern.startswith("/") or "/" in body
    parts = [_translated(part) for part in re.split(r"(\*\*/|\*\*|\*|\?)", body)]
    return re.compile(("" if anchored else r"(?:.*/)?") + "".join(parts), re.I | re.S)


def _translated(part: str) -> str:
    return {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}.get(part, re.escape(part))
