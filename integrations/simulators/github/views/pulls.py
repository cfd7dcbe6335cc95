"""Pull requests, reviews and review comments as JSON."""

from __future__ import annotations

from integrations.simulators.github.model.diffs import diff
from integrations.simulators.github.model.state import Issue, Pull, Repo, Review, ReviewComment
from integrations.simulators.github.views import people, repos
from integrations.simulators.github.views.base import JSON, View, iso, node_id
from integrations.simulators.github.views.issues import association, label, rollup


def simple(view: View, repo: Repo, it: Issue, pull: Pull) -> JSON:
    """Schema pull-request-simple, the form in lists."""
    world = view.world
    url = f"{view.repo_api(repo)}/pulls/{it.number}"
    html = f"{view.repo_html(repo)}/pull/{it.number}"
    users = [people.user(view, world.users[u]) for u in it.assignees]
    return {
        "url": url,
        "id": it.id,
        "node_id": node_id("PR", repo.id, it.number),
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "issue_url": f"{view.repo_api(repo)}/issues/{it.number}",
        "number": it.number,
        "state": it.state,
        "locked": it.locked,
        "title": it.title,
        "user": people.user(view, world.users[it.user_id]),
        "body": it.body,
        "created_at": iso(it.created_at),
        "updated_at": iso(it.updated_at),
        "closed_at": iso(it.closed_at),
        "merged_at": iso(pull.merged_at),
        "merge_commit_sha": pull.merge_commit_sha,
        "assignee": users[0] if users else None,
        "assignees": users,
        "requested_reviewers": [people.user(view, world.users[u]) for u in pull.requested],
        "requested_teams": [],
        "labels": [label(view, repo, repo.labels[i]) for i in it.labels],
        "milestone": None,
        "draft": pull.draft,
        **_links(view, repo, it, pull),
        "head": _head(view, repo, pull),
        "base": _side(view, repo, pull.base_ref, pull.base_sha),
        "author_association": association(view, repo, it.user_id),
        "auto_merge": _auto_merge(view, pull),
        "active_lock_reason": None,
    }


def full(view: View, repo: Repo, it: Issue, *, mergeable: bool | None, state: str) -> JSON:
    """Schema pull-request; `mergeable` and its state are computed by `acts.merging`."""
    pull = it.pull
    assert pull is not None
    git = view.world.git(repo)
    base = git.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
    files = diff(git, base, pull.head_sha)
    merged = pull.merged_at is not None
    return {
        **simple(view, repo, it, pull),
        "merged": merged,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": state,
        "merged_by": people.user(view, view.world.users[pull.merged_by]) if pull.merged_by else None,
        "comments": len(it.comments),
        "review_comments": len(pull.review_comments),
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": git.ahead_behind(base, pull.head_sha)[0],
        "additions": sum(f.additions for f in files),
        "deletions": sum(f.deletions for f in files),
        "changed_files": len(files),
    }


def minimal(view: View, repo: Repo, it: Issue, pull: Pull) -> JSON:
    """Schema pull-request-minimal, the form inside check runs and suites."""
    where = {"id": repo.id, "url": view.repo_api(repo), "name": repo.name}
    return {
        "id": it.id,
        "number": it.number,
        "url": f"{view.repo_api(repo)}/pulls/{it.number}",
        "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": where},
        "base": {"ref": pull.base_ref, "sha": pull.base_sha, "repo": where},
    }


def review(view: View, repo: Repo, it: Issue, rv: Review) -> JSON:
    """Schema pull-request-review (state in upper case, as REST gives it)."""
    html = f"{view.repo_html(repo)}/pull/{it.number}#pullrequestreview-{rv.id}"
    pull_url = f"{view.repo_api(repo)}/pulls/{it.number}"
    body = {
        "id": rv.id,
        "node_id": node_id("PRR", rv.id),
        "user": people.user(view, view.world.users[rv.user_id]),
        "body": rv.body,
        "state": rv.state,
        "html_url": html,
        "pull_request_url": pull_url,
        "author_association": association(view, repo, rv.user_id),
        "_links": {"html": {"href": html}, "pull_request": {"href": pull_url}},
        "commit_id": rv.commit_id,
    }
    if rv.submitted_at is not None:
        body["submitted_at"] = iso(rv.submitted_at)
    return body


