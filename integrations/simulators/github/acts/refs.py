"""Branches and tags move: by REST, by a push over git, by a merge. Pull requests follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.simulators.github.acts import events
from integrations.simulators.github.errors import ApiError
from integrations.simulators.github.hub import Hub
from integrations.simulators.github.model.access import Actor, allows, role_of
from integrations.simulators.github.model.diffs import moved_line
from integrations.simulators.github.model.git import GitError
from integrations.simulators.github.model.state import Head, Issue, Pull, Repo, Role, User

HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Move:
    """One ref from old to new; None stands for "no such ref"."""

    ref: str
    old: str | None
    new: str | None


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> list[Move]:
    """The moves between two listings of a repository's refs."""
    names = sorted({*before, *after})
    return [Move(n, before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n)]


def set_ref(hub: Hub, repo: Repo, move: Move, *, sender: User) -> None:
    """Move a ref and tell everybody. Raises ApiError 422 when it is not where `move.old` says."""
    git = hub.world.git(repo)
    try:
        if move.new is None:
            git.delete_ref(move.ref)
        else:
            git.update_ref(move.ref, move.new, old=move.old if move.old else "")
    except GitError:
        raise ApiError(422, "Reference cannot be updated") from None
    moved(hub, repo, [move], sender=sender)


@dataclass(frozen=True, slots=True)
class Rule:
    """A ref ("*" for all) that some moves are refused on. Kinds: nodelete, noforce, deny, workflows."""

    ref: str
    kind: str
    why: str

    @property
    def spoken(self) -> str:
        """The sentence a person who pushes reads."""
        return (
            self.why
            if self.ref == "*"
            else f"GH006: Protected branch update failed for {self.ref}. {self.why}"
        )


def rules(hub: Hub, repo: Repo, *, actor: Actor) -> list[Rule]:
    """What this actor may not do to this repository's refs. The sentences are GitHub's."""
    found = []
    if actor.installation is not None and not allows(actor, "workflows", "write"):
        why = "refusing to allow a GitHub App to create or update workflow `{file}` without `workflows` permission"
        found.append(Rule("*", "workflows", why))
    for name, rule in repo.protections.items():
        if not rule.enforce_admins and _is_admin(hub, actor, repo):
            continue
        ref = HEADS + name
        found.append(Rule(ref, "nodelete", "Cannot delete this branch"))
        if not rule.allow_force_push:
            found.append(Rule(ref, "noforce", "Cannot force-push to this branch"))
        if rule.require_pull:
            found.append(Rule(ref, "deny", "Changes must be made through a pull request."))
    return found


def refusal(hub: Hub, repo: Repo, move: Move, *, actor: Actor) -> str | None:
    """Why a rule of the repository forbids this move, or None."""
    git = hub.world.git(repo)
    for rule in rules(hub, repo, actor=actor):
        if rule.ref not in ("*", move.ref):
            continue
        touched = _workflow_touched(hub, repo, move) if rule.kind == "workflows" else None
        forced = move.old and move.new and not git.is_ancestor(move.old, move.new)
        if (
            rule.kind == "deny"
            or (rule.kind == "nodelete" and move.new is None)
            or (rule.kind == "noforce" and forced)
            or touched
        ):
            return rule.why.replace("{file}", touched or "")
    return None


def _is_admin(hub: Hub, actor: Actor, repo: Repo) -> bool:
    if actor.user is None or actor.installation is not None:
        return False
    return role_of(hub.world, actor.user, repo) >= Role.ADMIN


def _workflow_touched(hub: Hub, repo: Repo, move: Move) -> str | None:
    git = hub.world.git(repo)
    base = move.old or git.branch(repo.default_branch)
    if move.new is None or base is None or git.kind(move.new) != "commit":
        return None
    merge_base = git.merge_base(base, move.new) or base
    args = ("diff-tree", "-r", "--name-only", "-z", merge_base, move.new, "--", ".github/workflows/")
    return next(iter(git.text(*args).split("\0")), "") or None


