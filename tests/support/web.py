"""The real web application on a real port, with a database of its own and a bell that only notes who was rung."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI


@dataclass(slots=True)
class NotedBell:
    """Notes every ring; `broken` makes it answer as if the broker were away."""

    rung: list[str] = field(default_factory=list)
    broken: bool = False

    def wake(self, run_id: str) -> bool:
        self.rung.append(run_id)
        return not self.broken


@contextmanager
def serving(app: FastAPI, *, port: int = 0) -> Iterator[str]:
    """The application's base URL while it is served on a port, of the system's choice where none is given."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="on")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive() and time.monotonic() < deadline, "the web application did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
