"""Repositories, branches and installation listings as JSON."""

from __future__ import annotations

from integrations.simulators.github.model.access import allows, reaches, role_of
from integrations.simulators.github.model.state import Protection, Repo, Role
from integrations.simulators.github.views import people
from integrations.simulators.github.views.base import JSON, View, iso, node_id

_LINKS = {
    "forks_url": "/forks",
    "keys_url": "/keys{/key_id}",
    "collaborators_url": "/collaborators{/collaborator}",
    "teams_url": "/teams",
    "hooks_url": "/hooks",
    "issue_events_url": "/issues/events{/number}",
    "events_url": "/events",
    "assignees_url": "/assignees{/user}",
    "branches_url": "/branches{/branch}",
    "tags_url": "/tags",
    "blobs_url": "/git/blobs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "trees_url": "/git/trees{/sha}",
    "statuses_url": "/statuses/{sha}",
    "languages_url": "/languages",
    "stargazers_url": "/stargazers",
    "contributors_url": "/contributors",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "commits_url": "/commits{/sha}",
    "git_commits_url": "/git/commits{/sha}",
    "comments_url": "/comments{/number}",
    "issue_comment_url": "/issues/comments{/number}",
    "contents_url": "/contents/{+path}",
    "compare_url": "/compare/{base}...{head}",
    "merges_url": "/merges",
    "archive_url": "/{archive_format}{/ref}",
    "downloads_url": "/downloads",
    "issues_url": "/issues{/number}",
    "pulls_url": "/pulls{/number}",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "labels_url": "/labels{/name}",
    "releases_url": "/releases{/id}",
    "deployments_url": "/deployments",
}


def minimal(view: View, repo: Repo) -> JSON:
    """Schema minimal-repository (required part)."""
    api = view.repo_api(repo)
    return {
        "id": repo.id,
        "node_id": node_id("R", repo.id),
        "name": repo.name,
        "full_name": view.world.full_name(repo),
        "private": repo.private,
        "owner": people.user(view, view.world.users[repo.owner_id]),
        "html_url": view.repo_html(repo),
        "description": repo.description,
        "fork": False,
        "url": api,
        **{key: api + path for key, path in _LINKS.items()},
    }


def repository(view: View, repo: Repo) -> JSON:
    """Schema repository, the form inside other objects and payloads."""
    html = view.repo_html(repo)
    opened = sum(i.state == "open" for i in repo.issues.values())
    host = view.html.partition("://")[2]
    name = view.world.full_name(repo)
    return {
        **minimal(view, repo),
        "created_at": iso(repo.created_at),
        "updated_at": iso(repo.updated_at),
        "pushed_at": iso(repo.pushed_at),
        "git_url": f"git://{host}/{name}.git",
        "ssh_url": f"git@{host}:{name}.git",
        "clone_url": f"{html}.git",
        "svn_url": html,
        "homepage": None,
        "size": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": None,
        **dict.fromkeys(("has_issues", "has_projects", "has_downloads", "has_wiki"), True),
        "has_pages": False,
        "has_discussions": False,
        "forks_count": 0,
        "mirror_url": None,
        "archived": repo.archived,
        "disabled": False,
        "open_issues_count": opened,
        "license": None,
        "allow_forking": True,
        "is_template": False,
        "web_commit_signoff_required": False,
        "topics": [],
        "visibility": "private" if repo.private else "public",
        "forks": 0,
        "open_issues": opened,
        "watchers": 0,
        "default_branch": repo.default_branch,
        "custom_properties": {},
    }


def pushed_repository(view: View, repo: Repo) -> JSON:
    """The form inside push events: times in seconds, the page as `url`, the owner's name and e-mail."""
    body = repository(view, repo)
    owner = view.world.users[repo.owner_id]
    body.update(
        url=view.repo_html(repo),
        created_at=int(repo.created_at.timestamp()),
        pushed_at=int(repo.pushed_at.timestamp()),
        stargazers=0,
        master_branch=repo.default_branch,
        owner={"name": owner.login, "email": owner.email, **body["owner"]},
    )
    return body


def full(view: View, repo: Repo) -> JSON:
    """Schema full-repository, what GET /repos/{owner}/{repo} answers."""
    owner = view.world.users[repo.owner_id]
    body = {
        **repository(view, repo),
        "permissions": people.permission_flags(_viewer_role(view, repo)),
        "temp_clone_token": "",
        "allow_squash_merge": True,
        "allow_merge_commit": True,
        "allow_rebase_merge": True,
        "allow_auto_merge": repo.allow_auto_merge,
        "delete_branch_on_merge": repo.delete_branch_on_merge,
        "allow_update_branch": True,
        "use_squash_pr_title_as_default": False,
        "network_count": 0,
        "subscribers_count": 0,
    }
    if owner.type == "Organization":
        body["organization"] = people.user(view, owner)
    return body


def _viewer_role(view: View, repo: Repo) -> Role:
    viewer = view.viewer
    if viewer is None or viewer.user is None:
        return Role.READ
    if viewer.installation is None:
        return role_of(view.world, viewer.user, repo)
    write = reaches(viewer, repo) and allows(viewer, "contents", "write")
    return Role.WRITE if write else Role.READ


def protection(view: View, repo: Repo, branch: str) -> JSON:
    """Schema branch-protection for one branch."""
    rule = repo.protections[branch]
    url = f"{view.repo_api(repo)}/branches/{branch}/protection"
    body: JSON = {
        "url": url,
        "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": rule.enforce_admins},
        "required_linear_history": {"enabled": False},
        "allow_force_pushes": {"enabled": rule.allow_force_push},
        "allow_deletions": {"enabled": False},
        "required_conversation_resolution": {"enabled": False},
    }
    if rule.required_checks:
        body["required_status_checks"] = _required_checks(rule, url)
    if rule.require_pull:
        body["required_pull_request_reviews"] = {
            "url": f"{url}/required_pull_request_reviews",
            "dismiss_stale_reviews": False,
            "require_code_owner_reviews": False,
            "require_last_push_approval": False,
            "required_approving_review_count": rule.required_approvals,
        }
    return body


def _required_checks(rule: Protection, url: str) -> JSON:
    return {
        "url": f"{url}/required_status_checks",
        "strict": rule.strict,
        "contexts": list(rule.required_checks),
        "contexts_url": f"{url}/required_status_checks/contexts",
        "checks": [{"context": c, "app_id": None} for c in rule.required_checks],
    }
