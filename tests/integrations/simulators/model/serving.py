"""Serves the simulator on a free port for the length of a test, and drives its control API."""

import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from anthropic import Anthropic

from integrations.simulators.model.app import create_app
from integrations.simulators.model.loading import LoadedScript, parse_script
from integrations.simulators.model.simulator import ModelSimConfig

API_KEY = "sk-ant-test"
MODEL = "claude-opus-5-5"


@dataclass(frozen=True, slots=True)
class Served:
    """A running simulator."""

    url: str
    clients: list[Anthropic] = field(default_factory=list)

    def client(self, **options: Any) -> Anthropic:
        """The real SDK, refusing any answer that its own types do not accept; no retries unless asked for."""
        settings = {"api_key": API_KEY, "max_retries": 0, **options}
        client = Anthropic(base_url=self.url, _strict_response_validation=True, **settings)
        self.clients.append(client)
        return client

    def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], Any]:
        """A plain POST: status, headers, decoded body."""
        return self._call("POST", path, b"" if body is None else json.dumps(body).encode(), headers)

    def get(self, path: str, **headers: str) -> Any:
        return self._call("GET", path, None, headers)[2]

    def messages(self, body: Any, **headers: str) -> tuple[int, dict[str, str], Any]:
        """POST /v1/messages as the SDK does, without the SDK."""
        usual = {"authorization": f"Bearer {API_KEY}", "anthropic-version": "2026-10-21"}
        return self.post(
            "/v1/messages", body, **{**usual, **{k.replace("_", "-"): v for k, v in headers.items()}}
        )

    def requests(self, role: str | None = None) -> list[dict[str, Any]]:
        log: list[dict[str, Any]] = self.get("/_sim/requests" + (f"?role={role}" if role else ""))
        return log

    def fault(self, kind: str, **options: Any) -> None:
        status, _, body = self.post("/_sim/faults", {"kind": kind, **options})
        assert status == 201, body

    def _call(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], Any]:
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers)
        opener = urllib.request.build_opener(_KeepErrors())
        with opener.open(request, timeout=10) as response:
            raw = response.read()
            told = {key.lower(): value for key, value in response.headers.items()}
            return response.status, told, json.loads(raw) if raw else None


class _KeepErrors(urllib.request.HTTPErrorProcessor):
    def http_response(self, request: Any, response: Any) -> Any:
        return response


@contextmanager
def serve(script: LoadedScript, base: Path | None = None, **options: Any) -> Iterator[Served]:
    """Runs the simulator with `script` until the block ends."""
    app = create_app(ModelSimConfig(script, base or Path(), API_KEY, **options))
    listener = socket.create_server(("127.0.0.1", 0))
    settings = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.005)
    served = Served(f"http://127.0.0.1:{listener.getsockname()[1]}")
    try:
        yield served
    finally:
        for client in served.clients:
            client.close()
        server.should_exit = True
        thread.join(10)
        listener.close()


def script_of(*steps: dict[str, Any], **extra: Any) -> LoadedScript:
    """A script of one role `worker` that matches every conversation."""
    return parse_script(
        json.dumps({"roles": {"worker": {"match": {}, "steps": list(steps)}}, **extra}),
        name="test",
        base=Path(),
    )


def request_body(*messages: dict[str, Any], **extra: Any) -> dict[str, Any]:
    """A request body with one user message unless messages are given."""
    held = list(messages) or [{"role": "user", "content": "hello"}]
    return {"model": MODEL, "max_tokens": 1024, "messages": held, **extra}
