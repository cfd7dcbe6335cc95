"""Faults of the API on demand: error answers, lost answers, delays, rate limits."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

KINDS = ("status", "reset", "delay", "ratelimit", "decline_push")
_TEXT = {500: "Server Error", 502: "Server Error", 503: "Service unavailable", 504: "Gateway Timeout"}


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` requests matching `match` ("METHOD /path", * for anything).

    `when` is "before" (the request has no effect) or "after_commit" (it has its effect, then the answer is lost or
    replaced). `skip` lets the first requests through.
    """

    match: str
    kind: str
    times: int = 1
    skip: int = 0
    status: int = 502
    when: str = "before"
    delay_s: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Fault:
        """Read a fault. Raises ValueError for an unknown kind or `when`."""
        if raw.get("kind") not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        if raw.get("when", "before") not in ("before", "after_commit"):
            raise ValueError("when must be before or after_commit")
        return cls(
            match=str(raw.get("match", "*")),
            kind=raw["kind"],
            times=int(raw.get("times", 1)),
            skip=int(raw.get("skip", 0)),
            status=int(raw.get("status", 502 if raw["kind"] == "status" else 403)),
            when=str(raw.get("when", "before")),
            delay_s=float(raw.get("delay_s", 0)),
            headers={str(k): str(v) for k, v in (raw.get("headers") or {}).items()},
            body=raw.get("body"),
        )

    def response(self) -> Response:
        """The answer of a "status" or "ratelimit" fault."""
        if self.kind == "ratelimit":
            return self._rate_limited()
        message = _TEXT.get(self.status, "Server Error")
        body = self.body if self.body is not None else {"message": message}
        if isinstance(body, str):
            return Response(body, self.status, self.headers, media_type="text/html")
        return JSONResponse(body, self.status, self.headers)

    def _rate_limited(self) -> Response:
        """Secondary limit when a Retry-After is given, else the primary limit.

        https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
        """
        names = {k.lower(): v for k, v in self.headers.items()}
        docs = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
        if "retry-after" in names:
            message = (
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            )
            docs += "#about-secondary-rate-limits"
        else:
            message = "API rate limit exceeded for installation."
            docs += "#about-primary-rate-limits"
            names.setdefault("x-ratelimit-remaining", "0")
            names.setdefault("x-ratelimit-reset", str(int(time.time()) + 2400))
        return JSONResponse({"message": message, "documentation_url": docs}, self.status, names)


class Faults:
    """The armed faults of one simulator."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        with self._lock:
            self.armed.append(fault)

    def clear(self) -> None:
        with self._lock:
            self.armed.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, used up once."""
        line = f"{method} {path}"
        with self._lock:
            for fault in self.armed:
                if fault.times > 0 and fnmatchcase(line, fault.match):
                    if fault.skip > 0:
                        fault.skip -= 1
                        continue
                    fault.times -= 1
                    return fault
        return None


class LostAnswer(Response):
    """Cuts the connection instead of answering: the client sees a reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = (scope.get("state") or {}).get("transport")
        if isinstance(transport, asyncio.Transport):
            sock = transport.get_extra_info("socket")
            if sock is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        await send({"type": "http.response.start", "status": 502, "headers": [(b"content-length", b"1")]})


def cut(request: Request) -> Response:
    """The response of a "reset" fault."""
    return LostAnswer(status_code=502)
