"""One bare repository, read and written with the real git."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

ZERO = "0" * 40
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
SHA = re.compile(r"[0-9a-f]{40}\Z")
_LOG_FORMAT = "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"
_LOG_FIELDS = 10
_COMMITS_KEPT = 50_000


class GitError(Exception):
    """git refused; the text is its standard error."""


@dataclass(frozen=True, slots=True)
class Person:
    """Author or committer of a commit; `date` is ISO 8601 in UTC."""

    name: str
    email: str
    date: str


@dataclass(frozen=True, slots=True)
class CommitInfo:
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


@dataclass(frozen=True, slots=True)
class TreeEntry:
    mode: str
    type: str
    sha: str
    size: int | None
    path: str


def clean_env(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Environment of every git process here: nothing of the user's configuration."""
    env = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
    env.update(extra or {})
    return env


def utc(date: str) -> str:
    """An ISO date with any offset as `2026-11-20T10:00:00Z`."""
    return datetime.fromisoformat(date).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class GitRepo:
    path: Path

    def run(
        self,
        *args: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        ok: Sequence[int] = (0,),
        cwd: Path | None = None,
    ) -> bytes:
        """Run git here and return its output. Raises GitError unless the exit status is in `ok`."""
        done = subprocess.run(
            ["git", f"--git-dir={self.path}", *args],
            input=stdin,
            capture_output=True,
            env=clean_env(env),
            cwd=cwd,
            timeout=120,
            check=False,
        )
        if done.returncode not in ok:
            raise GitError(done.stderr.decode(errors="replace").strip() or f"git {args[0]} failed")
        return done.stdout

    def text(self, *args: str) -> str:
        return self.run(*args).decode(errors="replace").strip()

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """Every ref below `prefix` and the object it names."""
        out = self.text("for-each-ref", "--format=%(objectname) %(refname)", prefix)
        return {ref: sha for sha, _, ref in (line.partition(" ") for line in out.splitlines())}

    def branch(self, name: str) -> str | None:
        return self.ref(f"refs/heads/{name}")

    def ref(self, ref: str) -> str | None:
        """The object a full ref name points at."""
        if not self.valid_ref(ref):
            return None
        out = self.run("rev-parse", "--verify", "--quiet", ref, ok=(0, 1, 128)).decode().strip()
        return out or None

    def valid_ref(self, ref: str) -> bool:
        return _valid_ref(ref)

    def resolve(self, rev: str) -> str | None:
        """The commit that a branch, tag, full ref or (abbreviated) sha means."""
        if SHA.match(rev) and self.kind(rev) == "commit":
            return rev
        if not rev or rev.startswith("-") or any(c in rev for c in " ~^:\\?*[@{\n"):
            return None
        for form in (f"refs/heads/{rev}", f"refs/tags/{rev}", rev):
            if form == rev and not rev.startswith("refs/") and not re.fullmatch(r"[0-9a-f]{4,40}|HEAD", rev):
                continue
            found = self.run("rev-parse", "--verify", "--quiet", f"{form}^{{commit}}", ok=(0, 1, 128))
            if found.strip():
                return found.decode().strip()
        return None

    def kind(self, sha: str) -> str | None:
        """commit, tree, blob, tag, or None when there is no such object."""
        if not SHA.match(sha):
            return None
        known = _kinds.get((self.path, sha))
        if known is None:
            known = self.run("cat-file", "-t", sha, ok=(0, 1, 128)).decode().strip() or None
            if known is not None:
                _keep(_kinds, (self.path, sha), known)
        return known

    def commit(self, sha: str) -> CommitInfo:
        """A commit by its sha, which names its content whatever repository it is in."""
        known = _commits.get(sha)
        return known if known is not None else self.log("--no-walk", sha)[0]

    def log(self, *revs: str, limit: int | None = None, path: str | None = None) -> list[CommitInfo]:
        """Commits of a range, newest first."""
        args = ["log", "-z", _LOG_FORMAT, *([f"-n{limit}"] if limit is not None else []), *revs, "--"]
        fields = self.run(*args, *([path] if path else [])).decode(errors="replace").split("\0")
        whole = len(fields) // _LOG_FIELDS
        found = [_parse(fields[i * _LOG_FIELDS : (i + 1) * _LOG_FIELDS]) for i in range(whole)]
        for each in found:
            _keep(_commits, each.sha, each)
        return found

    def merge_base(self, one: str, two: str) -> str | None:
        return _merge_base(self, one, two)

    def is_ancestor(self, old: str, new: str) -> bool:
        return old == new or self.merge_base(old, new) == old

    def ahead_behind(self, base: str, head: str) -> tuple[int, int]:
        """Commits only in head, commits only in base."""
        return _ahead_behind(self, base, head)

    def merge_tree(self, base: str, head: str) -> str | None:
        """The tree of a merge, or None when it conflicts."""
        out = self.run("merge-tree", "--write-tree", base, head, ok=(0, 1)).decode(errors="replace")
        lines = out.splitlines()
        return lines[0] if len(lines) == 1 else None

    def commit_tree(
        self, tree: str, parents: Sequence[str], *, message: str, author: Person, committer: Person
    ) -> str:
        """Write a commit object and return its sha."""
        env = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_AUTHOR_DATE": author.date,
            "GIT_COMMITTER_NAME": committer.name,
            "GIT_COMMITTER_EMAIL": committer.email,
            "GIT_COMMITTER_DATE": committer.date,
        }
        args = [arg for parent in parents for arg in ("-p", parent)]
        return self.run("commit-tree", tree, *args, stdin=message.encode(), env=env).decode().strip()

    def update_ref(self, ref: str, new: str, *, old: str | None = None) -> None:
        """Move a ref; with `old` only from there."""
        self.run("update-ref", ref, new, *([old] if old is not None else []))

    def delete_ref(self, ref: str) -> None:
        self.run("update-ref", "-d", ref)

    def blob(self, sha: str) -> bytes:
        return self.run("cat-file", "blob", sha)

    def write_blob(self, content: bytes) -> str:
        return self.run("hash-object", "-w", "--stdin", stdin=content).decode().strip()

    def tree(self, treeish: str, *, recursive: bool = False, path: str | None = None) -> list[TreeEntry]:
        """Entries of a tree; `path` limits to that entry (a trailing slash lists inside it)."""
        args = ["ls-tree", "-z", "-l", "--full-tree", *(["-r", "-t"] if recursive else []), treeish]
        out = self.run(*args, "--", *([path] if path else [])).decode(errors="replace")
        entries = []
        for record in out.split("\0"):
            if record:
                meta, _, name = record.partition("\t")
                mode, kind, sha, size = meta.split()
                entries.append(TreeEntry(mode, kind, sha, None if size == "-" else int(size), name))
        return entries

    def write_tree(self, base: str | None, changes: Sequence[tuple[str, str | None, str]]) -> str:
        """A tree made from `base` with changes: (mode, object or None to remove, path)."""
        with tempfile.TemporaryDirectory(prefix="index-", dir=self.path) as folder:
            env = {"GIT_INDEX_FILE": f"{folder}/index"}
            if base:
                self.run("read-tree", base, env=env)
            for mode, sha, path in changes:
                if mode == "040000" and sha:
                    self.run("read-tree", f"--prefix={path}/", sha, env=env)
            plain = [c for c in changes if c[0] != "040000"]
            lines = [f"{mode if sha else '0'} {sha or ZERO}\t{path}\0" for mode, sha, path in plain]
            self.run("update-index", "-z", "--add", "--index-info", stdin="".join(lines).encode(), env=env)
            return self.run("write-tree", env=env).decode().strip()

    def rebase(self, onto: str, head: str, *, committer: Person) -> str | None:
        """Replay merge-base..head on `onto`; the new tip, or None on a conflict."""
        base = self.merge_base(onto, head)
        folder = Path(tempfile.mkdtemp(prefix="ghsim-rebase-"))
        env = clean_env({"GIT_COMMITTER_NAME": committer.name, "GIT_COMMITTER_EMAIL": committer.email})
        git = ["git", "-c", "core.hooksPath=/dev/null", "-C", str(folder / "w")]
        try:
            self.run("worktree", "add", "--detach", str(folder / "w"), onto)
            command = [*git, "cherry-pick", "--allow-empty", f"{base}..{head}"]
            done = subprocess.run(command, env=env, capture_output=True, check=False)
            if done.returncode:
                return None
            tip = subprocess.run([*git, "rev-parse", "HEAD"], env=env, capture_output=True, check=True)
            return tip.stdout.decode().strip()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self.run("worktree", "prune")


