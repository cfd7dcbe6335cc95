"""The web application of one simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from integrations.simulators.github import control, seed
from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.git_http import GitEndpoint
from integrations.simulators.github.graphql import GraphQLEndpoint
from integrations.simulators.github.rest import (
    apps,
    checks,
    commits,
    gitdata,
    issues,
    meta,
    pulls,
    repos,
    reviews,
)
from integrations.simulators.github.rest.serve import RestEndpoint
from integrations.simulators.github.sim import Sim
from integrations.simulators.github.web import consent, pages

TABLES = (
    meta.routes,
    apps.routes,
    reviews.routes,
    pulls.routes,
    issues.routes,
    checks.routes,
    gitdata.routes,
    commits.routes,
    commits.last,
    repos.routes,
)
ROOTS = (
    "app",
    "apps",
    "installation",
    "meta",
    "orgs",
    "rate_limit",
    "repos",
    "repositories",
    "search",
    "user",
    "users",
    "zen",
)
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class KnowsItsAddress:
    """Learns the simulator's own address from the first request, when nobody told it."""

    def __init__(self, app: ASGIApp, sim: Sim) -> None:
        self._app, self._sim = app, sim

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._sim.world.public_url and scope.get("server"):
            host, port = scope["server"]
            self._sim.world.public_url = f"{scope['scheme']}://{host}:{port}"
        await self._app(scope, receive, send)


def create_app(config: GitHubSimConfig) -> Starlette:
    """The simulator as an ASGI application; `app.state.sim` is the simulator itself."""
    sim = Sim(config)
    seed.populate(sim)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        sim.close()

    rest = RestEndpoint(sim, TABLES, "").serve
    enterprise = RestEndpoint(sim, TABLES, "/api/v3").serve
    graphql = GraphQLEndpoint(sim).serve
    app = Starlette(
        routes=[
            Mount("/_sim", routes=control.routes(sim)),
            Route("/{owner}/{repo}.git/{rest:path}", GitEndpoint(sim).serve, methods=["GET", "POST"]),
            Route("/graphql", graphql, methods=["POST"]),
            Route("/api/graphql", graphql, methods=["POST"]),
            Route("/api/v3/{rest:path}", enterprise, methods=METHODS),
            *[Route(f"/{root}", rest, methods=METHODS) for root in ROOTS],
            *[Route(f"/{root}/{{rest:path}}", rest, methods=METHODS) for root in ROOTS],
            *consent.routes(sim),
            *pages.routes(sim),
        ],
        middleware=[Middleware(KnowsItsAddress, sim=sim)],
        lifespan=lifespan,
    )
    app.state.sim = sim
    return app
