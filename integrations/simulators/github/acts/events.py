"""Webhook payloads, one function per event."""

from __future__ import annotations

from typing import Any

from integrations.simulators.github.hub import Hub
from integrations.simulators.github.model.git import ZERO
from integrations.simulators.github.model.state import (
    CheckRun,
    CheckSuite,
    Comment,
    Hook,
    Installation,
    Issue,
    Pull,
    Repo,
    Review,
    ReviewComment,
    Status,
    User,
    WorkflowRun,
)
from integrations.simulators.github.views import checks, commits, issues, people, pulls, repos
from integrations.simulators.github.views.base import View, iso, node_id

MAX_PUSH_COMMITS = 2048


def pull_request(hub: Hub, repo: Repo, issue: Issue, *, action: str, sender: User, **extra: Any) -> None:
    """pull_request.<action>; `extra` is what that action adds (before, label, changes, …)."""
    body = pulls.full(hub.view, repo, issue, mergeable=None, state="unknown")
    payload = {"action": action, "number": issue.number, "pull_request": body, **extra}
    hub.emit("pull_request", repo, sender=sender, body=payload)


def review(hub: Hub, repo: Repo, issue: Issue, *, it: Review, action: str, sender: User) -> None:
    """pull_request_review.<action>; the state is in lower case here, unlike in REST."""
    pull = issue.pull
    assert pull is not None
    body = pulls.review(hub.view, repo, issue, it)
    body.update(state=it.state.lower(), body=it.body or None, submitted_at=iso(it.submitted_at))
    payload = {
        "action": action,
        "review": body,
        "pull_request": pulls.simple(hub.view, repo, issue, pull),
    }
    hub.emit("pull_request_review", repo, sender=sender, body=payload)


def review_comment(
    hub: Hub, repo: Repo, issue: Issue, *, it: ReviewComment, action: str, sender: User
) -> None:
    """pull_request_review_comment.<action>."""
    pull = issue.pull
    assert pull is not None
    payload = {
        "action": action,
        "comment": pulls.review_comment(hub.view, repo, issue, it),
        "pull_request": pulls.simple(hub.view, repo, issue, pull),
    }
    hub.emit("pull_request_review_comment", repo, sender=sender, body=payload)


def thread(hub: Hub, repo: Repo, issue: Issue, *, root_id: int, action: str, sender: User) -> None:
    """pull_request_review_thread.resolved or .unresolved."""
    pull = issue.pull
    assert pull is not None
    said = [c for c in pull.review_comments if c.root_id == root_id]
    payload = {
        "action": action,
        "thread": {
            "node_id": node_id("PRRT", root_id),
            "comments": [pulls.review_comment(hub.view, repo, issue, c) for c in said],
        },
        "pull_request": pulls.simple(hub.view, repo, issue, pull),
    }
    hub.emit("pull_request_review_thread", repo, sender=sender, body=payload)


def issue_comment(
    hub: Hub, repo: Repo, issue: Issue, *, it: Comment, action: str, sender: User, **extra: Any
) -> None:
    """issue_comment.<action>, for issues and pull requests alike; `extra` holds `changes` of an edit."""
    payload: dict[str, Any] = {
        "action": action,
        "issue": issues.issue(hub.view, repo, issue),
        "comment": issues.comment(hub.view, repo, it),
        **extra,
    }
    hub.emit("issue_comment", repo, sender=sender, body=payload)


def issue_event(hub: Hub, repo: Repo, issue: Issue, *, action: str, sender: User) -> None:
    """issues.<action>."""
    payload = {"action": action, "issue": issues.issue(hub.view, repo, issue)}
    hub.emit("issues", repo, sender=sender, body=payload)


def check_run(hub: Hub, repo: Repo, *, run: CheckRun, action: str, sender: User, **extra: Any) -> None:
    """check_run.<action>; rerequested and requested_action go to the owning App alone."""
    payload = {"action": action, "check_run": checks.check_run_event(hub.view, repo, run), **extra}
    only = run.app_id if action in ("rerequested", "requested_action") else None
    hub.emit("check_run", repo, sender=sender, body=payload, only_app=only)


def check_suite(hub: Hub, repo: Repo, *, suite: CheckSuite, action: str, sender: User) -> None:
    """check_suite.<action>; requested and rerequested go to the owning App alone."""
    payload = {"action": action, "check_suite": checks.suite(hub.view, repo, suite)}
    only = None if action == "completed" else suite.app_id
    hub.emit("check_suite", repo, sender=sender, body=payload, only_app=only)


def workflow_run(hub: Hub, repo: Repo, *, run: WorkflowRun, action: str, sender: User) -> None:
    """workflow_run.requested, .in_progress or .completed."""
    payload = {
        "action": action,
        "workflow": checks.workflow(hub.view, repo),
        "workflow_run": checks.workflow_run(hub.view, repo, run),
    }
    hub.emit("workflow_run", repo, sender=sender, body=payload)


