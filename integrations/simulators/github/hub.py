"""What every act needs at hand: the world, and a way to tell others what happened."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from integrations.simulators.github.hooks.deliveries import Deliveries, Message
from integrations.simulators.github.model.state import Hook, Issue, Pull, Repo, User
from integrations.simulators.github.model.world import World
from integrations.simulators.github.views import people, repos
from integrations.simulators.github.views.base import View, node_id

HeadMoved = Callable[[Repo, Issue, Pull, User], None]


class Hub:
    """Joins the world to its webhooks and to whoever wants to know that a pull request's head moved (CI)."""

    def __init__(self, world: World, deliveries: Deliveries) -> None:
        self.world = world
        self.deliveries = deliveries
        self.on_head: list[HeadMoved] = []

    @property
    def view(self) -> View:
        """The view used in webhook payloads."""
        return View(self.world, api=self.world.public_url, html=self.world.public_url)

    def user_json(self, user: User) -> dict[str, Any]:
        """A user as webhook payloads carry it."""
        return people.user(self.view, user)

    def head_moved(self, repo: Repo, issue: Issue, sender: User) -> None:
        """Tell CI and the like that a pull request is new or has a new head."""
        if issue.pull is not None:
            for listener in self.on_head:
                listener(repo, issue, issue.pull, sender)

    def emit(
        self,
        event: str,
        repo: Repo,
        *,
        sender: User,
        body: Mapping[str, Any],
        only_app: int | None = None,
    ) -> None:
        """Send one event about a repository to every hook that wants it (only to one App's with `only_app`)."""
        hooks = [h for h in self.world.hooks.values() if self._wants(h, event, repo)]
        hooks = [h for h in hooks if only_app is None or h.app_id == only_app]
        if not hooks:
            return
        view = self.view
        payload = {
            "repository": repos.repository(view, repo),
            "sender": people.user(view, sender),
            **body,
        }
        owner = self.world.users[repo.owner_id]
        if owner.type == "Organization":
            payload["organization"] = people.organization(view, owner)
        for hook in hooks:
            self._send(hook, event, payload, repo)

    def emit_to(
        self, hook: Hook, event: str, *, body: Mapping[str, Any], installation_id: int | None
    ) -> None:
        """Send one event that is about no repository (ping, installation)."""
        message = Message(event, body.get("action"), json.dumps(body).encode(), installation_id)
        self.deliveries.send(hook, message)

    def _wants(self, hook: Hook, event: str, repo: Repo) -> bool:
        if event not in hook.events and "*" not in hook.events:
            return False
        if hook.app_id is None:
            return hook.repo_id == repo.id
        inst = self.world.installation_for(repo, hook.app_id)
        return inst is not None and inst.suspended_at is None

    def _send(self, hook: Hook, event: str, payload: dict[str, Any], repo: Repo) -> None:
        inst = self.world.installation_for(repo, hook.app_id) if hook.app_id else None
        body = dict(payload)
        if inst is not None:
            body["installation"] = {"id": inst.id, "node_id": node_id("IN", inst.id)}
        message = Message(
            event,
            body.get("action"),
            json.dumps(body).encode(),
            inst.id if inst else None,
            repo.id,
        )
        self.deliveries.send(hook, message)
