"""A running simulator, the real slack_sdk pointed at it, a control client, and a real Bolt app that listens."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, Request
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.responses import JSONResponse, Response

from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.serve import running

SECRET = "test-signing-secret"
ADA, BEN, CHEN, DANA, BOT = "U0ADA00001", "U0BEN00001", "U0CHEN0001", "U0DANA0001", "U0SORTIE01"
PAYMENTS, RANDOM = "C0PAYMENTS", "C0RANDOM01"
CONFIG = SlackSimConfig(signing_secret=SECRET, bot_token="xoxb-test", retry_delays_s=(0.05, 0.1, 0.15))


@dataclass(frozen=True, slots=True)
class Control:
    """The control API, as a demo or a scenario would call it."""

    url: str
    http: httpx2.Client

    def get(self, path: str) -> Any:
        answer = self.http.get(f"/_sim/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any], *, status: int = 200) -> Any:
        answer = self.http.post(f"/_sim/{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def say(
        self, text: str, *, user: str = ADA, channel: str = PAYMENTS, thread_ts: str | None = None
    ) -> str:
        body = {"user": user, "channel": channel, "text": text, "thread_ts": thread_ts}
        return str(self.post("messages", body)["ts"])

    def settle(self) -> None:
        assert self.post("settle", {"timeout_s": 15})["settled"]

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        self.settle()
        rows = [d for d in self.get("deliveries")["deliveries"] if d["kind"] == "events_api"]
        return [row for row in rows if kind in (None, row["type"])]


@dataclass(slots=True)
class Heard:
    """One raw request that the app received."""

    at: float
    headers: dict[str, str]
    body: bytes

    @property
    def signed(self) -> bool:
        return SignatureVerifier(SECRET).is_valid_request(self.body, self.headers)


@dataclass(slots=True)
class Listener:
    """A Bolt app behind FastAPI, keeping every raw request. `statuses` are answered before Bolt is asked."""

    url: str
    bolt: AsyncApp
    heard: list[Heard] = field(default_factory=list)
    statuses: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    stall_s: float = 0.0


@contextlib.contextmanager
def serving(app: FastAPI, listener: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    until(lambda: server.started)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def until(condition: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Poll until the condition holds; fail at the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def sim() -> Iterator[Control]:
    with running(CONFIG) as url, httpx2.Client(base_url=url, trust_env=False, timeout=20) as http:
        yield Control(url, http)


@pytest.fixture
def slack(sim: Control) -> WebClient:
    return WebClient(token="xoxb-test", base_url=f"{sim.url}/api/")


@pytest.fixture
def app(sim: Control) -> Iterator[Listener]:
    """The Bolt app; the simulator delivers to it."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{sock.getsockname()[1]}/slack/events"
    client = AsyncWebClient(token="xoxb-test", base_url=f"{sim.url}/api/")
    bolt = AsyncApp(client=client, signing_secret=SECRET, process_before_response=True)
    listener = Listener(url, bolt)
    web = FastAPI()
    handler = AsyncSlackRequestHandler(bolt)

    @web.post("/slack/events")
    async def events(request: Request) -> Response:
        listener.heard.append(Heard(time.time(), dict(request.headers), await request.body()))
        if listener.stall_s:
            stall, listener.stall_s = listener.stall_s, 0.0
            await asyncio.sleep(stall)
        if listener.statuses:
            status, headers = listener.statuses.pop(0)
            return JSONResponse({}, status, headers=headers)
        return await handler.handle(request)

    with serving(web, sock):
        sim.post("config", {"events_url": url, "verify": False})
        yield listener
