"""A server whose connections a handler can cut: how a response is lost after the work was done."""

import asyncio
import socket
import struct
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

_EXTENSION = "simulator.cut"
_LINGER_OFF = struct.pack("ii", 1, 0)


class CuttableProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with one more ASGI extension: a callable that resets the TCP connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        inner: Any = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[_EXTENSION] = self._cut
            await inner(scope, receive, send)

        self.app = app

    def _cut(self) -> None:
        if self.transport.is_closing():
            return
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
        self.transport.abort()


class DroppedResponse(Response):
    """No answer at all: the connection is reset. Under another server an answer breaks off instead."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cut = scope.get("extensions", {}).get(_EXTENSION)
        if cut is not None:
            cut()
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        raise ConnectionAbortedError("the simulator was told to lose this answer")
