"""Pages."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from integrations.simulators.github.sim import Sim


def routes(sim: Sim) -> list[Route]:
    """Routes of the pages."""

    async def log(request: Request) -> Response:
        repo = sim.world.repos[request.path_params["repo"]]
        return PlainTextResponse(repo.check_runs[request.path_params["run"]].log or "")

    return [Route("/_static/logs/{repo:int}/{run:int}.txt", log)]
