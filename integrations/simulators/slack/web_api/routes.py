"""`POST /api/<method>`: arguments in, token, faults and limits, the method, Slack's answer out."""

import asyncio
import json
from collections.abc import Callable
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from integrations.simulators.slack.config import Json
from integrations.simulators.slack.connection import DroppedResponse
from integrations.simulators.slack.faults import Fault
from integrations.simulators.slack.journal import RequestEntry
from integrations.simulators.slack.simulator import Simulator
from integrations.simulators.slack.web_api import (
    agents,
    chat,
    conversations,
    people,
    reactions,
    streams,
    views,
)
from integrations.simulators.slack.web_api.call import Call, SlackError

Method = Callable[[Call], Json]

METHODS: dict[str, Method] = {
    "agents.sessions.rename": agents.rename,
    "agents.sessions.setStatus": agents.set_status,
    "api.test": people.api_test,
    "auth.test": people.auth_test,
    "blocks.validate": agents.validate,
    "bots.info": people.bots_info,
    "chat.appendStream": streams.append,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.get_permalink,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.postMessage": chat.post_message,
    "chat.startStream": streams.start,
    "chat.stopStream": streams.stop,
    "chat.update": chat.update,
    "conversations.history": conversations.history,
    "conversations.info": conversations.info,
    "conversations.join": conversations.join,
    "conversations.list": conversations.list_all,
    "conversations.members": conversations.members,
    "conversations.open": conversations.open_dm,
    "conversations.replies": conversations.replies,
    "reactions.add": reactions.add,
    "reactions.get": reactions.get,
    "reactions.remove": reactions.remove,
    "team.info": people.team_info,
    "users.info": people.users_info,
    "users.list": people.users_list,
    "users.lookupByEmail": people.lookup_by_email,
    "views.open": views.open_view,
    "views.publish": views.publish,
    "views.push": views.push,
    "views.update": views.update,
}
_NO_TOKEN_NEEDED = ("api.test",)
_APP_TOKEN_METHODS = ("apps.connections.open",)

router = APIRouter()


@router.api_route("/api/{method}", methods=["GET", "POST"])
async def web_api(method: str, request: Request) -> Response:
    sim: Simulator = request.app.state.sim
    args, warnings = await _arguments(request)
    entry = sim.journal.open(method=method, args=args, at=sim.now())
    entry.ts = str(args.get("ts") or args.get("timestamp") or "") or None
    fault = sim.faults.take(method, args)
    if fault is not None:
        entry.fault = f"{fault.kind} {fault.when}"
        if fault.when == "before":
            return await _suffer(fault, entry)
    limited = _limited(sim, method, args, entry)
    if limited is not None:
        return limited
    call = Call(sim, method, args, warnings)
    answer = _answer(call, _token(request, args))
    entry.ok, entry.error, entry.committed = answer["ok"], answer.get("error"), answer["ok"]
    entry.ts = answer.get("ts") or answer.get("message_ts") or entry.ts
    if fault is not None:
        return await _suffer(fault, entry)
    entry.status = 200
    return JSONResponse(answer)


def _answer(call: Call, token: str) -> Json:
    try:
        _authorize(call, token)
        if call.method == "apps.connections.open":
            body = _open_socket(call)
        elif call.method in METHODS:
            body = METHODS[call.method](call)
        else:
            raise SlackError("unknown_method", extra={"req_method": call.method})
    except SlackError as refusal:
        answer: Json = {"ok": False, "error": refusal.code, **refusal.extra}
        call.messages += refusal.messages
    else:
        answer = {"ok": True, **body}
    if call.warnings:
        answer["warning"] = ",".join(call.warnings)
    metadata = {"warnings": call.warnings, "messages": call.messages}
    filled = {key: value for key, value in metadata.items() if value}
    if filled:
        answer["response_metadata"] = {**answer.get("response_metadata", {}), **filled}
    return answer


def _open_socket(call: Call) -> Json:
    if call.sim.gate is None:
        raise SlackError("socket_mode_not_enabled")
    return {"url": call.sim.gate.new_url()}


def _authorize(call: Call, token: str) -> None:
    config = call.sim.config
    if call.method in _NO_TOKEN_NEEDED:
        return
    if not token:
        raise SlackError("not_authed")
    if token not in (config.bot_token, config.app_token):
        raise SlackError("invalid_auth")
    wanted = config.app_token if call.method in _APP_TOKEN_METHODS else config.bot_token
    if token != wanted:
        raise SlackError("not_allowed_token_type")


def _token(request: Request, args: Json) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    return str(args.get("token") or "")


def _limited(sim: Simulator, method: str, args: Json, entry: RequestEntry) -> Response | None:
    wait_s = sim.limits.retry_after_s(method=method, channel=str(args.get("channel", "")), now=sim.now())
    return None if wait_s is None else _rate_limited(wait_s, entry)


def _rate_limited(wait_s: int, entry: RequestEntry) -> Response:
    entry.status, entry.ok, entry.error = 429, False, "ratelimited"
    return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers={"Retry-After": str(wait_s)})


async def _suffer(fault: Fault, entry: RequestEntry) -> Response:
    """What the caller gets instead of the answer; the entry's `committed` says whether the work was done."""
    if fault.kind == "ratelimit":
        return _rate_limited(fault.retry_after_s, entry)
    if fault.kind == "error":
        entry.status, entry.ok, entry.error = 200, False, fault.error
        return JSONResponse({"ok": False, "error": fault.error})
    if fault.kind == "status":
        entry.status, entry.ok, entry.error = fault.status, False, f"http_{fault.status}"
        return Response("upstream unavailable", fault.status, media_type="text/plain")
    entry.ok, entry.error = False, fault.kind
    if fault.kind == "timeout":
        await asyncio.sleep(fault.seconds)
    return DroppedResponse()


async def _arguments(request: Request) -> tuple[Json, list[str]]:
    """Query, form or JSON arguments together, and the warnings Slack gives for how they were sent."""
    args: Json = dict(request.query_params)
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    body = await request.body()
    if kind == "application/json":
        try:
            decoded = json.loads(body) if body else {}
        except ValueError:
            decoded = {}
        args |= decoded if isinstance(decoded, dict) else {}
        return args, [] if "charset" in parameters.lower() else ["missing_charset"]
    if kind == "multipart/form-data":
        form = await request.form()
        args |= {key: value for key, value in form.items() if isinstance(value, str)}
    elif body:
        args |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return args, []
