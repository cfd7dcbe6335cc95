"""A commit put together from others: one commit's files with some of another's. For trying out, never for pushing."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tasks.workspace.git import git
from tasks.workspace.names import checked_oid

ABSENT = "000000"
_NOBODY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "trial"), ("EMAIL", "trial@sortie.invalid"), ("DATE", "@0 +0000"))
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One path as it shall be: git's mode and blob; mode "000000" where it shall not be there."""

    mode: str
    oid: str
    path: str


def compose(quarantine: Path, onto: str, entries: tuple[Entry, ...], *, files: Mapping[str, bytes]) -> str:
    """The oid of a commit on `onto` with its tree, these entries, and these files. The same parts give the same commit."""
    made = tuple(
        Entry("100644", git(quarantine, "hash-object", "-w", "--stdin", stdin=content).decode().strip(), path)
        for path, content in files.items()
    )
    lines = [
        b"%s %s\t%s" % (e.mode.encode(), checked_oid(e.oid).encode(), _raw(e.path)) for e in (*entries, *made)
    ]
    with tempfile.TemporaryDirectory(prefix="trial-", dir=quarantine) as place:
        env = {"GIT_INDEX_FILE": f"{place}/index"}
        git(quarantine, "read-tree", checked_oid(onto), env=env)
        if lines:
            given = b"\0".join(lines) + b"\0"
            git(quarantine, "update-index", "--replace", "-z", "--index-info", stdin=given, env=env)
        tree = git(quarantine, "write-tree", env=env).decode().strip()
    made_of = git(quarantine, "commit-tree", tree, "-p", checked_oid(onto), stdin=b"Trial", env=_NOBODY)
    return made_of.decode().strip()


def _raw(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
