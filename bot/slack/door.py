"""The route Slack calls: our own signature check on the raw bytes, before Bolt sees anything."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest

from bot.wire import header_pairs, parse_object, read_body
from integrations.slack.webhook import SlackSignature
from tasks.settings import SlackSettings

log = structlog.get_logger(__name__)

BODY_CAP = 1024 * 1024
READ_TIMEOUT_S = 3.0
"""Slack itself gives up after three seconds."""
MATCHED = ("type", "subtype", "action_id", "block_id", "callback_id", "command")
"""What Bolt finds listeners by."""
UNREADABLE = (TypeError, AttributeError, LookupError, ValueError)
"""What Bolt trips over in a body whose fields are not what Slack says they are. Errors of our listeners never come this far."""
FORM = "application/x-www-form-urlencoded"


def slack_router(
    bolt: AsyncApp, settings: SlackSettings, *, now: Callable[[], float] = time.time
) -> APIRouter:
    """POST /slack/events for events, interactivity, options and commands. Without a signing secret: always 401."""
    secret = settings.signing_secret.get_secret_value()
    signature = SlackSignature(secret, settings.max_request_age_s) if secret.strip() else None
    router = APIRouter()

    @router.post("/slack/events")
    async def slack_events(request: Request) -> Response:
        raw = await read_body(request, cap=BODY_CAP, timeout_s=READ_TIMEOUT_S)
        verdict = signature.check(header_pairs(request), raw, now=now()) if signature else None
        if not verdict:
            log.warning("slack delivery refused", why=verdict.value if verdict is not None else "no secret")
            raise HTTPException(401)
        is_form = request.headers.get("content-type", "").split(";")[0].strip().lower() == FORM
        return await _dispatch(bolt, request, _checked(raw, is_form=is_form))

    return router


async def _dispatch(bolt: AsyncApp, request: Request, body: str) -> Response:
    try:
        asked = AsyncBoltRequest(body=body, headers=dict(request.headers))
        answer = await bolt.async_dispatch(asked)
    except UNREADABLE as bad:
        log.warning("slack delivery of no known shape", why=type(bad).__name__)
        raise HTTPException(400) from bad
    headers = {name: values[0] for name, values in answer.headers.items() if name != "set-cookie" and values}
    return Response(answer.body, answer.status, headers)


def _checked(raw: bytes, *, is_form: bool) -> str:
    """The body as text once it is sure that Bolt can read it; HTTPException 400 otherwise."""
    try:
        text = raw.decode("utf-8")
        fields = parse_qs(text, max_num_fields=200) if is_form else {}
    except ValueError as bad:
        raise HTTPException(400) from bad
    bodies = [] if is_form else [parse_object(raw)]
    bodies += [parse_object(payload.encode()) for payload in fields.get("payload", ())]
    if not all(readable(body) for body in bodies):
        raise HTTPException(400)
    return text


def readable(body: dict[str, Any]) -> bool:
    """Bolt reads these fields without looking what they are, and would call its own stumble an error of our listeners."""
    held = [body.get(name) for name in ("event", "team", "container", "view", "message", "enterprise")]
    listed = [body.get("authorizations") or [], actions := body.get("actions") or []]
    if not all(isinstance(found, dict | None) for found in held):
        return False
    if not all(isinstance(items, list) and all(isinstance(i, dict) for i in items) for items in listed):
        return False
    named = [body, body.get("event") or {}, body.get("view") or {}, *actions]
    if not all(isinstance(holder.get(name), str | None) for holder in named for name in MATCHED):
        return False
    return all("action_id" in action for action in actions)
