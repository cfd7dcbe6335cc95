"""Runs a simulator in a thread of this process, or until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
import threading
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from integrations.simulators.github.app import create_app
from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.sim import Sim

START_S = 20.0


class Protocol(H11Protocol):
    """HTTP/1.1 that lets a fault reach its own connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        super().connection_made(transport)
        self.app_state: dict[str, Any] = {**self.app_state, "transport": transport}


class GitHubSimulator:
    """A simulator listening on 127.0.0.1; `url` is its address. Use as a context manager or call close()."""

    def __init__(self, config: GitHubSimConfig, port: int = 0, host: str = "127.0.0.1") -> None:
        # The protocol is named because asyncio switches Nagle off only where it sees it; else an answer costs 40 ms.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, port))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        app = create_app(replace(config, public_url=config.public_url or self.url))
        self.sim: Sim = app.state.sim
        settings = uvicorn.Config(
            app, http=Protocol, ws="none", loop="asyncio", log_level="warning", timeout_graceful_shutdown=3
        )
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._run, name="github-sim", daemon=True)

    def start(self) -> Self:
        """Serve in a thread; returns when requests are answered. Raises RuntimeError if that takes too long."""
        self._socket.listen(512)
        self._thread.start()
        waited = threading.Event()
        for _ in range(int(START_S * 100)):
            if self._server.started:
                return self
            waited.wait(0.01)
        raise RuntimeError("the GitHub simulator did not start")

    def wait(self) -> None:
        """Block until the server ends."""
        while self._thread.is_alive():
            self._thread.join(0.5)

    def close(self) -> None:
        """Stop serving; running CI jobs are stopped."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(timeout=15)
        self.sim.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])