def _parse(f: Sequence[str]) -> CommitInfo:
    author, committer = Person(f[3], f[4], utc(f[5])), Person(f[6], f[7], utc(f[8]))
    return CommitInfo(f[0].strip(), f[1], tuple(f[2].split()), author, committer, f[9].rstrip("\n"))


_commits: dict[str, CommitInfo] = {}
_kinds: dict[tuple[Path, str], str] = {}
K = TypeVar("K")
V = TypeVar("V")


def _keep(cache: dict[K, V], key: K, value: V) -> None:
    """Remember what never changes, up to a limit."""
    if len(cache) >= _COMMITS_KEPT:
        cache.clear()
    cache[key] = value


@lru_cache(maxsize=20_000)
def _ahead_behind(repo: GitRepo, base: str, head: str) -> tuple[int, int]:
    left, right = repo.text("rev-list", "--left-right", "--count", f"{base}...{head}").split()
    return int(right), int(left)


@lru_cache(maxsize=20_000)
def _merge_base(repo: GitRepo, one: str, two: str) -> str | None:
    return repo.run("merge-base", one, two, ok=(0, 1)).decode().strip() or None


@lru_cache(maxsize=20_000)
def _valid_ref(ref: str) -> bool:
    done = subprocess.run(["git", "check-ref-format", ref], env=clean_env(), capture_output=True, check=False)
    return done.returncode == 0 and not ref.startswith("-")
