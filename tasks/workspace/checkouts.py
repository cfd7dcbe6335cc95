"""Shared checkouts: one per repository and base commit, made once, never written again, the lower layer of every overlay on it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from integrations.ports import SandboxProvider
from tasks.workspace import stage
from tasks.workspace.names import checked_oid
from tasks.workspace.storage import Layout, lock_file, make_directory, remove
from tasks.workspace.workspace import Place

_INDEX_AHEAD_S = 2
"""The index counts as written after the files, so that no `git status` has to read those of the same second again."""


@dataclass(frozen=True, slots=True)
class Checkouts:
    """All shared checkouts under one home. Their files belong to the sandboxes' user, which only ever sees them read-only."""

    layout: Layout
    sandboxes: SandboxProvider

    @contextmanager
    def held(self, repo: str, oid: str) -> Iterator[Path]:
        """The files of a commit with a git directory of their own; not evicted meanwhile. Raises as stage.fill, OSError."""
        checkout = self.layout.checkouts(repo) / checked_oid(oid)
        make_directory(checkout.parent)
        lock, busy = checkout.with_suffix(".lock"), f"Another worker is still checking out {repo}."
        while True:
            with lock_file(lock, busy=busy, shared=True):
                if checkout.is_dir():
                    os.utime(checkout)
                    yield checkout / "tree"
                    return
            with lock_file(lock, busy=busy):
                if not checkout.is_dir():
                    self._build(repo, oid, checkout)

    def _build(self, repo: str, oid: str, checkout: Path) -> None:
        """Beside its place and renamed into it: a crash leaves nothing that counts, and the next holder clears it."""
        new = Place(checkout.with_suffix(".new"))
        remove(new.root)
        for directory in (new.tree, new.stage):
            make_directory(directory)
            self.sandboxes.adopt(directory)
        rooms = stage.Rooms(new, self.layout.mirror(repo) / "objects")
        stage.fill(self.sandboxes, rooms, base=oid, start=oid, head=oid)
        remove(new.stage)
        index = new.tree / ".git" / "index"
        at = index.stat().st_mtime + _INDEX_AHEAD_S
        os.utime(index, (at, at))
        new.root.rename(checkout)
