"""The door Slack calls: our own signature check on the raw bytes, before anything else sees them."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.slack.listeners import Listeners
from bot.wire import header_pairs, parse_object, read_body
from integrations.slack.webhook import SlackSignature
from tasks.settings import SlackSettings

log = structlog.get_logger(__name__)

BODY_CAP = 1024 * 1024
READ_TIMEOUT_S = 3.0
"""Slack itself gives up after three seconds."""
MATCHED = ("type", "subtype", "action_id", "block_id", "callback_id", "command")
"""What Bolt finds listeners by."""
OBJECTS = ("event", "team", "container", "view", "message", "enterprise")
UNREADABLE = (TypeError, AttributeError, LookupError, ValueError)
"""What Bolt trips over in a body whose fields are not what Slack says they are. Errors of our listeners never come this far."""
FORM = "application/x-www-form-urlencoded"


class SlackDoor:
    """POST /slack/events for events, interactivity, options and commands. Without a signing secret: always 401.

    An ASGI application of its own. Events, which come in bursts and are answered by an empty 200, go to the listener
    directly: finding it through FastAPI and Bolt cost more than storing what they say.
    """

    def __init__(
        self,
        bolt: AsyncApp,
        listeners: Listeners,
        settings: SlackSettings,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        secret = settings.signing_secret.get_secret_value()
        self._signature = SlackSignature(secret, settings.max_request_age_s) if secret.strip() else None
        self._bolt = bolt
        self._listeners = listeners
        self._now = now

    def route(self) -> Route:
        return Route("/slack/events", self, methods=["POST"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Request(scope, receive))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        raw = await read_body(request, cap=BODY_CAP, timeout_s=READ_TIMEOUT_S)
        verdict = (
            self._signature.check(header_pairs(request), raw, now=self._now()) if self._signature else None
        )
        if not verdict:
            log.warning("slack delivery refused", why=verdict.value if verdict is not None else "no secret")
            raise HTTPException(401)
        is_form = request.headers.get("content-type", "").split(";")[0].strip().lower() == FORM
        text, bodies = _checked(raw, is_form=is_form)
        if not is_form and bodies[0].get("type") == "event_callback":
            await self._listeners.event(bodies[0])
            return Response()
        return await _dispatch(self._bolt, request, text)


async def _dispatch(bolt: AsyncApp, request: Request, body: str) -> Response:
    try:
        asked = AsyncBoltRequest(body=body, headers=dict(request.headers))
        answer = await bolt.async_dispatch(asked)
    except UNREADABLE as bad:
        log.warning("slack delivery of no known shape", why=type(bad).__name__)
        raise HTTPException(400) from bad
    headers = {name: values[0] for name, values in answer.headers.items() if name != "set-cookie" and values}
    return Response(answer.body, answer.status, headers)


def _checked(raw: bytes, *, is_form: bool) -> tuple[str, list[dict[str, Any]]]:
    """The body as text and its JSON objects, once it is sure that Bolt can read it; HTTPException 400 otherwise."""
    try:
        text = raw.decode("utf-8")
        fields = parse_qs(text, max_num_fields=200) if is_form else {}
    except ValueError as bad:
        raise HTTPException(400) from bad
    bodies = [] if is_form else [parse_object(raw)]
    bodies += [parse_object(payload.encode()) for payload in fields.get("payload", ())]
    if not all(readable(body) for body in bodies):
        raise HTTPException(400)
    return text, bodies


def readable(body: dict[str, Any]) -> bool:
    """Bolt reads these fields without looking what they are, and would call its own stumble an error of our listeners."""
    actions = body.get("actions") or []
    if any(not isinstance(body.get(name), dict | None) for name in OBJECTS):
        return False
    for items in (body.get("authorizations") or [], actions):
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            return False
    for holder in (body, body.get("event") or {}, body.get("view") or {}, *actions):
        for name in MATCHED:
            if name in holder and not isinstance(holder[name], str | None):
                return False
    return all("action_id" in action for action in actions)
