"""The control API under `/_sim`: faults, the request log, the script, reset. Not part of the vendor's API."""

import json
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from integrations.simulators.model.faults import QueuedFault
from integrations.simulators.model.loading import ScriptError, parse_script
from integrations.simulators.model.simulator import Simulator
from integrations.simulators.model.wire import JsonObject


def control_routes(simulator: Simulator) -> APIRouter:
    """The routes. Bad input is answered 422 with `{"problems": [sentence, …]}` and changes nothing."""
    router = APIRouter(prefix="/_sim")

    @router.post("/faults")
    async def add_fault(request: Request) -> JSONResponse:
        try:
            fault = QueuedFault.model_validate_json(await request.body())
        except ValidationError as error:
            return _refused([f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors()])
        simulator.faults.queue.append(fault)
        return JSONResponse({"waiting": len(simulator.faults.queue)}, status_code=201)

    @router.get("/faults")
    async def list_faults() -> list[JsonObject]:
        return [fault.model_dump(mode="json") for fault in simulator.faults.queue]

    @router.get("/requests")
    async def list_requests(role: str | None = None, since: int = 0) -> Response:
        # In ASCII: an answer may hold lone surrogates, which UTF-8 cannot carry.
        entries = simulator.journal.select(role=role, since=since)
        return Response(json.dumps(entries), media_type="application/json")

    @router.get("/script")
    async def show_script() -> dict[str, Any]:
        return {"name": simulator.script.name, "roles": [role.name for role in simulator.script.roles]}

    @router.post("/script")
    async def replace_script(request: Request) -> JSONResponse:
        text = (await request.body()).decode("utf-8", "replace")
        try:
            script = parse_script(text, name="script", base=simulator.config.base)
        except ScriptError as error:
            return _refused(list(error.problems))
        simulator.script = script
        simulator.faults.planned.clear()
        return JSONResponse({"name": script.name, "roles": [role.name for role in script.roles]})

    @router.post("/reset")
    async def reset() -> JSONResponse:
        simulator.script = simulator.config.script
        simulator.faults.clear()
        simulator.cache.entries.clear()
        simulator.journal.clear()
        return JSONResponse({"ok": True})

    return router


def _refused(problems: list[str]) -> JSONResponse:
    return JSONResponse({"problems": problems}, status_code=422)
