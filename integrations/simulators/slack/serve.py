"""Running the simulator: in this process for `python -m`, or in a thread for tests and demos."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import uvicorn

from integrations.simulators.slack.app import create_app
from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.connection import CuttableProtocol
from integrations.simulators.slack.workspace import Workspace

_START_S = 20.0


class _Server(uvicorn.Server):
    """Calls `ready` once it accepts connections, and lets watching pages go before it stops."""

    def __init__(self, config: uvicorn.Config, workspace: Workspace, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._workspace = workspace
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._workspace.close()
        await super().shutdown(sockets)


def serve(
    config: SlackSimConfig, *, port: int, ready: Callable[[str], None], host: str = "127.0.0.1"
) -> None:
    """Serve until a signal; `ready` gets the URL. Port 0 lets the system choose."""
    listener, url = _listen(port, host)
    server = _server(config, url, lambda: ready(url))
    server.run(sockets=[listener])


@contextmanager
def running(config: SlackSimConfig | None = None, *, port: int = 0) -> Iterator[str]:
    """The URL of a simulator that runs in a thread of this process for as long as the block."""
    listener, url = _listen(port)
    started = threading.Event()
    server = _server(config or SlackSimConfig(), url, started.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="slack-simulator")
    thread.start()
    try:
        if not started.wait(_START_S):
            raise RuntimeError("the Slack simulator did not start")
        yield url
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _listen(port: int, host: str = "127.0.0.1") -> tuple[socket.socket, str]:
    # The protocol is named because asyncio switches Nagle off only where it sees it; else an answer costs 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener, f"http://{host}:{listener.getsockname()[1]}"


def _server(config: SlackSimConfig, url: str, ready: Callable[[], None]) -> _Server:
    app = create_app(replace(config, public_url=config.public_url or url))
    settings = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        http=CuttableProtocol,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=2,
    )
    return _Server(settings, app.state.sim.workspace, ready)
