"""Workspaces as overlays: filled by moving on from the shared checkout, read by the harness from the upper layer."""

import tempfile
from pathlib import Path

from integrations.ports import SandboxProvider
from tasks.workspace import objects, stage
from tasks.workspace.git import GitTimedOut, git
from tasks.workspace.ignoring import IgnoreRules
from tasks.workspace.importing import ImportLimits, check_sizes, index, open_written
from tasks.workspace.outcomes import TOO_LARGE, Refusal
from tasks.workspace.process import MIB
from tasks.workspace.splicing import Splice, scratch
from tasks.workspace.upper import Known, UpperLayer
from tasks.workspace.workspace import Place, Workspace


def prepare(sandboxes: SandboxProvider, place: Place) -> None:
    """The empty layers."""
    for directory in (place.tree, place.upper, place.work):
        directory.mkdir()
        directory.chmod(0o755)
        sandboxes.adopt(directory)


def take(workspace: Workspace, quarantine: Path, last: str, limits: ImportLimits) -> str | None:
    """The workspace's files as one commit on its base, in the quarantine; None when they equal those of `last`.

    Without running git on anything the agent could write. No process of the agent may be left. Raises Refusal.
    """
    base = workspace.base_oid
    known = Known(quarantine, objects.tree_of(quarantine, base), objects.tree_of(quarantine, last))
    with scratch(quarantine) as place, tempfile.TemporaryFile(dir=place.tree.parent) as stream:
        splice = Splice(stream)
        rules = IgnoreRules(place.git_dir, place.tree)
        UpperLayer(workspace.place.upper, known, rules, splice, limits).read()
        if not splice.changes:
            return None if known.last_tree == known.base_tree else _commit_of_base(quarantine, base)
        try:
            oid = splice.commit(place, base, timeout_s=limits.timeout_s)
        except GitTimedOut as why:
            raise Refusal(TOO_LARGE, "The change took too long to check.") from why
        if objects.tree_of(place.git_dir, oid) == known.last_tree:
            return None
        pack = place.pack()
        if pack is not None:
            with open_written(pack, max_bytes=limits.pack_mb * MIB) as file:
                index(quarantine, file, limits)
    check_sizes(quarantine, oid, base, limits)
    return oid


def _commit_of_base(quarantine: Path, base: str) -> str:
    env = stage.WORK_IN_PROGRESS
    args = ("commit-tree", objects.tree_of(quarantine, base), "-p", base, "-m", "Work in progress")
    return git(quarantine, *args, env=env).decode().strip()