def status(hub: Hub, repo: Repo, *, it: Status, sender: User) -> None:
    """status."""
    view = hub.view
    tips = hub.world.git(repo).refs("refs/heads/")
    commit = {"sha": it.sha, "url": f"{view.repo_api(repo)}/commits/{it.sha}"}
    payload = {
        "id": it.id,
        "sha": it.sha,
        "name": hub.world.full_name(repo),
        "avatar_url": people.user(view, sender)["avatar_url"],
        "target_url": it.target_url,
        "context": it.context,
        "description": it.description,
        "state": it.state,
        "commit": commits.commit(view, repo, it.sha),
        "branches": [
            {
                "name": ref.removeprefix("refs/heads/"),
                "commit": commit,
                "protected": ref.removeprefix("refs/heads/") in repo.protections,
            }
            for ref, sha in tips.items()
            if sha == it.sha
        ],
        "created_at": iso(it.created_at),
        "updated_at": iso(it.created_at),
    }
    hub.emit("status", repo, sender=sender, body=payload)


def push(hub: Hub, repo: Repo, *, ref: str, before: str | None, after: str | None, sender: User) -> None:
    """push of one ref; `before` is None for a new ref and `after` for a deleted one."""
    view, git = hub.view, hub.world.git(repo)
    pushed = []
    if after is not None:
        known = before or git.branch(repo.default_branch)
        span = [after] if known in (None, after) and before else [after, *([f"^{known}"] if known else [])]
        pushed = [] if before == after else git.log(*span, limit=MAX_PUSH_COMMITS)
    forced = bool(before and after and not git.is_ancestor(before, after))
    html = view.repo_html(repo)
    span_url = f"{html}/compare/{(before or ZERO)[:12]}...{(after or ZERO)[:12]}"
    payload = {
        "ref": ref,
        "before": before or ZERO,
        "after": after or ZERO,
        "created": before is None,
        "deleted": after is None,
        "forced": forced,
        "base_ref": None,
        "compare": span_url,
        "commits": [commits.pushed(view, repo, c) for c in reversed(pushed)],
        "head_commit": commits.pushed(view, repo, git.commit(after)) if after else None,
        "pusher": {"name": sender.login, "email": sender.email or f"{sender.login}@users.noreply.local"},
        "repository": repos.pushed_repository(view, repo),
    }
    hub.emit("push", repo, sender=sender, body=payload)


def ref_event(hub: Hub, repo: Repo, *, event: str, ref: str, sender: User) -> None:
    """create or delete of a branch or tag."""
    kind = "tag" if ref.startswith("refs/tags/") else "branch"
    payload: dict[str, Any] = {"ref": ref.split("/", 2)[2], "ref_type": kind, "pusher_type": "user"}
    if event == "create":
        payload.update(master_branch=repo.default_branch, description=repo.description)
    hub.emit(event, repo, sender=sender, body=payload)


def ping(hub: Hub, hook: Hook) -> None:
    """ping, sent when a hook is made."""
    world, view = hub.world, hub.view
    body: dict[str, Any] = {
        "zen": "Approachable is better than simple.",
        "hook_id": hook.id,
        "hook": hook_body(view, hook),
    }
    if hook.repo_id is not None:
        repo = world.repos[hook.repo_id]
        body["repository"] = repos.repository(view, repo)
        body["sender"] = people.user(view, world.users[repo.owner_id])
    hub.emit_to(hook, "ping", body=body, installation_id=None)


def hook_body(view: View, hook: Hook) -> dict[str, Any]:
    """Schema hook (App hooks have no repository URLs)."""
    config = {"content_type": "json", "insecure_ssl": "0", "url": hook.url}
    if hook.secret:
        config["secret"] = "********"
    body: dict[str, Any] = {
        "type": "App" if hook.app_id else "Repository",
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": list(hook.events),
        "config": config,
        "updated_at": iso(hook.created_at),
        "created_at": iso(hook.created_at),
    }
    if hook.repo_id is not None:
        url = f"{view.repo_api(view.world.repos[hook.repo_id])}/hooks/{hook.id}"
        body.update(
            url=url, test_url=f"{url}/test", ping_url=f"{url}/pings", deliveries_url=f"{url}/deliveries"
        )
        body["last_response"] = {"code": hook.last_code, "status": hook.last_status, "message": None}
    else:
        body["app_id"] = hook.app_id
    return body


def installation(hub: Hub, inst: Installation, *, action: str) -> None:
    """installation.<action>, to the App itself whatever it subscribed to."""
    world, view = hub.world, hub.view
    app = world.apps[inst.app_id]
    hook = world.hooks.get(app.hook_id)
    if hook is None:
        return
    owned = [r for r in world.repos.values() if inst.repo_ids is None or r.id in inst.repo_ids]
    body = {
        "action": action,
        "installation": people.installation(view, inst),
        "repositories": [
            {
                "id": r.id,
                "node_id": node_id("R", r.id),
                "name": r.name,
                "full_name": world.full_name(r),
                "private": r.private,
            }
            for r in owned
            if r.owner_id == inst.account_id
        ],
        "sender": people.user(view, world.users[inst.account_id]),
    }
    hub.emit_to(hook, "installation", body=body, installation_id=inst.id)


def synchronize(hub: Hub, repo: Repo, issue: Issue, pull: Pull, *, before: str, sender: User) -> None:
    """pull_request.synchronize."""
    extra = {"before": before, "after": pull.head_sha}
    pull_request(hub, repo, issue, action="synchronize", sender=sender, **extra)
