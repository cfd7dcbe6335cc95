"""Workspaces of runs: a mirror per repository, a fresh isolated clone per attempt, and the way work leaves it again.

Work leaves by "bundle, verify, rebuild": a sandbox bundles the files, the harness checks the bundle into a quarantine
repository and builds the commit itself. No git of ours ever runs in a directory that an agent could write.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from integrations.errors import NotFound
from integrations.ports import GitRemote, SandboxProvider
from integrations.types.sandbox import Bind, Limits, SandboxSpec
from tasks.workspace import objects, remotes, stage
from tasks.workspace.git import git
from tasks.workspace.importing import ImportLimits, import_bundle, open_written
from tasks.workspace.names import plain_word
from tasks.workspace.objects import Change, LineCount
from tasks.workspace.outcomes import EmptyDiff, Submission
from tasks.workspace.process import MIB
from tasks.workspace.rebuilding import Author, NewCommit, keep_commit
from tasks.workspace.remotes import Synced
from tasks.workspace.storage import Layout, ensure_repositories, locked, make_directory, remove

TOOLCHAIN = "/toolchain"
_MARKER = "workspace.json"
_DIFF_LIMIT = 400_000


@dataclass(frozen=True, slots=True)
class Workspace:
    """One isolated clone. `path` holds the files; `key` is "R-1042/1" for an attempt's, "R-1042/gate-…" for a checkout's.

    Inside, the branches `base` and `head` name the base and the commit that was checked out.
    """

    path: Path
    repo: str
    base_oid: str
    key: str
    mirror_objects: Path = field(repr=False)

    def spec(
        self,
        *,
        writable: bool = True,
        limits: Limits | None = None,
        toolchain: tuple[Path, ...] = (),
        env: Mapping[str, str] | None = None,
        binds: tuple[Bind, ...] = (),
    ) -> SandboxSpec:
        """A sandbox around this workspace: read-only mirror objects, and each toolchain layer at /toolchain[-n].

        A layer is a directory as `pip install --target` makes it: importable, with programs in bin/.
        """
        layers = [TOOLCHAIN if n == 0 else f"{TOOLCHAIN}-{n}" for n in range(len(toolchain))]
        shown = tuple(Bind(source, target) for source, target in zip(toolchain, layers, strict=True))
        python = {"PYTHONPATH": ":".join(layers)} if layers else {}
        return SandboxSpec(
            workspace=self.path,
            workspace_writable=writable,
            binds=(Bind(self.mirror_objects, stage.MIRROR), *shown, *binds),
            env={"PYTHONDONTWRITEBYTECODE": "1", "GIT_CONFIG_NOSYSTEM": "1", **python, **(env or {})},
            path=":".join([*(f"{layer}/bin" for layer in layers), "/usr/bin", "/bin"]),
            limits=limits or Limits(),
        )


class Workspaces:
    """All repositories and workspaces under one home, for one code host. Safe for threads and processes.

    Oids are full commit ids, `repo` is "owner/name" (ValueError otherwise). Besides what each method names, integrations
    errors of the sandbox (Retryable, Rejected) pass through.
    """

    def __init__(
        self,
        home: Path,
        sandboxes: SandboxProvider,
        *,
        host: str = "github.com",
        author: Author | None = None,
        limits: ImportLimits | None = None,
    ) -> None:
        self.layout = Layout(home.absolute(), host)
        self._sandboxes = sandboxes
        self._author = author or Author()
        self._limits = limits or ImportLimits()

    # --- the remote ---------------------------------------------------------------------------------------------------

    def sync_mirror(self, repo: str, remote: GitRemote, *, ref: str | None = None) -> Synced:
        """Brings the mirror up to date for `ref` (branch, tag or oid; None: the default branch).

        Raises NotFound (REPO-002, no such ref REPO-004, empty REPO-006), Denied (GIT-003), Retryable (GIT-001).
        """
        with locked(self.layout, repo):
            mirror, _ = ensure_repositories(self.layout, repo)
            return remotes.sync(mirror, remote, ref=ref)

    def remote_head(self, repo: str, branch: str, remote: GitRemote) -> str | None:
        """The oid of a branch on the code host now, None when it is not there. Errors as sync_mirror."""
        self.layout.mirror(repo)
        return remotes.remote_head(branch, remote)

    def push(self, repo: str, *, oid: str, branch: str, expected_old: str | None, remote: GitRemote) -> None:
        """Creates or fast-forwards one `sortie/…` branch to exactly this commit, from exactly `expected_old`.

        Raises Conflict (GIT-004), Denied (GIT-003), Retryable (nothing was sent), Unknown (GIT-008: look it up).
        """
        quarantine = self.layout.quarantine(repo)
        remotes.push(quarantine, remote, oid=oid, branch=branch, expected_old=expected_old)

    # --- questions ----------------------------------------------------------------------------------------------------

    def read(self, repo: str, oid: str, path: str, limit: int = 64_000) -> bytes | None:
        """The first `limit` bytes of a regular file of a commit; None for a link or nothing."""
        return objects.read(self.layout.quarantine(repo), oid, path, limit=limit)

    def files(self, repo: str, oid: str) -> tuple[str, ...]:
        """The paths of all regular files of a commit."""
        return objects.files(self.layout.quarantine(repo), oid)

    def diff(self, repo: str, base: str, head: str, limit: int = _DIFF_LIMIT) -> str:
        """The unified diff, cut at `limit` bytes with a line that says so."""
        return objects.diff(self.layout.quarantine(repo), base, head, limit=limit)

    def diff_of(self, repo: str, base: str, head: str, *, path: str, limit: int) -> str:
        """The same of one path, named as `changed` names it."""
        return objects.diff(self.layout.quarantine(repo), base, head, limit=limit, path=path)

    def numstat(self, repo: str, base: str, head: str) -> tuple[LineCount, ...]:
        """Lines added and removed per path."""
        return objects.numstat(self.layout.quarantine(repo), base, head)

    def changed(self, repo: str, base: str, head: str) -> tuple[Change, ...]:
        """Every path that differs, with modes and blobs."""
        return objects.changed(self.layout.quarantine(repo), base, head)

    def plain_diff(self, repo: str, base: str, head: str, limit: int) -> bytes:
        """The diff for machines: no context, no renames, all as text. Raises GitTooMuch beyond `limit` bytes."""
        return objects.plain_diff(self.layout.quarantine(repo), base, head, limit=limit)

    def blob_sizes(self, repo: str, oids: tuple[str, ...]) -> dict[str, int]:
        """Bytes of each blob."""
        return objects.sizes(self.layout.quarantine(repo), oids)

    def blob(self, repo: str, oid: str, limit: int) -> bytes:
        """The first `limit` bytes of a blob."""
        return objects.blob(self.layout.quarantine(repo), oid, limit=limit)

    # --- workspaces ---------------------------------------------------------------------------------------------------

    def provision(
        self, run_id: str, attempt: int, repo: str, base_oid: str, start_oid: str | None = None
    ) -> Workspace:
        """A fresh workspace for an attempt; what stood there before is gone. HEAD is the base.

        With `start_oid` (work that was saved) its files are there, uncommitted. Raises NotFound (no such commit here),
        Refusal, Retryable.
        """
        return self._make(
            run_id, str(attempt), repo=repo, base_oid=base_oid, oids=(start_oid or base_oid, base_oid)
        )

    def checkout(self, run_id: str, repo: str, oid: str, *, base_oid: str, purpose: str) -> Workspace:
        """A fresh workspace of its own with `oid` checked out as HEAD: for a gate, for a lens. Discard it afterwards."""
        name = f"{plain_word(purpose)}-{secrets.token_hex(4)}"
        return self._make(run_id, name, repo=repo, base_oid=base_oid, oids=(oid, oid))

    def workspace(self, run_id: str, attempt: int) -> Workspace | None:
        """The attempt's workspace, None when there is none or it was never finished."""
        place = self.layout.run(run_id) / str(attempt)
        try:
            known = json.loads((place / _MARKER).read_text())
        except (FileNotFoundError, ValueError):
            return None
        return self._workspace(place, known["repo"], known["base_oid"])

    def discard(self, workspace: Workspace) -> None:
        """Removes a workspace; no process of it may be left. Saved and submitted work stays. Raises OSError."""
        place = workspace.path.parent
        (place / _MARKER).unlink(missing_ok=True)
        remove(place)

    def discard_checkouts(self, run_id: str) -> int:
        """Removes what a worker that died left of a run's checkouts; attempts' workspaces stay. How many. Raises OSError."""
        left = [place for place in self.layout.run(run_id).glob("*") if not place.name.isdecimal()]
        for place in left:
            (place / _MARKER).unlink(missing_ok=True)
            remove(place)
        return len(left)

    def sweep(self, older_than: datetime) -> int:
        """Removes every workspace that was made before `older_than` (aware); returns how many. Raises OSError."""
        old = [
            place
            for place in (self.layout.home / "workspaces").glob("*/*")
            if place.stat().st_mtime < older_than.timestamp()
        ]
        for place in old:
            (place / _MARKER).unlink(missing_ok=True)
            remove(place)
        return len(old)

    # --- work ---------------------------------------------------------------------------------------------------------

    def save(self, workspace: Workspace) -> str:
        """Keeps the files as they are now under the attempt's work-in-progress ref; returns its commit.

        "" when they equal what was saved last. No process of the agent may be left in the workspace. Raises Refusal.
        """
        return self._take(workspace)[1]

    def submit(self, workspace: Workspace, *, parent_oid: str, message: str, at: datetime) -> Submission:
        """Builds the commit of the files as they are now: harness author, this message, this time, one parent.

        `parent_oid` is the base, or the head that was pushed last. The same files, parent and message give the commit
        that exists already. Raises EmptyDiff, Refusal (GIT-010 bad tree, GIT-011 too large, GIT-012 unreadable).
        """
        taken, _ = self._take(workspace)
        quarantine = self.layout.quarantine(workspace.repo)
        tree = objects.tree_of(quarantine, taken)
        if tree in (objects.tree_of(quarantine, parent_oid), objects.tree_of(quarantine, workspace.base_oid)):
            raise EmptyDiff("The workspace holds no change.")
        wanted = NewCommit(tree, parent_oid, message, at, self._author)
        oid = keep_commit(quarantine, workspace.key.split("/")[0], wanted)
        counts = self.numstat(workspace.repo, workspace.base_oid, oid)
        return Submission(
            oid=oid,
            tree_oid=tree,
            parent_oid=parent_oid,
            files=len(counts),
            added=sum(c.added or 0 for c in counts),
            removed=sum(c.removed or 0 for c in counts),
            diff=self.diff(workspace.repo, workspace.base_oid, oid),
            paths=tuple(c.path for c in counts),
        )

    def _take(self, workspace: Workspace) -> tuple[str, str]:
        """(commit that holds the files as they are, the same if it is new else "")."""
        quarantine = self.layout.quarantine(workspace.repo)
        ref = f"refs/sortie/wip/{workspace.key}"
        last = objects.resolve(quarantine, ref) or workspace.base_oid
        rooms = self._rooms(workspace.path.parent, workspace.repo)
        last_tree = objects.tree_of(quarantine, last)
        base, patience = workspace.base_oid, self._limits.read_s
        if not stage.collect(self._sandboxes, rooms, base=base, last_tree=last_tree, timeout_s=patience):
            return last, ""
        with open_written(rooms.stage / stage.BUNDLE, max_bytes=self._limits.pack_mb * MIB) as bundle:
            oid = import_bundle(quarantine, bundle, base_oid=workspace.base_oid, limits=self._limits)
        git(quarantine, "update-ref", ref, oid)
        return oid, oid

    def _make(self, run_id: str, name: str, *, repo: str, base_oid: str, oids: tuple[str, str]) -> Workspace:
        """`oids` are what is checked out and what HEAD is."""
        place = self.layout.run(run_id) / name
        remove(place)
        with locked(self.layout, repo):
            mirror, quarantine = ensure_repositories(self.layout, repo)
        if not objects.exists(mirror, base_oid) or not all(objects.exists(quarantine, oid) for oid in oids):
            raise NotFound(f"{repo} has no such commit here.", code="GIT-009")
        rooms = self._rooms(place, repo)
        for directory in (rooms.tree, rooms.stage):
            make_directory(directory)
        self._bring(quarantine, rooms, base_oid=base_oid, oids=oids)
        for directory in (rooms.tree, rooms.stage):
            self._sandboxes.adopt(directory)
        stage.fill(self._sandboxes, rooms, base=base_oid, start=oids[0], head=oids[1])
        (place / _MARKER).write_text(json.dumps({"repo": repo, "base_oid": base_oid}))
        return self._workspace(place, repo, base_oid)

    def _bring(self, quarantine: Path, rooms: stage.Rooms, *, base_oid: str, oids: tuple[str, str]) -> None:
        """Puts the objects that only the quarantine has beside the workspace: the quarantine itself is never shown."""
        wanted = sorted(set(oids) - {base_oid})
        if wanted:
            asked = "\n".join([*wanted, f"^{base_oid}"]).encode() + b"\n"
            pack = git(quarantine, "pack-objects", "--revs", "--thin", "--stdout", "-q", stdin=asked)
            (rooms.stage / stage.START_PACK).write_bytes(pack)

    def _rooms(self, place: Path, repo: str) -> stage.Rooms:
        return stage.Rooms(place / "tree", place / "stage", self.layout.mirror(repo) / "objects")

    def _workspace(self, place: Path, repo: str, base_oid: str) -> Workspace:
        key = f"{place.parent.name}/{place.name}"
        return Workspace(place / "tree", repo, base_oid, key, self.layout.mirror(repo) / "objects")
