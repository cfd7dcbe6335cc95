"""Routes and what a handler gets and gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.simulators.github.errors import (
    ApiError,
    forbidden,
    invalid_request,
    not_found,
    requires_authentication,
)
from integrations.simulators.github.hub import Hub
from integrations.simulators.github.model.access import BY_INTEGRATION, READ, Actor, Need, check
from integrations.simulators.github.model.git import GitRepo
from integrations.simulators.github.model.state import App, Installation, Issue, Pull, Repo, User
from integrations.simulators.github.model.tokens import Tokens
from integrations.simulators.github.model.world import World
from integrations.simulators.github.views.base import JSON, View


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with a status of its own; `body` is JSON, text or None (no content)."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list to be paged. With `key` the page is wrapped as {"total_count", key: […], **more}."""

    items: Sequence[Any]
    render: Callable[[Any], Any]
    key: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, authenticated and parsed. Handlers run under the world's lock."""

    hub: Hub
    tokens: Tokens
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    actor: Actor
    view: View
    budget: Mapping[str, str] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.hub.world

    @property
    def sender(self) -> User:
        """The user behind the request. Raises ApiError 401 or 403 when there is none."""
        if self.actor.via == "anonymous":
            raise requires_authentication()
        if self.actor.user is None:
            raise forbidden(BY_INTEGRATION)
        return self.actor.user

    @property
    def app(self) -> App:
        """The App behind a JWT. Raises ApiError 401 for other credentials."""
        if self.actor.via != "app" or self.actor.app is None:
            raise ApiError(401, "A JSON web token could not be decoded")
        return self.actor.app

    @property
    def installation(self) -> Installation:
        if self.actor.installation is None:
            message = "You must authenticate with an installation access token in order to list repositories."
            raise forbidden(message)
        return self.actor.installation

    def repo(self, need: Need = READ) -> Repo:
        """The repository of the path, if the actor may. Raises ApiError 301, 401, 403 or 404."""
        name = f"{self.params['owner']}/{self.params['repo']}"
        repo = self.world.find_repo(name)
        if repo is None:
            self._redirect(name)
            raise not_found()
        if self.actor.via == "app":
            raise forbidden(BY_INTEGRATION)
        check(self.world, self.actor, repo, need=need)
        return repo

    def _redirect(self, name: str) -> None:
        moved = self.world.renamed.get(name.lower())
        if moved is None:
            return
        url = f"{self.view.api}/repositories/{moved}"
        error = ApiError(301, "Moved Permanently", headers={"Location": url})
        error.extra["url"] = url
        raise error

    def git(self, repo: Repo) -> GitRepo:
        return self.world.git(repo)

    def number(self, name: str = "number") -> int:
        """A number in the path; 404 when it is not one."""
        value = self.params[name]
        if not value.isascii() or not value.isdigit() or len(value) > 18:
            raise not_found()
        return int(value)

    def issue(self, repo: Repo) -> Issue:
        return self.world.issue(repo, self.number())

    def pull(self, repo: Repo) -> tuple[Issue, Pull]:
        return self.world.pull(repo, self.number())

    @property
    def fields(self) -> JSON:
        """The body as an object. Raises ApiError 400 for anything else."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise ApiError(400, "Body should be a JSON object")
        return self.body

    def text(self, name: str) -> str:
        """A string of the body that must be there. Raises ApiError 422."""
        value = self.maybe_text(name)
        if value is None:
            raise invalid_request(f'"{name}" wasn\'t supplied.')
        return value

    def maybe_text(self, name: str) -> str | None:
        """A string of the body, or None. Raises ApiError 422 for another type."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, str):
            raise invalid_request(f"For 'properties/{name}', {value} is not a string.")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean of the body. Raises ApiError 422 for another type."""
        value = self.fields.get(name, default)
        if not isinstance(value, bool):
            raise invalid_request(f"For 'properties/{name}', {value} is not a boolean.")
        return value

    def texts(self, name: str) -> list[str]:
        """A list of strings of the body. Raises ApiError 422 for another type."""
        value = self.fields.get(name) or []
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise invalid_request(f"For 'properties/{name}', {value} is not an array of strings.")
        return value


Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    pattern: re.Pattern[str]
    handler: Handler


class Table:
    """A module's routes, in the order they are tried. `{x}` is one segment, `{x:path}` any number."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def on(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """Register the decorated handler."""
        pattern = re.sub(r"\{(\w+):path\}", r"(?P<\1>.+)", path)
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)

        def register(handler: Handler) -> Handler:
            self.routes.append(Route(method, path, re.compile(pattern + r"/?\Z"), handler))
            return handler

        return register


def match(tables: Sequence[Table], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The first route for a request, with its path parameters."""
    wanted = "GET" if method == "HEAD" else method
    for table in tables:
        for route in table.routes:
            if route.method == wanted and (hit := route.pattern.match(path)):
                return route, hit.groupdict()
    return None
