"""Workspaces of runs: a mirror per repository, a fresh isolated workspace per attempt and lease, and the way work leaves it.

Work leaves as files, never as an agent's commit: the harness reads them (from an overlay's upper layer, or from a bundle that
a sandbox made of a clone), checks them in a quarantine repository and builds the commit itself. No git of ours ever runs in a
directory that an agent could write.
"""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from integrations.errors import NotFound
from integrations.ports import GitRemote, SandboxProvider
from tasks.workspace import layering, merging, objects, remotes, stage
from tasks.workspace.checkouts import Checkouts
from tasks.workspace.composing import Entry, compose
from tasks.workspace.git import git
from tasks.workspace.importing import ImportLimits, import_bundle, open_written
from tasks.workspace.merging import Merged
from tasks.workspace.objects import Change, LineCount
from tasks.workspace.outcomes import EmptyDiff, Submission
from tasks.workspace.process import MIB
from tasks.workspace.rebuilding import Author, NewCommit, keep_commit
from tasks.workspace.remotes import Synced
from tasks.workspace.shared import Shared
from tasks.workspace.storage import (
    Layout,
    discard,
    ensure_repositories,
    locked,
    make_directory,
    remove,
    repositories,
)
from tasks.workspace.untouched import Look, Reads, look
from tasks.workspace.workspace import Kind, Place, Tenure, Workspace, checkout_name, epoch_of, marked

