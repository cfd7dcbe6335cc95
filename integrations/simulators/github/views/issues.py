"""Issues, comments, labels and reactions as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.simulators.github.model.access import role_of
from integrations.simulators.github.model.state import (
    REACTIONS,
    Comment,
    Issue,
    Label,
    Reaction,
    Repo,
    Role,
)
from integrations.simulators.github.views import people
from integrations.simulators.github.views.base import JSON, View, iso, node_id


def association(view: View, repo: Repo, user_id: int) -> str:
    """author_association: a hint only; GitHub itself says CONTRIBUTOR for hidden members."""
    who = view.world.users[user_id]
    if user_id == repo.owner_id:
        return "OWNER"
    if user_id in view.world.users[repo.owner_id].members:
        return "MEMBER"
    if repo.collaborators.get(who.id, Role.NONE) > Role.NONE:
        return "COLLABORATOR"
    if role_of(view.world, who, repo) > Role.READ:
        return "CONTRIBUTOR"
    return "NONE"


def label(view: View, repo: Repo, it: Label) -> JSON:
    """Schema label."""
    return {
        "id": it.id,
        "node_id": node_id("LA", it.id),
        "url": f"{view.repo_api(repo)}/labels/{it.name}",
        "name": it.name,
        "color": it.color,
        "default": False,
        "description": it.description,
    }


def reaction(view: View, it: Reaction) -> JSON:
    """Schema reaction."""
    return {
        "id": it.id,
        "node_id": node_id("REA", it.id),
        "user": people.user(view, view.world.users[it.user_id]),
        "content": it.content,
        "created_at": iso(it.created_at),
    }


def rollup(url: str, reactions: Sequence[Reaction]) -> JSON:
    """Schema reaction-rollup."""
    counts = {content: sum(r.content == content for r in reactions) for content in REACTIONS}
    return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}


def issue(view: View, repo: Repo, it: Issue) -> JSON:
    """Schema issue; a pull request has the `pull_request` key."""
    world, kind = view.world, "pull" if it.pull else "issues"
    url = f"{view.repo_api(repo)}/issues/{it.number}"
    html = f"{view.repo_html(repo)}/{kind}/{it.number}"
    users = [people.user(view, world.users[u]) for u in it.assignees]
    body: JSON = {
        "url": url,
        "repository_url": view.repo_api(repo),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": html,
        "id": it.id,
        "node_id": node_id("PR" if it.pull else "I", repo.id, it.number),
        "number": it.number,
        "title": it.title,
        "user": people.user(view, world.users[it.user_id]),
        "labels": [label(view, repo, repo.labels[i]) for i in it.labels],
        "state": it.state,
        "state_reason": it.state_reason,
        "locked": it.locked,
        "assignee": users[0] if users else None,
        "assignees": users,
        "milestone": None,
        "comments": len(it.comments),
        "created_at": iso(it.created_at),
        "updated_at": iso(it.updated_at),
        "closed_at": iso(it.closed_at),
        "author_association": association(view, repo, it.user_id),
        "active_lock_reason": None,
        "body": it.body,
        "closed_by": people.user(view, world.users[it.closed_by]) if it.closed_by else None,
        "reactions": rollup(url, it.reactions),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": people.app(view, world.apps[it.app_id]) if it.app_id else None,
    }
    if it.pull is not None:
        pull_url = f"{view.repo_api(repo)}/pulls/{it.number}"
        body["draft"] = it.pull.draft
        body["pull_request"] = {
            "url": pull_url,
            "html_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "merged_at": iso(it.pull.merged_at),
        }
    return body


def comment(view: View, repo: Repo, it: Comment) -> JSON:
    """Schema issue-comment."""
    world = view.world
    url = f"{view.repo_api(repo)}/issues/comments/{it.id}"
    kind = "pull" if repo.issues[it.number].pull else "issues"
    return {
        "url": url,
        "html_url": f"{view.repo_html(repo)}/{kind}/{it.number}#issuecomment-{it.id}",
        "issue_url": f"{view.repo_api(repo)}/issues/{it.number}",
        "id": it.id,
        "node_id": node_id("IC", it.id),
        "user": people.user(view, world.users[it.user_id]),
        "created_at": iso(it.created_at),
        "updated_at": iso(it.updated_at),
        "author_association": association(view, repo, it.user_id),
        "body": it.body,
        "reactions": rollup(url, it.reactions),
        "performed_via_github_app": people.app(view, world.apps[it.app_id]) if it.app_id else None,
    }
