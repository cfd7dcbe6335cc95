"""create_app: the routes of the vendor's API and of our control API."""

from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from integrations.simulators.model import rules
from integrations.simulators.model.catalog import MODELS
from integrations.simulators.model.control import control_routes
from integrations.simulators.model.simulator import ModelSimConfig, Simulator
from integrations.simulators.model.transport import BreakableApp
from integrations.simulators.model.wire import (
    ApiError,
    JsonObject,
    error_response,
    random_id,
    standard_headers,
)


def create_app(config: ModelSimConfig) -> FastAPI:
    """An ASGI app speaking the Messages API. Serve it by uvicorn (connection faults need its transport)."""
    simulator = Simulator(config, config.script)
    app = BreakableApp(title="Model simulator", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_vendor_routes(simulator))
    app.include_router(control_routes(simulator))
    app.add_exception_handler(HTTPException, _not_found)
    return app


def _vendor_routes(simulator: Simulator) -> APIRouter:
    router = APIRouter(prefix="/v1")

    @router.post("/messages")
    async def create_message(request: Request) -> Response:
        return await simulator.create_message(request)

    @router.post("/messages/count_tokens")
    async def count_tokens(request: Request) -> Response:
        return await simulator.count_tokens(request)

    @router.get("/models")
    async def list_models(request: Request) -> Response:
        cards = [card.wire() for card in MODELS.values()]
        page = {"data": cards, "has_more": False, "first_id": cards[0]["id"], "last_id": cards[-1]["id"]}
        return _read(request, simulator, page)

    @router.get("/models/{model}")
    async def show_model(request: Request, model: str) -> Response:
        card = MODELS.get(model)
        return _read(request, simulator, card.wire() if card else None)

    return router


def _read(request: Request, simulator: Simulator, found: JsonObject | None) -> Response:
    request_id = random_id("req")
    try:
        rules.check_key(request.headers, simulator.config.api_key)
        if found is None:
            raise ApiError(404, "not_found_error", f"model: {request.path_params['model']}")
    except ApiError as error:
        return error_response(error, request_id)
    return JSONResponse(found, headers=standard_headers(request_id))


async def _not_found(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    kind = "not_found_error" if status == 404 else "invalid_request_error"
    return error_response(
        ApiError(status, kind, "Not Found" if status == 404 else str(error)), random_id("req")
    )
