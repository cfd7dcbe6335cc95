"""An HTTP transport whose waits can be given up: every read asks, at least twice a second, whether anyone still wants the answer."""

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2

SLICE_S = 0.5


class GivenUp(Exception):
    """The caller no longer wants the answer; the connection is closed."""


class TooLong(Exception):
    """The call as a whole took longer than it may; the connection is closed."""


@dataclass(slots=True)
class Watch:
    """What one call is allowed: `until` on time.monotonic's scale; `ended` says why it was cut off."""

    cancelled: Callable[[], bool]
    until: float
    ended: GivenUp | TooLong | None = None

    def check(self) -> None:
        """Raises GivenUp or TooLong when this call should not go on."""
        if self.cancelled():
            self.ended = GivenUp()
        elif time.monotonic() >= self.until:
            self.ended = TooLong()
        if self.ended:
            raise self.ended


_current: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched(watch: Watch) -> Iterator[Watch]:
    """Everything this thread reads inside the block is subject to `watch`."""
    token = _current.set(watch)
    try:
        yield watch
    finally:
        _current.reset(token)


class _Stream(httpcore2.NetworkStream):
    """A socket read in slices; writes, TLS and closing are the inner stream's."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        watch = _current.get()
        if watch is None:
            return self._inner.read(max_bytes, timeout)
        idle_until = None if timeout is None else time.monotonic() + timeout
        while True:
            watch.check()
            try:
                return self._inner.read(max_bytes, SLICE_S)
            except httpcore2.ReadTimeout:
                if idle_until is not None and time.monotonic() >= idle_until:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.connect_tcp(host, port, timeout, local_address, socket_options))


class _Body(httpx2.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


class WatchedTransport(httpx2.BaseTransport):
    """HTTP/1.1 over a pool of watched connections. Raises httpcore2's errors, GivenUp and TooLong.

    `proxy` is an http:// proxy's URL. The pool and its locks may be used from many threads.
    """

    def __init__(self, *, proxy: str | None = None, max_connections: int = 1000) -> None:
        options: dict[str, Any] = {
            "ssl_context": httpx2.create_ssl_context(),
            "max_connections": max_connections,
            "max_keepalive_connections": 100,
            "keepalive_expiry": 60.0,
            "network_backend": _Backend(),
        }
        self._pool: httpcore2.ConnectionPool = (
            httpcore2.HTTPProxy(proxy, **options) if proxy else httpcore2.ConnectionPool(**options)
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        answer = self._pool.handle_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )

    def close(self) -> None:
        self._pool.close()
