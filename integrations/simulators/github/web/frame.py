"""What all pages share: templates, headers, who is looking."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from integrations.simulators.github.errors import ApiError
from integrations.simulators.github.model.state import Repo, User
from integrations.simulators.github.sim import Sim
from integrations.simulators.github.web.markdown import render as render_markdown
from integrations.simulators.github.web.words import ago, refusal, tone

HERE = Path(__file__).parent
CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Frame:
    """Renders templates for one simulator."""

    def __init__(self, sim: Sim) -> None:
        self.sim, self.world = sim, sim.world
        loader = FileSystemLoader(HERE / "templates")
        self._env = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        self._env.filters.update(markdown=render_markdown, ago=ago, short=lambda sha: (sha or "")[:7])
        self._env.globals.update(user=lambda user_id: self.world.users[user_id], tone=tone)

    def render(self, request: Request, template: str, **values: Any) -> Response:
        """One template as a page."""
        chosen = self.viewer(request)
        body = self._env.get_template(template).render(
            me=chosen,
            everyone=[u for u in self.world.users.values() if u.type == "User"],
            path=request.url.path,
            refusal=refusal(request),
            **values,
        )
        headers = {**HEADERS, "X-Page-Version": hashlib.sha256(body.encode()).hexdigest()[:16]}
        response = Response(body, 200, headers, media_type="text/html; charset=utf-8")
        response.delete_cookie("refusal")
        return response

    def viewer(self, request: Request) -> User | None:
        """Who the browser acts as: the cookie's user, else the first person there is."""
        login = request.cookies.get("as", "")
        known = self.world.find_user(login) if login else None
        return known or next((u for u in self.world.users.values() if u.type == "User"), None)

    def repo(self, request: Request) -> Repo:
        """The repository of the path. Raises ApiError 404."""
        params = request.path_params
        found = self.world.find_repo(f"{params['owner']}/{params['repo']}")
        if found is None:
            raise ApiError(404, "There is no such repository here.")
        return found
