"""Gates that read the change itself: conflict markers, secrets, protected paths, file modes, size."""

import posixpath
import re
from dataclasses import dataclass
from itertools import islice

from tasks.domain.checks import GateOutcome, GateResult
from tasks.gates.added import AddedLine, added_lines
from tasks.gates.config import RepoConfig
from tasks.gates.findings import found, shown
from tasks.gates.globs import PROTECTED, first_match
from tasks.gates.secret_patterns import secret_in
from tasks.gates.steering import replaces_a_program, steers
from tasks.workspace.git import GitTooMuch
from tasks.workspace.objects import Change
from tasks.workspace.workspaces import Workspaces

_GITLINK, _SYMLINK, _EXECUTABLE = "160000", "120000", "100755"
_MAX_DIFF_BYTES = 8_000_000
_MAX_LINES = 200_000
"""Of added lines that are looked at. A file of thirty million empty lines fits into a small pack and not into a worker."""
_MARKER = re.compile(r"(?:<{7}|>{7}|\|{7})(?: |$)")


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change as the hygiene gates see it. `lines` is None where it is too large to read."""

    changes: tuple[Change, ...]
    lines: tuple[AddedLine, ...] | None
    counted_lines: int
    blob_bytes: dict[str, int]
    links: dict[str, str]
    scripts: frozenset[str]
    binaries: frozenset[str] = frozenset()


def hygiene(change: ChangeSet, config: RepoConfig) -> tuple[GateResult, ...]:
    """All gates on the change itself."""
    return (
        conflict_markers(change),
        secrets(change),
        protected_paths(change, config.protected),
        check_files(change),
        file_modes(change),
        size(change, config),
    )


def read_change(workspaces: Workspaces, repo: str, *, base: str, head: str) -> ChangeSet:
    """Reads base..head from the quarantine repository."""
    changes = workspaces.changed(repo, base, head)
    lines = _read_lines(workspaces, repo, base, head)
    blobs = {c.path: c.new_oid for c in changes if c.new_mode not in ("000000", _GITLINK)}
    counts = workspaces.numstat(repo, base, head)
    sizes = workspaces.blob_sizes(repo, tuple(sorted(set(blobs.values()))))
    made_executable = [c for c in changes if c.new_mode == _EXECUTABLE and c.old_mode != _EXECUTABLE]
    return ChangeSet(
        changes=changes,
        lines=lines,
        counted_lines=sum((n.added or 0) + (n.removed or 0) for n in counts),
        blob_bytes={path: sizes[oid] for path, oid in blobs.items()},
        links={
            c.path: workspaces.blob(repo, c.new_oid, 4096).decode("utf-8", "surrogateescape")
            for c in changes
            if c.new_mode == _SYMLINK
        },
        binaries=frozenset(n.path for n in counts if n.added is None),
        scripts=frozenset(c.path for c in made_executable if workspaces.blob(repo, c.new_oid, 2) == b"#!"),
    )


def _read_lines(workspaces: Workspaces, repo: str, base: str, head: str) -> tuple[AddedLine, ...] | None:
    try:
        diff = workspaces.plain_diff(repo, base, head, _MAX_DIFF_BYTES)
    except GitTooMuch:
        return None
    lines = tuple(islice(added_lines(diff), _MAX_LINES + 1))
    return lines if len(lines) <= _MAX_LINES else None


def conflict_markers(change: ChangeSet) -> GateResult:
    """Fails on what a merge left standing."""
    places = [f"{shown(x.path)}:{x.number}" for x in change.lines or () if _MARKER.match(x.text)]
    return found("conflict-markers", places, "{n} conflict marker{s} left in the change.")


def secrets(change: ChangeSet) -> GateResult:
    """Fails on anything that looks like a secret in an added line or a new name; tells where, never what."""
    if change.lines is None:
        return found("secrets", ["the whole change"], "The change is too large to be searched for secrets.")
    places = [
        f"{shown(x.path)}:{x.number}: looks like a secret ({kind})"
        for x in change.lines
        if (kind := secret_in(x.text))
    ]
    named = [c.path for c in change.changes if c.status == "A" and secret_in(c.path)]
    places += [f"file name {n}: looks like a secret" for n in range(1, len(named) + 1)]
    return found("secrets", places, "{n} place{s} in the change may hold a secret.")


def protected_paths(change: ChangeSet, patterns: tuple[str, ...]) -> GateResult:
    """Needs a person where the change touches what steers CI, reviewers or agents, or what the repository protects."""
    wanted = (*PROTECTED, *patterns)
    places = [shown(c.path) for c in change.changes if first_match(c.path, wanted)]
    return found(
        "protected-paths",
        places,
        "{n} protected path{s} changed: a person must look.",
        GateOutcome.needs_human,
    )


def check_files(change: ChangeSet) -> GateResult:
    """Fails on a file that would run in place of a check's program; what configures a check needs a person."""
    bad = [
        f"{shown(c.path)}: would run in place of the check itself"
        for c in change.changes
        if c.status == "A" and replaces_a_program(c.path)
    ]
    if bad:
        return found("check-files", bad, "{n} new file{s} would run in place of a check.")
    odd = [shown(c.path) for c in change.changes if steers(c.path, new=c.status == "A")]
    detail = "{n} file{s} with a say in the checks changed: a person must look."
    return found("check-files", odd, detail, GateOutcome.needs_human)


def file_modes(change: ChangeSet) -> GateResult:
    """Fails on nested repositories and on links out of the repository; other links, binaries and exec bits need a person."""
    bad, odd = [], []
    for c in change.changes:
        if c.new_mode == _GITLINK:
            bad.append(f"{shown(c.path)}: a repository inside the repository")
        elif c.path in change.links and _leaves(c.path, change.links[c.path]):
            bad.append(f"{shown(c.path)}: a link that leaves the repository")
        elif c.path in change.links and c.old_mode != _SYMLINK:
            odd.append(f"{shown(c.path)}: a new link")
        elif c.path in change.binaries and c.status != "D":
            odd.append(f"{shown(c.path)}: binary, so nobody can read what changed")
        elif c.new_mode == _EXECUTABLE != c.old_mode and c.path not in change.scripts:
            odd.append(f"{shown(c.path)}: made executable, and it is no script")
    if bad:
        return found("file-modes", bad, "{n} entr{y} that may not enter the repository.")
    return found("file-modes", odd, "{n} unusual entr{y}: a person must look.", GateOutcome.needs_human)


def size(change: ChangeSet, config: RepoConfig) -> GateResult:
    """Fails where the change is larger than anyone will read, or holds a file that does not belong in git."""
    limits = config.limits
    places = []
    if len(change.changes) > limits.files:
        places.append(f"{len(change.changes)} files changed; the limit is {limits.files}")
    if change.counted_lines > limits.lines:
        places.append(f"{change.counted_lines} lines changed; the limit is {limits.lines}")
    for path, count in sorted(change.blob_bytes.items()):
        if count > limits.blob_kb * 1024:
            places.append(f"{shown(path)}: {count // 1024} KiB; the limit is {limits.blob_kb} KiB")
    return found("size", places, "The change is too large: " + (places[0] if places else "") + ".")


def _leaves(path: str, target: str) -> bool:
    """Whether a link's target lies outside the repository."""
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return target.startswith("/") or joined == ".." or joined.startswith("../") or "\0" in target
