"""Socket Mode: deliveries over a WebSocket that the app opens. https://docs.slack.dev/apis/events-api/using-socket-mode"""

import asyncio
import itertools
import json
import secrets
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from integrations.simulators.slack.config import Json, SlackSimConfig

_APPROXIMATE_LIFE_S = 18_060
_WITH_ANSWER = ("interactive", "slash_commands")


@dataclass(slots=True, eq=False)
class _Link:
    """One connected WebSocket and the envelopes it has not acknowledged yet."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    waiting: dict[str, asyncio.Future[Json]] = field(default_factory=dict)


class SocketGate:
    """A WebSocket server beside the HTTP one. A link is opened once per ticket of apps.connections.open."""

    def __init__(self, config: SlackSimConfig) -> None:
        self._config = config
        self._links: list[_Link] = []
        self._tickets: set[str] = set()
        self._turn = itertools.count()
        self._runner: web.AppRunner | None = None
        self._root = ""
        self.refusals = 0
        self.opened = 0
        self.refused = 0

    @property
    def connected(self) -> bool:
        return bool(self._links)

    @property
    def links(self) -> int:
        return len(self._links)

    async def start(self) -> None:
        """Listen on a port of 127.0.0.1 that the system chooses."""
        app = web.Application()
        app.router.add_get("/link/", self._serve)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._root = f"ws://{host}:{port}/link/"

    async def stop(self) -> None:
        await self.disconnect("warning")
        if self._runner is not None:
            await self._runner.cleanup()

    def new_url(self) -> str:
        """A URL that can be connected to once."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return f"{self._root}?ticket={ticket}&app_id={self._config.app_id}"

    async def send(self, kind: str, payload: Json, *, retry_num: int, reason: str | None) -> Json | None:
        """Send one envelope to one of the links and wait for its acknowledgement."""
        if not self._links:
            return None
        link = self._links[next(self._turn) % len(self._links)]
        envelope_id = secrets.token_hex(16)
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind in _WITH_ANSWER,
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry_num, "retry_reason": reason or ""}
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        link.waiting[envelope_id] = answer
        try:
            await link.socket.send_json(envelope)
            return await asyncio.wait_for(answer, self._config.delivery_timeout_s)
        except (TimeoutError, ConnectionError):
            return None
        finally:
            link.waiting.pop(envelope_id, None)

    async def disconnect(self, reason: str) -> int:
        """Tell every link to reconnect (`refresh_requested` or `warning`) and close it; how many there were."""
        links = list(self._links)
        for link in links:
            await link.socket.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "simulator"}}
            )
            await link.socket.close()
        return len(links)

    def cut(self) -> int:
        """Cut every link without a closing frame; how many there were."""
        links = list(self._links)
        for link in links:
            if link.transport is not None:
                link.transport.abort()
        return len(links)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        known = ticket in self._tickets
        self._tickets.discard(ticket)
        if not known or self.refusals > 0:
            self.refusals = max(0, self.refusals - known)
            self.refused += 1
            return web.Response(status=403, text="invalid ticket")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        link = _Link(socket, request.transport)
        self._links.append(link)
        self.opened += 1
        await socket.send_json(self._hello())
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    _acknowledge(link, message.data)
        finally:
            self._links.remove(link)
        return socket

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._links),
            "debug_info": {
                "host": "simulator",
                "build_number": 1,
                "approximate_connection_time": _APPROXIMATE_LIFE_S,
            },
            "connection_info": {"app_id": self._config.app_id},
        }


def _acknowledge(link: _Link, text: str) -> None:
    try:
        body = json.loads(text)
    except ValueError:
        return
    answer = link.waiting.get(str(body.get("envelope_id"))) if isinstance(body, dict) else None
    if answer is not None and not answer.done():
        payload = body.get("payload")
        answer.set_result(payload if isinstance(payload, dict) else {"text": payload} if payload else {})
