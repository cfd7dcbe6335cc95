"""Commits, trees, files and comparisons as JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence

from integrations.simulators.github.model.diffs import FileDiff, diff
from integrations.simulators.github.model.git import EMPTY_TREE, CommitInfo, Person
from integrations.simulators.github.model.state import Repo, User
from integrations.simulators.github.views import people
from integrations.simulators.github.views.base import JSON, View, node_id

_NOREPLY = re.compile(r"(?:(\d+)\+)?([^@]+)@users\.noreply\.")
UNSIGNED: JSON = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}


def account(view: View, person: Person) -> User | None:
    """The user a commit's e-mail address belongs to."""
    hit = _NOREPLY.match(person.email)
    if hit:
        return view.world.find_user(hit[2])
    return next((u for u in view.world.users.values() if u.email and u.email == person.email), None)


def commit(view: View, repo: Repo, sha: str, *, files: bool = False) -> JSON:
    """Schema commit; with `files` also stats and changed files."""
    info, api = view.world.git(repo).commit(sha), view.repo_api(repo)
    author, committer = account(view, info.author), account(view, info.committer)
    body: JSON = {
        "sha": sha,
        "node_id": node_id("C", repo.id, sha),
        "commit": {
            "author": _person(info.author),
            "committer": _person(info.committer),
            "message": info.message,
            "tree": {"sha": info.tree, "url": f"{api}/git/trees/{info.tree}"},
            "url": f"{api}/git/commits/{sha}",
            "comment_count": 0,
            "verification": UNSIGNED,
        },
        "url": f"{api}/commits/{sha}",
        "html_url": f"{view.repo_html(repo)}/commit/{sha}",
        "comments_url": f"{api}/commits/{sha}/comments",
        "author": people.user(view, author) if author else None,
        "committer": people.user(view, committer) if committer else None,
        "parents": [_parent(view, repo, parent, "commits") for parent in info.parents],
    }
    if files:
        changed = changes(view, repo, info)
        added, removed = sum(f.additions for f in changed), sum(f.deletions for f in changed)
        body["stats"] = {"total": added + removed, "additions": added, "deletions": removed}
        body["files"] = [file(view, repo, sha, each) for each in changed]
    return body


def changes(view: View, repo: Repo, info: CommitInfo) -> Sequence[FileDiff]:
    """What a commit changes against its first parent."""
    return diff(view.world.git(repo), info.parents[0] if info.parents else EMPTY_TREE, info.sha)


def git_commit(view: View, repo: Repo, sha: str) -> JSON:
    """Schema git-commit."""
    info, api = view.world.git(repo).commit(sha), view.repo_api(repo)
    return {
        "sha": sha,
        "node_id": node_id("C", repo.id, sha),
        "url": f"{api}/git/commits/{sha}",
        "html_url": f"{view.repo_html(repo)}/commit/{sha}",
        "author": _person(info.author),
        "committer": _person(info.committer),
        "tree": {"sha": info.tree, "url": f"{api}/git/trees/{info.tree}"},
        "message": info.message,
        "parents": [_parent(view, repo, parent, "git/commits") for parent in info.parents],
        "verification": UNSIGNED,
    }


def simple(info: CommitInfo) -> JSON:
    """Schema simple-commit, the `head_commit` of suites and workflow runs."""
    return {
        "id": info.sha,
        "tree_id": info.tree,
        "message": info.message,
        "timestamp": info.committer.date,
        "author": {"name": info.author.name, "email": info.author.email},
        "committer": {"name": info.committer.name, "email": info.committer.email},
    }


def pushed(view: View, repo: Repo, info: CommitInfo) -> JSON:
    """A commit inside a push payload."""
    files = changes(view, repo, info)
    author, committer = account(view, info.author), account(view, info.committer)
    return {
        "id": info.sha,
        "tree_id": info.tree,
        "distinct": True,
        "message": info.message,
        "timestamp": info.committer.date,
        "url": f"{view.repo_html(repo)}/commit/{info.sha}",
        "author": _signature(info.author, author),
        "committer": _signature(info.committer, committer),
        "added": [f.path for f in files if f.status == "added"],
        "removed": [f.path for f in files if f.status == "removed"],
        "modified": [f.path for f in files if f.status not in ("added", "removed")],
    }


def file(view: View, repo: Repo, ref: str, each: FileDiff) -> JSON:
    """Schema diff-entry."""
    html, api = view.repo_html(repo), view.repo_api(repo)
    body: JSON = {
        "sha": each.sha,
        "filename": each.path,
        "status": each.status,
        "additions": each.additions,
        "deletions": each.deletions,
        "changes": each.additions + each.deletions,
        "blob_url": f"{html}/blob/{ref}/{each.path}",
        "raw_url": f"{html}/raw/{ref}/{each.path}",
        "contents_url": f"{api}/contents/{each.path}?ref={ref}",
    }
    if each.patch is not None:
        body["patch"] = each.patch
    if each.old_path != each.path:
        body["previous_filename"] = each.old_path
    return body


def compare(view: View, repo: Repo, *, base: str, head: str, label: str) -> JSON:
    """Schema commit-comparison of two commits (three-dot)."""
    git, api, html = view.world.git(repo), view.repo_api(repo), view.repo_html(repo)
    merge_base = git.merge_base(base, head) or base
    ahead, behind = git.ahead_behind(base, head)
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    found = git.log(f"{base}..{head}", limit=250)
    return {
        "url": f"{api}/compare/{label}",
        "html_url": f"{html}/compare/{label}",
        "permalink_url": f"{html}/compare/{base}...{head}",
        "diff_url": f"{html}/compare/{label}.diff",
        "patch_url": f"{html}/compare/{label}.patch",
        "base_commit": commit(view, repo, base),
        "merge_base_commit": commit(view, repo, merge_base),
        "status": status,
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": [commit(view, repo, c.sha) for c in reversed(found)],
        "files": [file(view, repo, head, f) for f in diff(git, merge_base, head)[:300]],
    }


def _person(person: Person) -> JSON:
    return {"name": person.name, "email": person.email, "date": person.date}


def _signature(person: Person, user: User | None) -> JSON:
    body = {"name": person.name, "email": person.email, "date": person.date}
    if user is not None:
        body["username"] = user.login
    return body


def _parent(view: View, repo: Repo, sha: str, kind: str) -> JSON:
    html = f"{view.repo_html(repo)}/commit/{sha}"
    return {"sha": sha, "url": f"{view.repo_api(repo)}/{kind}/{sha}", "html_url": html}
