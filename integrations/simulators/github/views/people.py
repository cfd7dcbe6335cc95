"""Users, organisations, Apps and installations as JSON."""

from __future__ import annotations

from urllib.parse import quote

from integrations.simulators.github.model.access import role_of
from integrations.simulators.github.model.state import App, Installation, Repo, Role, User
from integrations.simulators.github.model.world import ACTIONS_APP_ID
from integrations.simulators.github.views.base import JSON, View, iso, node_id

_USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_PERMISSION = {Role.ADMIN: "admin", Role.MAINTAIN: "write", Role.WRITE: "write", Role.NONE: "none"}


def user(view: View, who: User) -> JSON:
    """Schema simple-user. An App's name ends in %5Bbot%5D in its addresses."""
    api = f"{view.api}/users/{quote(who.login)}"
    prefix = {"Organization": "O", "Bot": "BOT"}.get(who.type, "U")
    slug = f"apps/{who.login.removesuffix('[bot]')}" if who.type == "Bot" else who.login
    return {
        "login": who.login,
        "id": who.id,
        "node_id": node_id(prefix, who.id),
        "avatar_url": f"{view.html}/_static/avatar.svg?u={who.id}",
        "gravatar_id": "",
        "url": api,
        "html_url": f"{view.html}/{slug}",
        **{key: api + path for key, path in _USER_LINKS.items()},
        "type": who.type,
        "user_view_type": "public",
        "site_admin": who.site_admin,
    }


def user_full(view: View, who: User) -> JSON:
    """Schema public-user."""
    owned = [r for r in view.world.repos.values() if r.owner_id == who.id]
    return {
        **user(view, who),
        "name": who.name,
        "company": None,
        "blog": "",
        "location": None,
        "email": who.email,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": sum(not r.private for r in owned),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": iso(who.created_at),
        "updated_at": iso(who.created_at),
    }


def user_private(view: View, who: User) -> JSON:
    """Schema private-user, what GET /user answers."""
    owned = sum(r.owner_id == who.id and r.private for r in view.world.repos.values())
    return {
        **user_full(view, who),
        "collaborators": 0,
        "disk_usage": 0,
        "owned_private_repos": owned,
        "private_gists": 0,
        "total_private_repos": owned,
        "two_factor_authentication": True,
    }


def organization(view: View, org: User) -> JSON:
    """Schema organization-simple, the `organization` of webhook payloads."""
    api = f"{view.api}/orgs/{org.login}"
    return {
        "login": org.login,
        "id": org.id,
        "node_id": node_id("O", org.id),
        "url": api,
        "repos_url": f"{api}/repos",
        "events_url": f"{api}/events",
        "hooks_url": f"{api}/hooks",
        "issues_url": f"{api}/issues",
        "members_url": f"{api}/members{{/member}}",
        "public_members_url": f"{api}/public_members{{/member}}",
        "avatar_url": f"{view.html}/_static/avatar.svg?u={org.id}",
        "description": "",
    }


def organization_full(view: View, org: User) -> JSON:
    """Schema organization-full."""
    return {
        **organization(view, org),
        "name": org.name or org.login,
        "html_url": f"{view.html}/{org.login}",
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": sum(r.owner_id == org.id and not r.private for r in view.world.repos.values()),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "type": "Organization",
        "created_at": iso(org.created_at),
        "updated_at": iso(org.created_at),
        "archived_at": None,
    }


def app(view: View, it: App) -> JSON:
    """Schema integration."""
    slug = it.slug
    return {
        "id": it.id,
        "client_id": it.client_id,
        "slug": slug,
        "node_id": node_id("A", it.id),
        "owner": user(view, view.world.users[it.owner_id]),
        "name": it.name,
        "description": "" if it.id != ACTIONS_APP_ID else "Runs the commands of a repository's CI",
        "external_url": view.html,
        "html_url": f"{view.html}/apps/{slug}",
        "created_at": iso(it.created_at),
        "updated_at": iso(it.created_at),
        "permissions": dict(it.permissions),
        "events": list(it.events),
    }


def installation(view: View, inst: Installation) -> JSON:
    """Schema installation."""
    account = view.world.users[inst.account_id]
    it = view.world.apps[inst.app_id]
    return {
        "id": inst.id,
        "client_id": it.client_id,
        "account": user(view, account),
        "repository_selection": "all" if inst.repo_ids is None else "selected",
        "access_tokens_url": f"{view.api}/app/installations/{inst.id}/access_tokens",
        "repositories_url": f"{view.api}/installation/repositories",
        "html_url": f"{view.html}/settings/installations/{inst.id}",
        "app_id": it.id,
        "app_slug": it.slug,
        "target_id": account.id,
        "target_type": account.type if account.type == "Organization" else "User",
        "permissions": dict(inst.permissions),
        "events": list(inst.events),
        "created_at": iso(inst.created_at),
        "updated_at": iso(inst.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": iso(inst.suspended_at),
    }


def permission_flags(role: Role) -> JSON:
    """The five booleans GitHub gives with a repository or a collaborator."""
    return {
        "admin": role >= Role.ADMIN,
        "maintain": role >= Role.MAINTAIN,
        "push": role >= Role.WRITE,
        "triage": role >= Role.TRIAGE,
        "pull": role >= Role.READ,
    }


def collaborator(view: View, repo: Repo, who: User) -> JSON:
    """Schema collaborator."""
    role = role_of(view.world, who, repo)
    return {**user(view, who), "permissions": permission_flags(role), "role_name": role.name.lower()}


def permission(view: View, repo: Repo, who: User) -> JSON:
    """Schema repository-collaborator-permission: `maintain` reads as write and `triage` as read here."""
    role = role_of(view.world, who, repo)
    return {
        "permission": _PERMISSION.get(role, "read"),
        "role_name": role.name.lower(),
        "user": collaborator(view, repo, who),
    }
