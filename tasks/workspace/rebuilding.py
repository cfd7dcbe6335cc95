"""The commit the harness makes of a checked tree: its own author, message and time, and never a second one of the same."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tasks.workspace.git import git
from tasks.workspace.names import checked_oid, plain_word


@dataclass(frozen=True, slots=True)
class Author:
    """Who the commits are by."""

    name: str = "Sortie"
    email: str = "sortie@users.noreply.sortie.invalid"


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit to be: `at` is aware; `message` is the whole text; `merged_oid` a second parent, "" for none."""

    tree_oid: str
    parent_oid: str
    message: str
    at: datetime
    author: Author
    merged_oid: str = ""

    @property
    def parents(self) -> tuple[str, ...]:
        return (self.parent_oid, self.merged_oid) if self.merged_oid else (self.parent_oid,)


def keep_commit(quarantine: Path, run_id: str, commit: NewCommit) -> str:
    """Makes the commit under refs/sortie/sub/<run>/<n>, or finds the one with this tree, parent and message; its oid."""
    known = _submissions(quarantine, run_id)
    wanted = f"{commit.tree_oid} {' '.join(commit.parents)}\n{commit.message}".strip()
    for oid in known:
        text = git(quarantine, "show", "--no-patch", "--format=%T %P%n%B", oid).decode("utf-8", "replace")
        if text.strip() == wanted:
            return oid
    oid = _make(quarantine, commit)
    git(quarantine, "update-ref", f"refs/sortie/sub/{run_id}/{len(known) + 1}", oid)
    return oid


def _make(quarantine: Path, commit: NewCommit) -> str:
    env = {}
    for who in ("AUTHOR", "COMMITTER"):
        env[f"GIT_{who}_NAME"] = commit.author.name
        env[f"GIT_{who}_EMAIL"] = commit.author.email
        env[f"GIT_{who}_DATE"] = f"@{int(commit.at.timestamp())} +0000"
    parents = [word for oid in commit.parents for word in ("-p", checked_oid(oid))]
    args = ("commit-tree", checked_oid(commit.tree_oid), *parents)
    return git(quarantine, *args, stdin=commit.message.encode("utf-8", "replace"), env=env).decode().strip()


def _submissions(quarantine: Path, run_id: str) -> tuple[str, ...]:
    refs = f"refs/sortie/sub/{plain_word(run_id)}/"
    return tuple(git(quarantine, "for-each-ref", "--format=%(objectname)", refs).decode().split())