def review_comment(view: View, repo: Repo, it: Issue, rc: ReviewComment) -> JSON:
    """Schema pull-request-review-comment."""
    url = f"{view.repo_api(repo)}/pulls/comments/{rc.id}"
    html = f"{view.repo_html(repo)}/pull/{it.number}#discussion_r{rc.id}"
    pull_url = f"{view.repo_api(repo)}/pulls/{it.number}"
    body = {
        "url": url,
        "pull_request_review_id": rc.review_id,
        "id": rc.id,
        "node_id": node_id("PRRC", rc.id),
        "diff_hunk": rc.diff_hunk,
        "path": rc.path,
        "position": rc.position,
        "original_position": rc.original_position,
        "commit_id": rc.commit_id,
        "original_commit_id": rc.original_commit_id,
        "user": people.user(view, view.world.users[rc.user_id]),
        "body": rc.body,
        "created_at": iso(rc.created_at),
        "updated_at": iso(rc.updated_at),
        "html_url": html,
        "pull_request_url": pull_url,
        "author_association": association(view, repo, rc.user_id),
        "_links": {
            "self": {"href": url},
            "html": {"href": html},
            "pull_request": {"href": pull_url},
        },
        "reactions": rollup(url, rc.reactions),
        "start_line": rc.start_line,
        "original_start_line": rc.original_start_line,
        "start_side": rc.start_side,
        "line": rc.line,
        "original_line": rc.original_line,
        "side": rc.side,
        "subject_type": rc.subject_type,
    }
    if rc.in_reply_to_id is not None:
        body["in_reply_to_id"] = rc.in_reply_to_id
    return body


def _head(view: View, repo: Repo, pull: Pull) -> JSON:
    """A fork's head names another repository; its objects are here all the same."""
    side = _side(view, repo, pull.head_ref, pull.head_sha)
    if not pull.fork:
        return side
    owner, _, name = pull.fork.partition("/")
    named = {**side["repo"], "full_name": pull.fork, "name": name, "fork": True}
    return {**side, "label": f"{owner}:{pull.head_ref}", "repo": named}


def _side(view: View, repo: Repo, ref: str, sha: str) -> JSON:
    owner = view.world.users[repo.owner_id]
    return {
        "label": f"{owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": people.user(view, owner),
        "repo": {**repos.repository(view, repo), **_merge_settings(repo)},
    }


def _merge_settings(repo: Repo) -> JSON:
    return {
        "allow_squash_merge": True,
        "allow_merge_commit": True,
        "allow_rebase_merge": True,
        "allow_auto_merge": repo.allow_auto_merge,
        "allow_update_branch": True,
        "delete_branch_on_merge": repo.delete_branch_on_merge,
        "merge_commit_message": "PR_TITLE",
        "merge_commit_title": "MERGE_MESSAGE",
        "squash_merge_commit_message": "COMMIT_MESSAGES",
        "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
        "use_squash_pr_title_as_default": False,
    }


def _links(view: View, repo: Repo, it: Issue, pull: Pull) -> JSON:
    api, url = view.repo_api(repo), f"{view.repo_api(repo)}/pulls/{it.number}"
    hrefs = {
        "self": url,
        "html": f"{view.repo_html(repo)}/pull/{it.number}",
        "issue": f"{api}/issues/{it.number}",
        "comments": f"{api}/issues/{it.number}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{api}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{api}/statuses/{pull.head_sha}",
    }
    named = ("comments", "review_comments", "review_comment", "commits", "statuses")
    links = {"_links": {name: {"href": href} for name, href in hrefs.items()}}
    return {**{f"{name}_url": hrefs[name] for name in named}, **links}


def _auto_merge(view: View, pull: Pull) -> JSON | None:
    auto = pull.auto_merge
    if auto is None:
        return None
    return {
        "enabled_by": people.user(view, view.world.users[auto.enabled_by]),
        "merge_method": auto.method,
        "commit_title": auto.title or "",
        "commit_message": auto.message or "",
    }