def moved(hub: Hub, repo: Repo, moves: list[Move], *, sender: User) -> None:
    """Refs have moved: send create, delete and push, and bring the pull requests up to date."""
    world = hub.world
    repo.pushed_at = repo.updated_at = world.now()
    for move in moves:
        if not move.ref.startswith((HEADS, "refs/tags/")):
            continue
        if move.old is None:
            events.ref_event(hub, repo, event="create", ref=move.ref, sender=sender)
        events.push(hub, repo, ref=move.ref, before=move.old, after=move.new, sender=sender)
        if move.new is None:
            events.ref_event(hub, repo, event="delete", ref=move.ref, sender=sender)
        if move.ref.startswith(HEADS):
            _pulls_follow(hub, repo, move, sender=sender)


def _pulls_follow(hub: Hub, repo: Repo, move: Move, *, sender: User) -> None:
    branch = move.ref.removeprefix(HEADS)
    for issue, pull in list(hub.world.pulls(repo)):
        if issue.state != "open":
            continue
        if pull.head_ref == branch and not pull.fork:
            if move.new is None:
                close(hub, repo, issue, sender=sender)
            else:
                _new_head(hub, repo, issue, head=move.new, sender=sender)
        elif pull.base_ref == branch and move.new is not None:
            git = hub.world.git(repo)
            if git.is_ancestor(pull.head_sha, move.new):
                mark_merged(hub, repo, issue, sha=move.new, sender=sender)


def _new_head(hub: Hub, repo: Repo, issue: Issue, *, head: str, sender: User) -> None:
    pull = issue.pull
    assert pull is not None
    world, git, before = hub.world, hub.world.git(repo), pull.head_sha
    if before == head:
        return
    _move_comments(hub, repo, pull, head)
    pull.head_sha = head
    pull.base_sha = git.branch(pull.base_ref) or pull.base_sha
    pull.head_history.append(Head(world.now(), head, sender.id, world.next_id()))
    issue.updated_at = world.now()
    git.update_ref(f"refs/pull/{issue.number}/head", head)
    events.synchronize(hub, repo, issue, pull, before=before, sender=sender)
    hub.head_moved(repo, issue, sender)


def _move_comments(hub: Hub, repo: Repo, pull: Pull, head: str) -> None:
    """A comment keeps its line while that line is unchanged; otherwise it is outdated (line null)."""
    git = hub.world.git(repo)
    for comment in pull.review_comments:
        comment.commit_id = head
        if comment.line is None or comment.side == "LEFT":
            continue
        line = moved_line(git, pull.head_sha, head, path=comment.path, line=comment.line)
        if line is None:
            comment.position = comment.start_line = None
        comment.line = line


def close(hub: Hub, repo: Repo, issue: Issue, *, sender: User) -> None:
    """Close an issue or pull request (not by merging)."""
    now = hub.world.now()
    issue.state, issue.closed_at, issue.updated_at, issue.closed_by = "closed", now, now, sender.id
    if issue.pull is None:
        issue.state_reason = issue.state_reason or "completed"
        events.issue_event(hub, repo, issue, action="closed", sender=sender)
        return
    issue.pull.auto_merge = None
    events.pull_request(hub, repo, issue, action="closed", sender=sender)


def mark_merged(hub: Hub, repo: Repo, issue: Issue, *, sha: str, sender: User) -> None:
    """The head is in the base branch now: the pull request counts as merged, whoever pushed."""
    pull, now = issue.pull, hub.world.now()
    assert pull is not None
    pull.merged_at, pull.merged_by, pull.merge_commit_sha = now, sender.id, sha
    issue.state, issue.closed_at, issue.updated_at, issue.closed_by = "closed", now, now, sender.id
    pull.auto_merge = None
    events.pull_request(hub, repo, issue, action="closed", sender=sender)
