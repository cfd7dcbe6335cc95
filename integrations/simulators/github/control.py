"""/_sim: set the stage, break things, look behind the curtain. Not part of GitHub."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integrations.simulators.github import people, seed
from integrations.simulators.github.errors import ApiError
from integrations.simulators.github.faults import Fault
from integrations.simulators.github.hooks.deliveries import Delivery
from integrations.simulators.github.sim import Sim
from integrations.simulators.github.views import people as people_views
from integrations.simulators.github.views import repos
from integrations.simulators.github.views.base import View, iso

Act = Callable[[Sim, Request, dict[str, Any]], Any]


def routes(sim: Sim) -> list[Route]:
    """The control API of one simulator."""
    table: list[tuple[str, str, Act]] = [
        ("POST", "/repos", _add_repo),
        ("POST", "/users", lambda s, r, b: people_views.user(_view(s), seed.add_user(s, b))),
        ("POST", "/orgs", lambda s, r, b: people_views.user(_view(s), seed.add_org(s, b))),
        ("POST", "/installations", _add_installation),
        ("POST", "/act", lambda s, r, b: people.act(s, b)),
        ("GET", "/faults", lambda s, r, b: [asdict(f) for f in s.faults.armed if f.times > 0]),
        ("POST", "/faults", _arm),
        ("DELETE", "/faults", _disarm),
        ("POST", "/tokens/revoke", _revoke),
        ("POST", "/tokens/expire", lambda s, r, b: {"expired": s.tokens.expire()}),
        ("POST", "/codes/expire", lambda s, r, b: {"expired": s.oauth.expire()}),
        ("GET", "/requests", _requests),
        ("DELETE", "/requests", lambda s, r, b: s.log.clear()),
        ("GET", "/deliveries", lambda s, r, b: [_delivery(d) for d in list(s.deliveries.log)]),
        ("POST", "/deliveries/{id:int}/attempts", _redeliver),
        ("GET", "/idle", _idle),
    ]
    return [Route(path, _endpoint(sim, act), methods=[method]) for method, path, act in table]


def _endpoint(sim: Sim, act: Act) -> Callable[[Request], Any]:
    async def serve(request: Request) -> Response:
        if not same_site(request):
            return JSONResponse({"error": "cross-site request refused"}, 403)
        try:
            body = json.loads(await request.body() or b"{}")
            if not isinstance(body, dict):
                raise ValueError("the body must be a JSON object")
            return JSONResponse(await run_in_threadpool(_locked, sim, act, request, body))
        except ApiError as error:
            return JSONResponse(error.body(), error.status)
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return serve


def _locked(sim: Sim, act: Act, request: Request, body: dict[str, Any]) -> Any:
    with sim.world.lock:
        return act(sim, request, body)


def same_site(request: Request) -> bool:
    """Whether a request comes from our own pages or from no page at all."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _view(sim: Sim) -> View:
    return sim.hub.view


def _add_repo(sim: Sim, request: Request, body: dict[str, Any]) -> Any:
    return repos.full(_view(sim), seed.add_repo(sim, body))


def _add_installation(sim: Sim, request: Request, body: dict[str, Any]) -> Any:
    return people_views.installation(_view(sim), seed.add_installation(sim, body))


def _arm(sim: Sim, request: Request, body: dict[str, Any]) -> Any:
    """API faults have `match`; webhook faults have `event`."""
    if "event" in body:
        sim.deliveries.faults.arm(body)
    else:
        sim.faults.arm(Fault.from_json(body))
    return {"armed": True}


def _disarm(sim: Sim, request: Request, body: dict[str, Any]) -> Any:
    sim.faults.clear()
    sim.deliveries.faults.clear()
    return {"armed": False}


def _revoke(sim: Sim, request: Request, body: dict[str, Any]) -> Any:
    hit = sim.tokens.revoke(
        secret=body.get("token"), installation_id=body.get("installation_id"), login=body.get("login", "")
    )
    return {"revoked": hit}


def _requests(sim: Sim, request: Request, body: dict[str, Any]) -> Any:
    since = int(request.query_params.get("since", "0"))
    return sim.log.listing(since=since, method=request.query_params.get("method"))


def _redeliver(sim: Sim, request: Request, body: dict[str, Any]) -> Any:
    found = sim.deliveries.find(request.path_params["id"])
    if found is None:
        raise ApiError(404, "Not Found")
    return _delivery(sim.deliveries.redeliver(found))


def _idle(sim: Sim, request: Request, body: dict[str, Any]) -> Any:
    busy, pending = sim.ci.busy, sim.deliveries.pending
    return {"idle": not busy and not pending, "ci": busy, "deliveries": pending}


def _delivery(it: Delivery) -> dict[str, Any]:
    return {
        "id": it.id,
        "guid": it.guid,
        "hook_id": it.hook.id,
        "url": it.hook.url,
        "event": it.event,
        "action": it.action,
        "redelivery": it.redelivery,
        "queued_at": iso(it.queued_at),
        "delivered_at": iso(it.delivered_at),
        "status": it.status,
        "status_code": it.status_code,
        "duration": it.duration,
        "headers": it.headers,
        "payload": json.loads(it.body),
    }
