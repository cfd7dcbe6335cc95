"""POST /graphql and /api/graphql."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from integrations.simulators.github.errors import ApiError, requires_authentication
from integrations.simulators.github.faults import cut
from integrations.simulators.github.gql.language import Execution, GraphQLError, Parser
from integrations.simulators.github.gql.schema import Schema
from integrations.simulators.github.sim import Sim
from integrations.simulators.github.views.base import View


class GraphQLEndpoint:
    """Serves GraphQL of one simulator. Faults match "POST /graphql" under either address."""

    def __init__(self, sim: Sim) -> None:
        self._sim = sim

    async def serve(self, request: Request) -> Response:
        started, body = time.monotonic(), await request.body()
        fault = self._sim.faults.take("POST", "/graphql")
        response: Response | None = None
        who = "unknown"
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.delay_s)
        lost = fault is not None and fault.kind in ("status", "ratelimit", "reset")
        if fault is None or not lost or fault.when != "before":
            response, who = await run_in_threadpool(self._answer, request, body)
        if fault is not None and lost:
            response = cut(request) if fault.kind == "reset" else fault.response()
        assert response is not None
        self._sim.log.add(
            ("POST", request.url.path, request.url.query),
            body=body,
            status=0 if fault is not None and fault.kind == "reset" else response.status_code,
            who=(who, request.headers.get("user-agent", "")),
            ms=(time.monotonic() - started) * 1000,
            fault=fault.kind if fault else None,
        )
        return response

    def _answer(self, request: Request, body: bytes) -> tuple[Response, str]:
        root = f"{request.url.scheme}://{request.url.netloc}"
        with self._sim.world.lock:
            try:
                actor = self._sim.tokens.actor(request.headers.get("authorization"))
                if actor.via in ("anonymous", "app"):
                    raise requires_authentication()
                limits = self._sim.limits.spend(actor.key)
                asked = json.loads(body)
            except ApiError as error:
                return JSONResponse(error.body(), error.status, error.headers), "unknown"
            except ValueError:
                return JSONResponse({"message": "Problems parsing JSON"}, 400), "unknown"
            schema = Schema(self._sim.hub, actor, View(self._sim.world, api=root, html=root, viewer=actor))
            limits["X-RateLimit-Resource"] = "graphql"
            return JSONResponse(execute(schema, asked), headers=limits), actor.name


def execute(schema: Schema, asked: Any) -> dict[str, Any]:
    """The answer to {"query", "variables"}: {"data"} with "errors" when something failed."""
    query = asked.get("query") if isinstance(asked, dict) else None
    if not isinstance(query, str):
        return {"errors": [{"message": "A query attribute must be specified and must be a string."}]}
    try:
        document = Parser(query).document()
        execution = Execution(document, asked.get("variables") or {})
        root = schema.mutation() if document.kind == "mutation" else schema.query()
        data = execution.select(root, document.selection, [])
    except GraphQLError as error:
        return {"errors": [error.body([])]}
    answer: dict[str, Any] = {"data": data}
    if execution.errors:
        answer["errors"] = execution.errors
    return answer
