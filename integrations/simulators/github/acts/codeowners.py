"""CODEOWNERS: which people own the files a pull request changes."""

from __future__ import annotations

import re

from integrations.simulators.github.model.diffs import diff
from integrations.simulators.github.model.git import GitRepo

# https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
_PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")


def owners(git: GitRepo, *, base: str, head: str) -> list[str]:
    """Logins (teams and e-mail addresses left out) owning what changes between base and head."""
    rules = _rules(git, base)
    if not rules:
        return []
    found: dict[str, None] = {}
    for changed in diff(git, git.merge_base(base, head) or base, head):
        for pattern, logins in reversed(rules):
            if pattern.match(changed.path):
                found.update(dict.fromkeys(logins))
                break
    return list(found)


def _rules(git: GitRepo, commit: str) -> list[tuple[re.Pattern[str], list[str]]]:
    for place in _PLACES:
        entries = git.tree(commit, path=place)
        if entries and entries[0].type == "blob":
            text = git.blob(entries[0].sha).decode(errors="replace")
            return [_rule(line) for line in text.splitlines() if line.split("#")[0].strip()]
    return []


def _rule(line: str) -> tuple[re.Pattern[str], list[str]]:
    pattern, *names = line.split("#")[0].split()
    people = [n[1:] for n in names if n.startswith("@") and "/" not in n]
    return re.compile(_regex(pattern)), people


def _regex(pattern: str) -> str:
    anchored = pattern.startswith("/") or "/" in pattern.rstrip("/")
    body = re.escape(pattern.strip("/")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
    body = body.replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    tail = "$" if pattern.endswith("/*") else "/.*$" if pattern.endswith("/") else "(?:/.*)?$"
    return ("^" if anchored else "^(?:.*/)?") + body + tail
