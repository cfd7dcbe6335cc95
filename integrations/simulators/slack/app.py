"""The simulator as one ASGI application: Web API, response URLs, control API and the page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from integrations.simulators.slack import control, files, inspection, response_urls
from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.entered import BadEntry
from integrations.simulators.slack.interactions import NotThere
from integrations.simulators.slack.page import routes as pages
from integrations.simulators.slack.simulator import Simulator
from integrations.simulators.slack.web_api import routes


def create_app(config: SlackSimConfig | None = None) -> FastAPI:
    """The whole simulator; its state is at `app.state.sim` while it runs."""
    settings = config or SlackSimConfig()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sim: Simulator = app.state.sim
        if sim.gate is not None:
            await sim.gate.start()
        yield
        await sim.courier.close()
        if sim.gate is not None:
            await sim.gate.stop()

    app = FastAPI(title="Slack simulator", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.sim = Simulator.start(settings)
    app.include_router(routes.router)
    app.include_router(control.router)
    app.include_router(inspection.router)
    app.include_router(pages.router)
    app.mount("/static", pages.static)
    app.include_router(response_urls.router)
    app.include_router(files.router)

    @app.exception_handler(NotThere)
    async def not_there(request: Request, error: Exception) -> Response:
        return JSONResponse({"ok": False, "detail": str(error)}, 404)

    @app.exception_handler(BadEntry)
    async def bad_entry(request: Request, error: Exception) -> Response:
        return JSONResponse({"ok": False, "detail": str(error)}, 422)

    return app
