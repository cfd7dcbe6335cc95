"""Who is asking and what they may do: roles of people, permissions of App installations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from integrations.simulators.github.errors import ApiError, forbidden, not_found, requires_authentication
from integrations.simulators.github.model.state import App, Installation, Repo, Role, User
from integrations.simulators.github.model.world import World, covers

_LEVELS = {"none": 0, "read": 1, "write": 2, "admin": 3}
BY_INTEGRATION = "Resource not accessible by integration"


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a request.

    `user` is the person or the App's bot; `app` is set for an App's JWT and its installation tokens; `permissions` and
    `repo_ids` narrow an installation token. `key` names the credential (rate limit, logs), never its secret.
    """

    key: str
    via: Literal["anonymous", "token", "app", "installation", "person"]
    user: User | None = None
    app: App | None = None
    installation: Installation | None = None
    permissions: Mapping[str, str] | None = None
    repo_ids: frozenset[int] | None = None

    @property
    def name(self) -> str:
        if self.user is not None:
            return self.user.login
        return self.app.slug if self.app is not None else "anonymous"


ANONYMOUS = Actor(key="anonymous", via="anonymous")


@dataclass(frozen=True, slots=True)
class Need:
    """What a route asks for: an App permission area and level, and the role a person needs."""

    area: str
    level: str = "read"
    role: Role = Role.READ


READ = Need("metadata")


def role_of(world: World, user: User, repo: Repo) -> Role:
    """A person's role on a repository; owner and organisation members are admins."""
    if user.site_admin or user.id == repo.owner_id:
        return Role.ADMIN
    if user.id in world.users[repo.owner_id].members:
        return Role.ADMIN
    granted = repo.collaborators.get(user.id, Role.NONE)
    return max(granted, Role.NONE if repo.private else Role.READ)


def can_read(world: World, actor: Actor, repo: Repo) -> bool:
    """Whether the repository exists as far as this actor can tell."""
    if not repo.private:
        return True
    if actor.installation is not None:
        return reaches(actor, repo)
    return actor.user is not None and role_of(world, actor.user, repo) >= Role.READ


def reaches(actor: Actor, repo: Repo) -> bool:
    """Whether an installation token covers a repository."""
    if actor.installation is None or not covers(actor.installation, repo):
        return False
    return actor.repo_ids is None or repo.id in actor.repo_ids


def allows(actor: Actor, area: str, level: str) -> bool:
    """Whether an installation token carries a permission."""
    return _LEVELS.get((actor.permissions or {}).get(area, "none"), 0) >= _LEVELS[level]


def may(world: World, actor: Actor, repo: Repo, *, need: Need) -> bool:
    """Whether the actor has what a route needs on a repository it can read."""
    if actor.installation is not None:
        if not reaches(actor, repo):
            return need.level == "read" and not repo.private
        return need.area == "metadata" or allows(actor, need.area, need.level)
    if actor.user is None:
        return need.level == "read" and need.role <= Role.READ and not repo.private
    return role_of(world, actor.user, repo) >= need.role


def check(world: World, actor: Actor, repo: Repo, *, need: Need) -> None:
    """Refuse as GitHub does: 404 where the repository is invisible, else 401 or 403."""
    if not can_read(world, actor, repo):
        raise not_found()
    if may(world, actor, repo, need=need):
        return
    raise _refusal(actor, need)


def _refusal(actor: Actor, need: Need) -> ApiError:
    if actor.via == "anonymous":
        return requires_authentication()
    if actor.installation is not None or actor.via == "app":
        error = forbidden(BY_INTEGRATION)
        error.headers["X-Accepted-GitHub-Permissions"] = f"{need.area}={need.level}"
        return error
    if need.role >= Role.ADMIN:
        return forbidden("Must have admin rights to Repository.")
    return (
        not_found()
        if need.area in ("contents", "statuses")
        else forbidden("Must have push access to Repository.")
    )
