"""Questions to the objects of a repository the harness owns: files, trees, differences. No checkout, no filter, no textconv."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tasks.workspace.git import GitFailed, git
from tasks.workspace.names import checked_oid
from tasks.workspace.process import MIB, Bounds

REGULAR = ("100644", "100755")
_CUT = "\n[cut: {left} more bytes of this diff are not shown]\n"
_MAX_DIFF = 32 * MIB


@dataclass(frozen=True, slots=True)
class Change:
    """One raw entry. Modes are git's octal text ("000000" where absent); `path` keeps odd bytes as surrogates."""

    status: str
    old_mode: str
    new_mode: str
    old_oid: str
    new_oid: str
    path: str


@dataclass(frozen=True, slots=True)
class LineCount:
    """Lines of one file; None for a binary one."""

    path: str
    added: int | None
    removed: int | None


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of one tree. `mode` as the tree has it: "40000" is a directory."""

    mode: str
    oid: str

    @property
    def regular(self) -> bool:
        return self.mode in REGULAR


def trees(git_dir: Path, oids: Iterable[str]) -> dict[str, dict[str, TreeEntry]]:
    """The entries of many trees by name, one level each. A missing one raises ValueError."""
    asked = [checked_oid(oid) for oid in oids]
    if not asked:
        return {}
    said = git(git_dir, "cat-file", "--batch", stdin="\n".join(asked).encode() + b"\n")
    found, at = {}, 0
    for oid in asked:
        end = said.index(b"\n", at)
        head = said[at:end].split(b" ")
        if head[1] != b"tree":
            raise ValueError(f"{oid} is no tree")
        at = end + 1 + int(head[2])
        found[oid] = dict(_entries(said[end + 1 : at], len(oid) // 2))
        at += 1
    return found


def _entries(tree: bytes, oid_bytes: int) -> Iterator[tuple[str, TreeEntry]]:
    at = 0
    while at < len(tree):
        mode, _, _ = tree[at : at + 8].partition(b" ")
        end = tree.index(b"\0", at)
        name = tree[at + len(mode) + 1 : end].decode("utf-8", "surrogateescape")
        at = end + 1 + oid_bytes
        yield name, TreeEntry(mode.decode(), tree[end + 1 : at].hex())


def exists(git_dir: Path, oid: str, *, kind: str = "commit") -> bool:
    """Whether the object is here and of (or leads to) this kind."""
    try:
        git(git_dir, "cat-file", "-e", f"{checked_oid(oid)}^{{{kind}}}")
    except GitFailed:
        return False
    return True


@lru_cache(maxsize=2048)
def tree_of(git_dir: Path, oid: str) -> str:
    """The tree of a commit, which never changes. Raises GitFailed where it is not here (and then asks again next time)."""
    return git(git_dir, "rev-parse", "--verify", "--quiet", f"{checked_oid(oid)}^{{tree}}").decode().strip()


def resolve(git_dir: Path, ref: str) -> str | None:
    """The commit a full ref name (refs/…) points at, None when there is none."""
    try:
        out = git(git_dir, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    except GitFailed:
        return None
    return out.decode().strip()


def merge_base(git_dir: Path, one: str, other: str) -> str | None:
    """Where two commits part, None when they have nothing in common or one of them is not here."""
    try:
        out = git(git_dir, "merge-base", checked_oid(one), checked_oid(other))
    except GitFailed:
        return None
    return out.decode().split("\n", 1)[0].strip() or None


def read(git_dir: Path, oid: str, path: str, *, limit: int) -> bytes | None:
    """The first `limit` bytes of a regular file of a commit; None for a link, a directory or nothing."""
    if not path or path.startswith("/") or "\0" in path or ".." in path.split("/"):
        return None
    try:
        entry = _entry(git_dir, oid, path)
    except GitFailed:
        return None
    if entry is None or not entry.regular:
        return None
    return git(git_dir, "cat-file", "blob", entry.oid, bounds=Bounds(output_bytes=limit, truncate=True))


@lru_cache(maxsize=2048)
def _entry(git_dir: Path, oid: str, path: str) -> TreeEntry | None:
    """What a commit has at a path, which never changes: many runs begin on one base and ask for the same few files."""
    listing = git(git_dir, "ls-tree", "-z", "--full-tree", checked_oid(oid), "--", path)
    for line in listing.split(b"\0"):
        head, _, name = line.partition(b"\t")
        if name == path.encode("utf-8", "surrogateescape"):
            mode, _, found = head.decode().split(" ")
            return TreeEntry(mode, found)
    return None


def files(git_dir: Path, oid: str, *, limit: int = 200_000) -> tuple[str, ...]:
    """The paths of all regular files of a commit, at most `limit`."""
    listing = git(git_dir, "ls-tree", "-r", "-z", "--full-tree", checked_oid(oid))
    out = []
    for entry in listing.split(b"\0")[:limit]:
        head, _, name = entry.partition(b"\t")
        if head.split(b" ")[0].decode() in REGULAR:
            out.append(name.decode("utf-8", "surrogateescape"))
    return tuple(out)


def subjects(git_dir: Path, oid: str, *, count: int) -> tuple[str, ...]:
    """The first lines of the last commits up to this one, newest first, without merges."""
    out = git(git_dir, "log", "--no-merges", "--format=%s", f"-n{count}", checked_oid(oid), "--")
    return tuple(out.decode("utf-8", "replace").splitlines())


def changed(git_dir: Path, base: str, head: str) -> tuple[Change, ...]:
    """Every path that differs, without rename detection."""
    out = git(git_dir, "diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", *_pair(base, head))
    words = out.split(b"\0")
    changes = []
    for meta, path in zip(words[0::2], words[1::2], strict=False):
        old_mode, new_mode, old_oid, new_oid, status = meta.decode().lstrip(":").split(" ")
        changes.append(
            Change(status, old_mode, new_mode, old_oid, new_oid, path.decode("utf-8", "surrogateescape"))
        )
    return tuple(changes)


def numstat(git_dir: Path, base: str, head: str) -> tuple[LineCount, ...]:
    """Lines added and removed per path, without rename detection."""
    out = git(git_dir, "diff-tree", "-r", "-z", "--numstat", "--no-renames", *_pair(base, head))
    counts = []
    for entry in out.split(b"\0"):
        if entry:
            added, removed, path = entry.split(b"\t", 2)
            counts.append(LineCount(path.decode("utf-8", "surrogateescape"), _count(added), _count(removed)))
    return tuple(counts)


def diff(git_dir: Path, base: str, head: str, *, limit: int, path: str | None = None) -> str:
    """The unified diff for people, renames shown, cut at `limit` bytes with a line that says so; of one path if named."""
    options = ("-r", "-p", "-M", "--no-color", "--no-ext-diff", "--no-textconv")
    only = () if path is None else ("--", path)
    bounds = Bounds(output_bytes=max(limit, _MAX_DIFF), truncate=True)
    out = git(git_dir, "diff-tree", *options, *_pair(base, head), *only, bounds=bounds)
    if len(out) <= limit:
        return out.decode("utf-8", "replace")
    return out[:limit].decode("utf-8", "replace") + _CUT.format(left=len(out) - limit)


def plain_diff(git_dir: Path, base: str, head: str, *, limit: int) -> bytes:
    """The diff for machines: no context, no renames, binary files as text. Raises GitTooMuch beyond `limit` bytes."""
    options = ("-r", "-p", "-U0", "--text", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv")
    return git(git_dir, "diff-tree", *options, *_pair(base, head), bounds=Bounds(output_bytes=limit))


def sizes(git_dir: Path, oids: tuple[str, ...]) -> dict[str, int]:
    """Bytes of each blob, uncompressed. A missing one raises GitFailed or ValueError."""
    if not oids:
        return {}
    asked = "\n".join(checked_oid(oid) for oid in oids).encode() + b"\n"
    out = git(git_dir, "cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=asked)
    found = [line.split(" ") for line in out.decode().splitlines()]
    return {oid: int(size) for oid, size in found}


def blob(git_dir: Path, oid: str, *, limit: int) -> bytes:
    """The first `limit` bytes of a blob."""
    return git(
        git_dir, "cat-file", "blob", checked_oid(oid), bounds=Bounds(output_bytes=limit, truncate=True)
    )


def _pair(base: str, head: str) -> tuple[str, str]:
    return checked_oid(base), checked_oid(head)


def _count(text: bytes) -> int | None:
    return None if text == b"-" else int(text)
