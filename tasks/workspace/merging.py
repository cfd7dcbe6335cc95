"""Merging a base branch into a head without a working tree: the files as they come out, with markers where they conflict."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tasks.workspace import objects
from tasks.workspace.git import GitFailed, git
from tasks.workspace.names import checked_oid
from tasks.workspace.rebuilding import Author, NewCommit, keep_commit

_CONFLICTS = 1
"""git merge-tree's exit code for a merge that was made, with conflicts: https://git-scm.com/docs/git-merge-tree#_description."""


@dataclass(frozen=True, slots=True)
class Merged:
    """`oid` is a commit that holds the merged files, "" where there was nothing to merge. It is never pushed itself."""

    oid: str
    conflicts: tuple[str, ...] = ()


def merge(quarantine: Path, run_id: str, *, head: str, base: str, at: datetime, author: Author) -> Merged:
    """Merges `base` into `head`; both must be here. Raises GitFailed where they have no common history."""
    if objects.merge_base(quarantine, head, base) == base:
        return Merged("")
    options = ("--write-tree", "--name-only", "--no-messages", "-z")
    try:
        out = git(quarantine, "merge-tree", *options, checked_oid(head), checked_oid(base)).decode(
            "utf-8", "replace"
        )
    except GitFailed as why:
        if why.exit_code != _CONFLICTS:
            raise
        out = why.stdout
    tree, *paths = out.split("\0")
    wanted = NewCommit(tree, head, "The base branch, merged in but not resolved.", at, author)
    return Merged(keep_commit(quarantine, run_id, wanted), tuple(dict.fromkeys(p for p in paths if p)))
