"""A relay between our client and a server: passes every request on, and notes it with its answer."""

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. Header names are lower-case; `path` is without its query."""

    method: str
    path: str
    query: str
    asked: Mapping[str, str]
    body: bytes
    status: int
    answered: Mapping[str, str]
    answer: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


@dataclass(slots=True)
class Relay:
    """`target` may change while it runs; `seen` holds all exchanges in the order they ended.

    Answers to paths that end in `lost` are never passed back: the connection breaks instead.
    """

    target: str = ""
    seen: list[Exchange] = field(default_factory=list)
    url: str = ""
    lost: str = ""

    def pass_on(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Exchange:
        """Raises OSError or HTTPException when the server gives no answer."""
        there = urlsplit(self.target)
        assert there.hostname
        link = http.client.HTTPConnection(there.hostname, there.port, timeout=120)
        try:
            kept = {k: v for k, v in headers.items() if k not in _HOP}
            link.request(method, there.path.rstrip("/") + path, body=body or None, headers=kept)
            answer = link.getresponse()
            content = answer.read()
            named = {name.lower(): value for name, value in answer.getheaders()}
        finally:
            link.close()
        bare, _, query = path.partition("?")
        exchange = Exchange(method, bare, query, headers, body, answer.status, named, content)
        self.seen.append(exchange)
        return exchange


@contextmanager
def relaying(target: str = "") -> Iterator[Relay]:
    """A relay on a free port."""
    relay = Relay(target)

    class Handler(_Handler):
        through = relay

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    relay.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    through: Relay

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        done = self.through.pass_on(self.command, self.path, headers, body)
        if self.through.lost and done.path.endswith(self.through.lost):
            self.close_connection = True
            return
        self.send_response(done.status)
        for name, value in done.answered.items():
            if name not in _HOP and name not in ("sl-violations", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(done.answer)))
        self.end_headers()
        self.wfile.write(done.answer)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _pass
