"""Breaks connections on purpose: a reset as a dying network makes it, or silence until the client gives up."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request

_KEY = "simulator.transport"
_LINGER_NOTHING = struct.pack("ii", 1, 0)


class BreakableApp(FastAPI):
    """A FastAPI app whose handlers can reach the connection they answer on (served by uvicorn)."""

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        scope[_KEY] = getattr(getattr(send, "__self__", None), "transport", None)
        await super().__call__(scope, receive, send)


def reset(request: Request) -> None:
    """Closes the connection with a TCP reset; what was not sent yet is lost."""
    transport = request.scope[_KEY]
    if not isinstance(transport, asyncio.Transport):
        raise RuntimeError("this server gives no access to its connections: serve the app by uvicorn")
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOTHING)
    transport.abort()


async def hold(request: Request, seconds: float) -> None:
    """Says nothing until the client hangs up or `seconds` have passed."""
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline and not await request.is_disconnected():
        await asyncio.sleep(0.02)
