"""The reading and steering half of the control API: logs, state, faults, settings."""

import secrets
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict

from integrations.simulators.slack.config import Json
from integrations.simulators.slack.control import simulator
from integrations.simulators.slack.faults import BadFault, Fault
from integrations.simulators.slack.shapes import conversation_json, history_json, user_json, view_json

router = APIRouter(prefix="/_sim")


class Settings(BaseModel):
    """Only what is given changes. `verify` does Slack's url_verification handshake on a new events URL."""

    model_config = ConfigDict(extra="forbid")
    events_url: str | None = None
    actions_url: str | None = None
    rate_limits: bool | None = None
    retry_delays_s: list[float] | None = None
    verify: bool = True


class Patience(BaseModel):
    timeout_s: float = 10.0


class Disconnection(BaseModel):
    """`abrupt` cuts the wire without a word, as a broken network does."""

    reason: str = "refresh_requested"
    abrupt: bool = False


class Refusal(BaseModel):
    times: int = 1


class RawEnvelope(BaseModel):
    type: str
    payload: Json


@router.get("/requests")
async def requests(request: Request, method: str | None = None, after: int = 0) -> Json:
    """Every Web API call: method, args (no token), at, status, ok, error, committed, fault."""
    return {"requests": simulator(request).journal.rows(method=method, after=after)}


@router.delete("/requests")
async def forget_requests(request: Request) -> Json:
    simulator(request).journal.clear()
    return {"ok": True}


@router.get("/deliveries")
async def deliveries(request: Request, after: int = 0) -> Json:
    """Everything the app was told, with each attempt's status, reason and answer."""
    return {"deliveries": simulator(request).courier.rows(after=after)}


@router.post("/settle")
async def settle(body: Patience, request: Request) -> Json:
    """Wait until no event delivery is pending."""
    return {"settled": await simulator(request).courier.settle(body.timeout_s)}


@router.post("/faults")
async def add_fault(request: Request) -> Json:
    """Order a fault; the body is a Fault's fields."""
    body: Any = await request.json()
    try:
        simulator(request).faults.add(Fault.from_json(body if isinstance(body, dict) else {}))
    except BadFault as error:
        raise HTTPException(422, str(error)) from error
    return {"ok": True, "faults": simulator(request).faults.rows()}


@router.get("/faults")
async def list_faults(request: Request) -> Json:
    return {"faults": simulator(request).faults.rows()}


@router.delete("/faults")
async def clear_faults(request: Request) -> Json:
    simulator(request).faults.clear()
    return {"ok": True}


@router.post("/config")
async def configure(body: Settings, request: Request) -> Json:
    """Change URLs, limits or retry waits while running; `verified` says whether the URL answered the challenge."""
    sim = simulator(request)
    if body.actions_url is not None:
        sim.courier.actions_url = body.actions_url
    if body.rate_limits is not None:
        sim.limits.on = body.rate_limits
        sim.limits.clear()
    if body.retry_delays_s is not None:
        sim.courier.retry_delays_s = tuple(body.retry_delays_s)
    verified = None
    if body.events_url is not None:
        sim.courier.events_url = body.events_url
        verified = await sim.courier.verify_url(secrets.token_urlsafe(24)) if body.verify else None
    return {"ok": verified is not False, "verified": verified}


@router.post("/socket/disconnect")
async def disconnect_sockets(body: Disconnection, request: Request) -> Json:
    """Socket Mode's refresh: every link is told to reconnect, and closed."""
    gate = simulator(request).gate
    if gate is None:
        return {"ok": True, "closed": 0}
    return {"ok": True, "closed": gate.cut() if body.abrupt else await gate.disconnect(body.reason)}


@router.post("/socket/send")
async def send_over_socket(body: RawEnvelope, request: Request) -> Json:
    """An envelope with any payload; whether the app acknowledged it."""
    gate = simulator(request).gate
    answer = await gate.send(body.type, body.payload, retry_num=0, reason=None) if gate else None
    return {"ok": True, "acknowledged": answer is not None}


@router.post("/socket/refuse")
async def refuse_sockets(body: Refusal, request: Request) -> Json:
    """The next `times` connections are refused although their ticket is good; each ticket is used up all the same."""
    gate = simulator(request).gate
    if gate is not None:
        gate.refusals = body.times
    return {"ok": gate is not None}


@router.get("/socket")
async def sockets(request: Request) -> Json:
    """How many links are open now, how many were ever opened, and how often one was refused."""
    gate = simulator(request).gate
    links, opened, refused = (gate.links, gate.opened, gate.refused) if gate else (0, 0, 0)
    return {"links": links, "opened": opened, "refused": refused}


@router.get("/state")
async def state(request: Request) -> Json:
    """Team, people, channels and the app's ids: what a client of the control API needs to begin."""
    sim = simulator(request)
    config = sim.config
    return {
        "team": {"id": config.team_id, "name": config.team_name},
        "app": {"id": config.app_id, "bot_id": config.bot_id, "bot_user_id": config.bot_user_id},
        "users": [user_json(user, config) for user in sim.workspace.users.values()],
        "channels": [
            {**conversation_json(c, config), "members": c.members}
            for c in sim.workspace.conversations.values()
        ],
        "commands": list(config.commands),
        "shortcuts": [asdict(shortcut) for shortcut in config.shortcuts],
    }


@router.get("/channels/{channel}/messages")
async def channel_messages(channel: str, request: Request) -> Json:
    """Every message of a channel, replies too, oldest first, with reactions, metadata and `edits`."""
    sim = simulator(request)
    conversation = sim.workspace.conversations.get(channel)
    if conversation is None:
        raise HTTPException(404, "channel_not_found")
    return {"messages": [_full(request, ts, channel) for ts in conversation.messages]}


@router.get("/threads/{channel}/{ts}")
async def thread(channel: str, ts: str, request: Request) -> Json:
    """The root and its replies, and the thread's session."""
    sim = simulator(request)
    root = sim.workspace.find(channel, ts)
    if root is None:
        raise HTTPException(404, "thread_not_found")
    replies = sim.workspace.conversations[channel].replies(root.ts)
    session = sim.workspace.sessions.get((channel, root.ts))
    return {
        "messages": [_full(request, message.ts, channel) for message in (root, *replies)],
        "session": asdict(session) if session else None,
    }


@router.get("/ephemerals")
async def ephemerals(request: Request) -> Json:
    return {"ephemerals": [asdict(ephemeral) for ephemeral in simulator(request).workspace.ephemerals]}


@router.get("/sessions")
async def sessions(request: Request) -> Json:
    """Agent sessions with the history of their states."""
    return {"sessions": [asdict(session) for session in simulator(request).workspace.sessions.values()]}


@router.get("/views")
async def views(request: Request) -> Json:
    """Open modals (top one last) by user, and published home tabs."""
    sim = simulator(request)
    workspace = sim.workspace
    return {
        "modals": {
            user: [view_json(workspace.views[view_id], sim.config) for view_id in stack]
            for user, stack in workspace.modal_stacks.items()
        },
        "homes": {
            user: view_json(workspace.views[view_id], sim.config) for user, view_id in workspace.homes.items()
        },
    }


def _full(request: Request, ts: str, channel: str) -> Json:
    sim = simulator(request)
    message = sim.workspace.conversations[channel].messages[ts]
    return {**history_json(message, sim.workspace, metadata=True), "edits": message.edits, "channel": channel}
