"""Turns an HTTP request into a call and its outcome into GitHub's answer."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from integrations.simulators.github.errors import ApiError, bad_credentials, not_found
from integrations.simulators.github.faults import Fault, cut
from integrations.simulators.github.model.access import ANONYMOUS, Actor
from integrations.simulators.github.rest.table import Call, Listing, Reply, Table, match
from integrations.simulators.github.sim import Sim
from integrations.simulators.github.views.base import View

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request read from the wire; `path` is without the /api/v3 prefix."""

    method: str
    path: str
    prefix: str
    root: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def url(self) -> str:
        return f"{self.root}{self.prefix}{self.path}"


async def read(request: Request, prefix: str) -> Incoming:
    """Read a request whole."""
    path = request.url.path.removeprefix(prefix) if prefix else request.url.path
    return Incoming(
        method=request.method,
        path=request.scope["path"].removeprefix(prefix) or "/" if prefix else request.scope["path"] or path,
        prefix=prefix,
        root=f"{request.url.scheme}://{request.url.netloc}",
        query=dict(request.query_params),
        headers=request.headers,
        body=await request.body(),
    )


class RestEndpoint:
    """Serves all route tables of one simulator under one prefix ("" or "/api/v3")."""

    def __init__(self, sim: Sim, tables: Sequence[Table], prefix: str) -> None:
        self._sim, self._tables, self._prefix = sim, tables, prefix

    async def serve(self, request: Request) -> Response:
        incoming, started = await read(request, self._prefix), time.monotonic()
        fault = self._sim.faults.take(incoming.method, incoming.path)
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.delay_s)
        if fault is not None and fault.kind in ("status", "ratelimit", "reset") and fault.when == "before":
            response, who = _faulty(fault, request), "unknown"
        else:
            response, who = await run_in_threadpool(self._answer, incoming)
            if fault is not None and fault.kind != "delay":
                response = _faulty(fault, request)
        self._sim.log.add(
            (incoming.method, f"{self._prefix}{incoming.path}", request.url.query),
            body=incoming.body,
            status=0 if fault is not None and fault.kind == "reset" else response.status_code,
            who=(who, incoming.headers.get("user-agent", "")),
            ms=(time.monotonic() - started) * 1000,
            fault=fault.kind if fault else None,
        )
        return response

    def _answer(self, incoming: Incoming) -> tuple[Response, str]:
        with self._sim.world.lock:
            return answer(self._sim, self._tables, incoming)


def _faulty(fault: Fault, request: Request) -> Response:
    return cut(request) if fault.kind == "reset" else fault.response()


def answer(sim: Sim, tables: Sequence[Table], incoming: Incoming) -> tuple[Response, str]:
    """(response, name of the actor). Hold the world's lock."""
    actor = ANONYMOUS
    try:
        actor = sim.tokens.actor(incoming.headers.get("authorization"))
        limits = sim.limits.look(actor.key)
        if incoming.path != "/rate_limit":
            limits = sim.limits.spend(actor.key)
        response = _handled(sim, tables, incoming, actor)
    except ApiError as error:
        response = JSONResponse(error.body(), error.status, error.headers)
        limits = sim.limits.look(actor.key)
    response.headers.update(_headers(limits))
    return response, actor.name


def _handled(sim: Sim, tables: Sequence[Table], incoming: Incoming, actor: Actor) -> Response:
    found = match(tables, incoming.method, incoming.path)
    if found is None:
        raise bad_credentials() if actor.via == "anonymous" and incoming.method != "GET" else not_found()
    route, params = found
    call = Call(
        hub=sim.hub,
        tokens=sim.tokens,
        params=params,
        query=incoming.query,
        headers=incoming.headers,
        body=_parse(incoming),
        actor=actor,
        view=View(sim.world, api=incoming.root + incoming.prefix, html=incoming.root, viewer=actor),
        budget=sim.limits.look(actor.key),
    )
    result = route.handler(call)
    if isinstance(result, Listing):
        return _conditional(incoming, *_page(incoming, result))
    if isinstance(result, Reply):
        return _reply(result)
    return _conditional(incoming, result, {})


def _parse(incoming: Incoming) -> Any:
    if not incoming.body or incoming.method == "GET":
        return None
    try:
        return json.loads(incoming.body)
    except ValueError:
        raise ApiError(400, "Problems parsing JSON") from None


def _page(incoming: Incoming, listing: Listing) -> tuple[Any, dict[str, str]]:
    size = _bounded(incoming.query.get("per_page"), 30, most=100)
    number = _bounded(incoming.query.get("page"), 1, most=10**6)
    last = max(1, math.ceil(len(listing.items) / size))
    rows = [listing.render(item) for item in listing.items[(number - 1) * size : number * size]]
    pages: dict[str, int] = {}
    if number < last:
        pages.update(next=number + 1, last=last)
    if number > 1:
        pages.update(first=1, prev=number - 1)
    links = [
        f'<{incoming.url}?{urlencode({**incoming.query, "page": page})}>; rel="{rel}"'
        for rel, page in pages.items()
    ]
    headers = {"Link": ", ".join(links)} if links else {}
    if listing.key is None:
        return rows, headers
    return {"total_count": len(listing.items), **listing.more, listing.key: rows}, headers


def _bounded(text: str | None, default: int, *, most: int) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return default
    return max(1, min(int(text), most))


def _conditional(incoming: Incoming, body: Any, headers: dict[str, str]) -> Response:
    content = json.dumps(body).encode()
    if incoming.method in ("GET", "HEAD"):
        etag = f'W/"{hashlib.sha256(content).hexdigest()}"'
        headers = {**headers, "ETag": etag, "Cache-Control": "private, max-age=60, s-maxage=60"}
        if incoming.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, media_type=JSON_TYPE)


def _reply(reply: Reply) -> Response:
    if reply.body is None:
        return Response(status_code=reply.status, headers=dict(reply.headers))
    if isinstance(reply.body, str):
        kind = dict(reply.headers).get("Content-Type", "text/plain; charset=utf-8")
        rest = {k: v for k, v in reply.headers.items() if k != "Content-Type"}
        return Response(reply.body, reply.status, rest, media_type=kind)
    return Response(json.dumps(reply.body), reply.status, dict(reply.headers), media_type=JSON_TYPE)


def _headers(limits: Mapping[str, str]) -> dict[str, str]:
    return {
        **limits,
        "X-GitHub-Request-Id": uuid.uuid4().hex[:16].upper(),
        "X-GitHub-Media-Type": "github.v3; format=json",
        "X-GitHub-Api-Version-Selected": "2022-11-28",
        "Server": "github-simulator",
    }
