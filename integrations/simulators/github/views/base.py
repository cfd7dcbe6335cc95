"""What every view needs: the world, the address the client used, and small formats."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.simulators.github.model.access import Actor
from integrations.simulators.github.model.state import Repo
from integrations.simulators.github.model.world import World

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """Who looks at what from where. `api` is the REST root the client used, `html` the site's root."""

    world: World
    api: str
    html: str
    viewer: Actor | None = None

    def repo_api(self, repo: Repo) -> str:
        return f"{self.api}/repos/{self.world.full_name(repo)}"

    def repo_html(self, repo: Repo) -> str:
        return f"{self.html}/{self.world.full_name(repo)}"


def iso(at: datetime | None) -> str | None:
    """A time as GitHub writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def node_id(kind: str, *ids: int | str) -> str:
    """An opaque GraphQL id, such as PR_kwDO…; `parse_node_id` reads it back."""
    raw = base64.urlsafe_b64encode(":".join(str(i) for i in ids).encode()).decode().rstrip("=")
    return f"{kind}_kwDO{raw}"


def parse_node_id(text: str) -> tuple[str, list[str]]:
    """Kind and ids of a GraphQL id; ("", []) when it is not one of ours."""
    kind, _, raw = text.partition("_kwDO")
    try:
        return kind, base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)).decode().split(":")
    except ValueError:
        return "", []