_DIFF_LIMIT = 400_000


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
        kind: Kind = Kind.clone,
    ) -> None:
        """`kind` is what new workspaces are; those that are there already stay what they are."""
        self.kind = kind
        self.layout = Layout(home.absolute(), host)
        self._sandboxes = sandboxes
        self._author = author or Author()
        self._limits = limits or ImportLimits()
        self._checkouts = Checkouts(self.layout, sandboxes)
        self._fetches = Shared[Synced]()
        self._reads = Reads()

    # --- the remote ---------------------------------------------------------------------------------------------------

    def sync_mirror(self, repo: str, remote: GitRemote, *, ref: str | None = None) -> Synced:
        """Brings the mirror up to date for `ref` (branch, tag or oid; None: the default branch).

        Runs that begin together are served by one fetch, which began after each of them asked.

        Raises NotFound (REPO-002, no such ref REPO-004, empty REPO-006), Denied (GIT-003), Retryable (GIT-001).
        """

        def fetched() -> Synced:
            with locked(self.layout, repo):
                mirror, _ = ensure_repositories(self.layout, repo)
                return remotes.sync(mirror, remote, ref=ref)

        return self._fetches.do((repo, ref), fetched)

    def sync_pull(self, repo: str, remote: GitRemote, *, number: int, oid: str) -> None:
        """Brings the head of a pull request into the mirror, from a fork too. Raises NotFound (GIT-009), Denied, Retryable."""
        with locked(self.layout, repo):
            mirror, _ = ensure_repositories(self.layout, repo)
            remotes.sync_pull(mirror, remote, number=number, oid=oid)

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

    def delete(self, repo: str, *, branch: str, expected_old: str, remote: GitRemote) -> None:
        """Takes one `sortie/…` branch off the code host while it is exactly at `expected_old`. Raises as `push`."""
        remotes.delete(self.layout.quarantine(repo), remote, branch=branch, expected_old=expected_old)

    def rewrite(
        self, repo: str, *, oid: str, onto: str, branch: str, expected_old: str, remote: GitRemote
    ) -> None:
        """Replaces one `sortie/…` branch by exactly this commit on `onto`, from exactly `expected_old`: what a rebase asked for.

        Raises as `push`.
        """
        quarantine = self.layout.quarantine(repo)
        remotes.rewrite(quarantine, remote, oid=oid, onto=onto, branch=branch, expected_old=expected_old)

    def push_to_theirs(
        self, repo: str, *, oid: str, branch: str, expected_old: str | None, remote: GitRemote
    ) -> None:
        """Moves a person's branch forward by our commit, from exactly `expected_old`; never creates one. Errors as push."""
        if expected_old is None:
            raise ValueError("A person's branch is never created")
        remotes.push_to_theirs(
            self.layout.quarantine(repo), remote, oid=oid, branch=branch, expected_old=expected_old
        )

    # --- questions ----------------------------------------------------------------------------------------------------

    def merge_base(self, repo: str, head: str, base_ref: str, base_oid: str) -> str:
        """Where a head leaves its base branch as the mirror has it; `base_oid` where that cannot be told."""
        mirror = self.layout.mirror(repo)
        tip = objects.resolve(mirror, f"refs/heads/{base_ref}") or base_oid
        return objects.merge_base(mirror, head, tip) or base_oid

    def read(self, repo: str, oid: str, path: str, limit: int = 64_000) -> bytes | None:
        """The first `limit` bytes of a regular file of a commit; None for a link or nothing."""
        return objects.read(self.layout.quarantine(repo), oid, path, limit=limit)

    def files(self, repo: str, oid: str) -> tuple[str, ...]:
        """The paths of all regular files of a commit."""
        return objects.files(self.layout.quarantine(repo), oid)

    def subjects(self, repo: str, oid: str, count: int) -> tuple[str, ...]:
        """The first lines of the last commits up to this one, newest first, without merges."""
        return objects.subjects(self.layout.quarantine(repo), oid, count=count)

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

    def provision(self, tenure: Tenure, repo: str, base_oid: str, start_oid: str | None = None) -> Workspace:
        """A fresh workspace for an attempt under one lease; what stood at its place before is gone. HEAD is the base.

        With `start_oid` (work that was saved) its files are there, uncommitted. Raises NotFound (no such commit here),
        Refusal, Retryable.
        """
        place = Place(self.layout.run(tenure.run_id) / tenure.name)
        return self._make(place, repo, base_oid=base_oid, oids=(start_oid or base_oid, base_oid))

    def checkout(self, run_id: str, repo: str, oid: str, *, base_oid: str, purpose: str) -> Workspace:
        """A fresh workspace of its own with `oid` checked out as HEAD: for a gate, for a lens. Discard it afterwards."""
        place = Place(self.layout.run(run_id) / checkout_name(purpose, secrets.token_hex(4)))
        return self._make(place, repo, base_oid=base_oid, oids=(oid, oid))

    def workspace(self, tenure: Tenure) -> Workspace | None:
        """The attempt's workspace under this lease, None when there is none or it was never finished."""
        place = self.layout.run(tenure.run_id) / tenure.name
        known = marked(place)
        if known is None:
            return None
        repo, lower = str(known["repo"]), known["lower"]
        return Workspace(
            Place(place),
            repo,
            str(known["base_oid"]),
            str(known["start_oid"]),
            self.layout.mirror(repo) / "objects",
            Path(lower) if lower else None,
        )

    def discard(self, workspace: Workspace) -> None:
        """Removes a workspace; no process of it may be left. Saved and submitted work stays. Raises OSError."""
        discard(workspace.place.root)

    def discard_checkouts(self, run_id: str) -> int:
        """Removes what a worker that died left of a run's checkouts; attempts' workspaces stay. How many. Raises OSError."""
        left = [place for place in self.layout.run(run_id).glob("*") if epoch_of(place.name) is None]
        for place in left:
            discard(place)
        return len(left)

    def compose(self, repo: str, onto: str, entries: tuple[Entry, ...], *, files: Mapping[str, bytes]) -> str:
        """The commit of `onto`'s tree with these entries and files in it: for a gate, never to be pushed. Its oid."""
        return compose(self.layout.quarantine(repo), onto, entries, files=files)

    # --- work ---------------------------------------------------------------------------------------------------------

    def save(self, workspace: Workspace) -> str:
        """Keeps the files as they are now under the attempt's work-in-progress ref; returns its commit.

        "" when they equal what was saved last. No process of the agent may be left in the workspace. Raises Refusal.
        An overlay that nobody touched since its last full read is not read again; what is submitted always is.
        """
        seen = self._look(workspace)
        if seen is not None and self._reads.know(workspace.key, seen):
            return ""
        taken = self._take(workspace)[1]
        self._reads.remember(workspace.key, seen)
        return taken

    def merge(self, run_id: str, repo: str, *, head: str, base: str) -> Merged:
        """The base branch's tip merged into a head, conflicts and all, as files for a workspace to start from."""
        now = datetime.now(UTC)
        quarantine = self.layout.quarantine(repo)
        return merging.merge(quarantine, run_id, head=head, base=base, at=now, author=self._author)

    def submit(
        self, workspace: Workspace, *, parent_oid: str, message: str, at: datetime, merged_oid: str = ""
    ) -> Submission:
        """Builds the commit of the files as they are now: harness author, this message, this time, one parent; a second
        one, `merged_oid`, where it merges the base branch.

        `parent_oid` is the base, or the head that was pushed last. The same files, parent and message give the commit
        that exists already. Raises EmptyDiff, Refusal (GIT-010 bad tree, GIT-011 too large, GIT-012 unreadable).
        """
        taken, _ = self._take(workspace)
        quarantine = self.layout.quarantine(workspace.repo)
        tree = objects.tree_of(quarantine, taken)
        parent_tree = "" if merged_oid else objects.tree_of(quarantine, parent_oid)
        if tree in (parent_tree, objects.tree_of(quarantine, workspace.base_oid)):
            raise EmptyDiff("The workspace holds no change.")
        wanted = NewCommit(tree, parent_oid, message, at, self._author, merged_oid)
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

    def _look(self, workspace: Workspace) -> Look | None:
        overlay = workspace.kind is Kind.overlay
        return look(workspace.place.upper, most=self._limits.entries) if overlay else None

    def _take(self, workspace: Workspace) -> tuple[str, str]:
        """(commit that holds the files as they are, the same if it is new else "")."""
        quarantine = self.layout.quarantine(workspace.repo)
        ref = f"refs/sortie/wip/{workspace.key}"
        last = objects.resolve(quarantine, ref) or workspace.start_oid
        if workspace.kind is Kind.overlay:
            oid = layering.take(workspace, quarantine, last, self._limits)
        else:
            oid = self._take_clone(workspace, quarantine, last)
        if oid is None:
            return last, ""
        git(quarantine, "update-ref", ref, oid)
        return oid, oid

    def _take_clone(self, workspace: Workspace, quarantine: Path, last: str) -> str | None:
        rooms = stage.Rooms(workspace.place, workspace.mirror_objects)
        last_tree = objects.tree_of(quarantine, last)
        base, patience = workspace.base_oid, self._limits.read_s
        if not stage.collect(self._sandboxes, rooms, base=base, last_tree=last_tree, timeout_s=patience):
            return None
        with open_written(rooms.bundle, max_bytes=self._limits.pack_mb * MIB) as bundle:
            return import_bundle(quarantine, bundle, base_oid=base, limits=self._limits)

    def _make(self, place: Place, repo: str, *, base_oid: str, oids: tuple[str, str]) -> Workspace:
        """`oids` are what is checked out and what HEAD is."""
        remove(place.root)
        mirror, quarantine = repositories(self.layout, repo)
        wanted = set(oids) - {base_oid}
        if not objects.exists(mirror, base_oid) or not all(objects.exists(quarantine, oid) for oid in wanted):
            raise NotFound(f"{repo} has no such commit here.", code="GIT-009")
        make_directory(place.stage)
        self._bring(quarantine, place, base_oid=base_oid, oids=oids)
        workspace = Workspace(place, repo, base_oid, oids[0], mirror / "objects")
        if self.kind is Kind.overlay:
            return self._lay(workspace, head=oids[1])
        make_directory(place.tree)
        for directory in (place.tree, place.stage):
            self._sandboxes.adopt(directory)
        rooms = stage.Rooms(place, workspace.mirror_objects)
        stage.fill(self._sandboxes, rooms, base=base_oid, start=oids[0], head=oids[1])
        return workspace.finish()

    def _lay(self, workspace: Workspace, *, head: str) -> Workspace:
        layering.prepare(self._sandboxes, workspace.place)
        with self._checkouts.held(workspace.repo, workspace.base_oid) as lower:
            laid = replace(workspace, lower=lower)
            if {laid.start_oid, head} != {laid.base_oid}:
                stage.move_on(self._sandboxes, laid, head)
            return laid.finish()

    def _bring(self, quarantine: Path, place: Place, *, base_oid: str, oids: tuple[str, str]) -> None:
        """Puts the objects that only the quarantine has beside the workspace: the quarantine itself is never shown."""
        wanted = sorted(set(oids) - {base_oid})
        if wanted:
            asked = "\n".join([*wanted, f"^{base_oid}"]).encode() + b"\n"
            pack = git(quarantine, "pack-objects", "--revs", "--thin", "--stdout", "-q", stdin=asked)
            (place.stage / stage.START_PACK).write_bytes(pack)
