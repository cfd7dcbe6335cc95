"""Differences between two commits as files, hunks and lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from integrations.simulators.github.model.git import GitRepo

MAX_PATCH = 1_000_000
_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One changed file. `patch` starts at the first hunk and is None for binary or very large changes."""

    path: str
    old_path: str
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str | None


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a patch. `position` counts from the first hunk header, as GitHub counts."""

    kind: str
    text: str
    old: int | None
    new: int | None
    position: int


def diff(repo: GitRepo, old: str, new: str) -> tuple[FileDiff, ...]:
    """Changed files from tree-ish `old` to `new`, renames detected."""
    return _diff(repo, old, new)


@lru_cache(maxsize=512)
def _diff(repo: GitRepo, old: str, new: str) -> tuple[FileDiff, ...]:
    command = (
        "diff-tree",
        "-r",
        "-M",
        "--no-ext-diff",
        "--no-textconv",
        "-z",
        "--raw",
        "--numstat",
        "--patch",
    )
    fields = repo.run(*command, "--abbrev=40", old, new).decode(errors="replace").split("\0")
    files = list(_raw_entries(fields))
    at = sum(2 if old_path == path else 3 for path, old_path, _, _ in files)
    numbers, end = _numstat(fields, at, len(files))
    patches = _patches("\0".join(fields[end + 1 :]), [status for _, _, status, _ in files])
    return tuple(
        FileDiff(path, old_path, status, sha, added or 0, removed or 0, text if added is not None else None)
        for (path, old_path, status, sha), (added, removed), text in zip(files, numbers, patches, strict=True)
    )


def _raw_entries(fields: list[str]) -> Iterator[tuple[str, str, str, str]]:
    i = 0
    while i < len(fields) and fields[i].startswith(":"):
        _, _, old_sha, new_sha, letter = fields[i].split()
        status = _STATUS.get(letter[0], "changed")
        two = letter[0] in "RC"
        old_path, path = fields[i + 1], fields[i + 2] if two else fields[i + 1]
        yield path, old_path, status, old_sha if status == "removed" else new_sha
        i += 3 if two else 2


def _numstat(fields: list[str], at: int, count: int) -> tuple[list[tuple[int | None, int | None]], int]:
    """Added and removed lines of `count` files from field `at` on (None for binary), and where they end."""
    found: list[tuple[int | None, int | None]] = []
    for _ in range(count):
        added, removed, name = fields[at].split("\t", 2)
        found.append((None, None) if added == "-" else (int(added), int(removed)))
        at += 1 if name else 3
    return found, at


def _patches(text: str, statuses: list[str]) -> list[str | None]:
    """One patch per file; a change of type (file to link) is printed as two, and GitHub shows none."""
    sections = iter(re.split(r"(?m)^diff --git ", text)[1:])
    found: list[str | None] = []
    for status in statuses:
        body = _body(next(sections, ""))
        if status == "changed":
            next(sections, "")
        found.append(None if status == "changed" else body)
    return found


def _body(patch: str) -> str | None:
    at = re.search(r"(?m)^@@ ", patch)
    if at is None or len(patch) > MAX_PATCH:
        return None
    return patch[at.start() :].rstrip("\n")


def lines(patch: str) -> Iterator[DiffLine]:
    """Walk a patch; kinds are "@" (hunk header), " ", "+", "-", "\\"."""
    old = new = 0
    for position, text in enumerate(patch.split("\n")):
        header = _HUNK.match(text)
        if header:
            old, new = int(header[1]), int(header[3])
            yield DiffLine("@", text, None, None, position)
            continue
        kind = text[:1] or " "
        if kind == "+":
            yield DiffLine("+", text[1:], None, new, position)
            new += 1
        elif kind == "-":
            yield DiffLine("-", text[1:], old, None, position)
            old += 1
        elif kind == "\\":
            yield DiffLine("\\", text, None, None, position)
        else:
            yield DiffLine(" ", text[1:], old, new, position)
            old, new = old + 1, new + 1


def find_line(patch: str, line: int, side: str) -> DiffLine | None:
    """The line of a patch that a review comment on (line, side) means."""
    for each in lines(patch):
        number = each.old if side == "LEFT" else each.new
        if number == line and each.kind in (" ", "+", "-"):
            return each
    return None


def at_position(patch: str, position: int) -> DiffLine | None:
    """The line of a patch at GitHub's `position`."""
    return next((each for each in lines(patch) if each.position == position and each.kind != "@"), None)


def hunk_until(patch: str, position: int) -> str:
    """The hunk from its header down to `position`: a review comment's `diff_hunk`."""
    rows = patch.split("\n")
    start = max((i for i in range(position + 1) if rows[i].startswith("@@")), default=0)
    return "\n".join(rows[start : position + 1])


def moved_line(repo: GitRepo, old: str, new: str, *, path: str, line: int) -> int | None:
    """Where line `line` of `path` in commit `old` is in `new`; None when it changed or went away."""
    changed = next((f for f in diff(repo, old, new) if f.old_path == path), None)
    if changed is None:
        return line
    if changed.patch is None or changed.status == "removed" or changed.path != path:
        return None
    shift = 0
    for each in lines(changed.patch):
        if each.kind == "-" and each.old == line:
            return None
        if each.kind == " " and each.old == line:
            return each.new
        if each.kind == "@":
            header = _HUNK.match(each.text)
            if header and int(header[1]) > line:
                break
        elif each.kind in "+-":
            shift += 1 if each.kind == "+" else -1
    return line + shift
