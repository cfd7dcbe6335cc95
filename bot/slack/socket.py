"""Socket Mode: the same deliveries over a WebSocket that we open, so that no public address is needed."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.door import UNREADABLE, readable

log = structlog.get_logger(__name__)

CONNECT_S = 5.0
LOOK_EVERY_S = 0.5
DOWN_LOOKS = 3
"""So many looks in a row without a connection, and the handler is thrown away for a new one."""
FIRST_PAUSE_S, MAX_PAUSE_S = 0.5, 30.0
CLOSE_S = 2.0
UNREACHABLE = (SlackClientError, aiohttp.ClientError, OSError, ValueError, AttributeError)
"""The last two are what the SDK trips over when the answer is no JSON object, a proxy's page for example."""


class SocketLine:
    """Keeps one connection to Slack for as long as `run` runs.

    Bolt answers an envelope only when a listener's status is 200, and ours store before they answer: what could not be
    stored stays unacknowledged, and Slack sends it again (https://docs.slack.dev/apis/events-api/using-socket-mode).
    The SDK's client reconnects by itself, but knocks for ever at an address that lets in one connection only, so a client
    that stays down is replaced (https://github.com/slackapi/python-slack-sdk/issues/1110).
    """

    def __init__(self, bolt: AsyncApp, client: AsyncWebClient, app_token: str) -> None:
        self._bolt = bolt
        self._client = client
        self._token = app_token

    async def run(self) -> None:
        """Until cancelled; a Slack that cannot be reached never ends it."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with self._connection() as handler:
                    log.info("Slack: Socket Mode, connected")
                    pause_s = FIRST_PAUSE_S
                    await _until_down(handler)
                why, wish_s = "the connection broke", 0.0
            except UNREACHABLE as failure:
                why, wish_s = _reason(failure)
            wait_s = max(pause_s, wish_s)
            log.warning(f"Slack: Socket Mode, not connected ({why}); next try in {wait_s:g} s")
            await asyncio.sleep(wait_s)
            pause_s = min(pause_s * 2, MAX_PAUSE_S)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncSocketModeHandler]:
        """A connected handler. Raises TimeoutError, and what the SDK raises where Slack gives no address."""
        answer = await self._client.apps_connections_open(app_token=self._token)
        vendor = logging.getLogger("slack_sdk.socket_mode")
        handler = _Handler(self._bolt, self._token, vendor, self._client)
        handler.client.wss_uri = str(answer["url"])
        try:
            async with asyncio.timeout(CONNECT_S):
                await handler.client.connect()  # type: ignore[no-untyped-call]  # the SDK's has no annotations
            yield handler
        finally:
            await _close(handler)


class _Handler(AsyncSocketModeHandler):
    """What has no known shape is acknowledged and left: the door answers it 400, and Slack could only send it again."""

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        try:
            if readable(req.payload):
                await super().handle(client, req)
                return
            why = "fields"
        except UNREADABLE as bad:
            why = type(bad).__name__
        log.warning("slack delivery of no known shape", why=why)
        await client.send_socket_mode_response(SocketModeResponse(req.envelope_id))


async def _until_down(handler: AsyncSocketModeHandler) -> None:
    down = 0
    while down < DOWN_LOOKS:
        await asyncio.sleep(LOOK_EVERY_S)
        down = 0 if await handler.client.is_connected() else down + 1


async def _close(handler: AsyncSocketModeHandler) -> None:
    """Ends the handler's tasks and its connections, however the other side behaves."""
    try:
        async with asyncio.timeout(CLOSE_S):
            await handler.client.close()  # type: ignore[no-untyped-call]  # as above
    except TimeoutError:
        await handler.client.aiohttp_client_session.close()


def _reason(failure: Exception) -> tuple[str, float]:
    """What to write of a failure, and how long Slack wants us to wait, in seconds. Never the SDK's text: it may hold the address."""
    if not isinstance(failure, SlackApiError) or not isinstance(failure.response, AsyncSlackResponse):
        return type(failure).__name__, 0.0
    answer = failure.response
    code = answer.data.get("error") if isinstance(answer.data, dict) else None
    asked = str(answer.headers.get("Retry-After", "0"))
    return str(code or f"HTTP {answer.status_code}"), float(asked) if asked.isdecimal() else 0.0
