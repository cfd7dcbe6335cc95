"""How work enters a quarantine repository: one bundle, one expected ref, one parent, checked objects, bounded sizes.

The bundle was written in a sandbox and is treated as an attacker's. `git fetch` is not used on it: before git 2.41 it
ignored fetch.fsckObjects for bundles, while `git index-pack --strict` refuses every bad tree entry
(https://git-scm.com/docs/git-index-pack).
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tasks.workspace import objects
from tasks.workspace.git import GitFailed, GitTimedOut, git
from tasks.workspace.names import checked_oid, is_oid
from tasks.workspace.outcomes import BAD_TREE, TOO_LARGE, UNREADABLE, Refusal
from tasks.workspace.process import MIB, Bounds

OUT_REF = "refs/sortie/out"
_MAGIC = b"# v2 git bundle\n"
_MAX_HEADER = 4096
_ZERO_MODE = "000000"


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """What one submission may bring: MiB of pack, MiB of all changed files uncompressed, number of changed files.

    `entries` is how many files may lie changed in the workspace, ignored directories counting once. `read_s` is how long
    reading the workspace may take, `timeout_s` how long checking what came out of it.
    """

    pack_mb: int = 64
    content_mb: int = 256
    files: int = 5000
    entries: int = 50_000
    read_s: float = 60.0
    timeout_s: float = 120.0


def open_written(path: Path, *, max_bytes: int) -> IO[bytes]:
    """Opens a file that a sandbox wrote: never a link, a pipe or a device. Raises Refusal."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as why:
        raise Refusal(UNREADABLE, "The sandbox handed over no work.") from why
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise Refusal(UNREADABLE, "The sandbox handed over no regular file.")
    if found.st_size > max_bytes:
        os.close(descriptor)
        size = f"{found.st_size / MIB:.0f} MiB"
        raise Refusal(
            TOO_LARGE, f"The change is too large to take: {size} packed, {max_bytes // MIB} allowed."
        )
    return os.fdopen(descriptor, "rb", buffering=0)


def import_bundle(quarantine: Path, bundle: IO[bytes], *, base_oid: str, limits: ImportLimits) -> str:
    """Takes the one commit of a bundle into `quarantine` and returns its oid; its only parent is `base_oid`.

    `bundle` is unbuffered and at its start. Raises Refusal: bad header, more refs than ours, foreign parents, bad or
    missing objects, too large. What a refused bundle left in the object store is reachable from nothing.
    """
    oid = _read_header(bundle, base_oid)
    index(quarantine, bundle, limits)
    _check_commit(quarantine, oid, base_oid)
    check_sizes(quarantine, oid, base_oid, limits)
    return oid


def _read_header(bundle: IO[bytes], base_oid: str) -> str:
    start = bundle.read(_MAX_HEADER)
    header, end, _ = start.partition(b"\n\n")
    if not start.startswith(_MAGIC) or not end:
        raise Refusal(BAD_TREE, "The work did not arrive as one plain git bundle.")
    refs = []
    for line in header[len(_MAGIC) :].decode("ascii", "replace").split("\n"):
        words = line.removeprefix("-").split(" ", 1)
        if line.startswith("-"):
            if words[0] != base_oid:
                raise Refusal(BAD_TREE, "The work is built on a commit that is not its base.")
        else:
            refs.append(words)
    if len(refs) != 1 or len(refs[0]) != 2 or refs[0][1] != OUT_REF or not is_oid(refs[0][0]):
        raise Refusal(BAD_TREE, "The work carries other refs than the one that was asked for.")
    bundle.seek(len(header) + len(end))
    return refs[0][0]


def index(quarantine: Path, pack: IO[bytes], limits: ImportLimits) -> None:
    """Takes a pack in, every object of it checked. Raises Refusal."""
    # Small windows, so that the bound on memory holds for a mirror with packs of many gigabytes.
    small = ("-c", "core.packedGitWindowSize=32m", "-c", "core.packedGitLimit=256m", "-c", "pack.threads=1")
    args = ("index-pack", "--stdin", "--fix-thin", "--strict", f"--max-input-size={limits.pack_mb * MIB}")
    bounds = Bounds(timeout_s=limits.timeout_s, address_space_mb=4096)
    try:
        git(quarantine, *small, *args, stdin=pack, bounds=bounds)
    except GitTimedOut as why:
        raise Refusal(TOO_LARGE, "The change took too long to check.") from why
    except GitFailed as why:
        if "exceeds maximum allowed size" in why.stderr:
            raise Refusal(TOO_LARGE, f"The change is larger than {limits.pack_mb} MiB packed.") from why
        raise Refusal(BAD_TREE, "The change holds entries that git does not allow.") from why


def _check_commit(quarantine: Path, oid: str, base_oid: str) -> None:
    try:
        text = git(quarantine, "cat-file", "commit", checked_oid(oid), bounds=Bounds(output_bytes=MIB))
        header = text.split(b"\n\n", 1)[0].decode("utf-8", "replace").split("\n")
        parents = [line.removeprefix("parent ") for line in header if line.startswith("parent ")]
        if parents != [base_oid]:
            raise Refusal(BAD_TREE, "The work does not descend from its base.")
        git(quarantine, "rev-list", "--objects", "--quiet", oid, f"^{base_oid}")
    except GitFailed as why:
        raise Refusal(BAD_TREE, "The work is not complete: objects are missing.") from why


def check_sizes(quarantine: Path, oid: str, base_oid: str, limits: ImportLimits) -> None:
    """Raises Refusal when a commit changes more files or more content than may be taken."""
    changes = objects.changed(quarantine, base_oid, oid)
    if len(changes) > limits.files:
        sentence = f"The change touches {len(changes)} files; {limits.files} is the most that is taken."
        raise Refusal(TOO_LARGE, sentence)
    blobs = tuple(c.new_oid for c in changes if c.new_mode not in (_ZERO_MODE, "160000"))
    total = sum(objects.sizes(quarantine, blobs).values())
    if total > limits.content_mb * MIB:
        sentence = (
            f"The changed files hold {total / MIB:.0f} MiB; {limits.content_mb} is the most that is taken."
        )
        raise Refusal(TOO_LARGE, sentence)
