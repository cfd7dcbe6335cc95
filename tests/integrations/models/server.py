"""A tiny Messages API for wire faults: each request is answered by the next prepared answer, byte for byte."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_POST(self) -> None:
        size = int(self.headers["content-length"])
        self.server.requests.append(json.loads(self.rfile.read(size)))
        self.server.headers.append(dict(self.headers.items()))
        self.server.ports.add(self.client_address[1])
        self.server.arrived.set()
        with self.server.lock:
            answer = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        answer(self)

    def chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.send_header("request-id", "req_1")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = answers
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.ports: set[int] = set()
        self.arrived = threading.Event()
        self.gone = threading.Event()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        self.gone.set()


@contextmanager
def serving(*answers: Answer) -> Iterator[Server]:
    server = Server(list(answers))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def event(payload: dict[str, Any]) -> bytes:
    return f"event: {payload['type']}\ndata: {json.dumps(payload)}\n\n".encode()


def events(content: list[dict[str, Any]], stop: str, **delta: Any) -> list[bytes]:
    """A whole message as SSE events; a tool's input comes in two pieces, or raw where `input` is a string."""
    start = {
        "input_tokens": 11,
        "cache_creation_input_tokens": 5,
        "cache_read_input_tokens": 7,
        "output_tokens": 1,
    }
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "claude-x",
        "usage": start,
    }
    out = [event({"type": "message_start", "message": message}), event({"type": "ping"})]
    for index, block in enumerate(content):
        out += _block(index, block)
    end = {"stop_reason": stop, "stop_sequence": None, **delta}
    out.append(event({"type": "message_delta", "delta": end, "usage": {"output_tokens": 42}}))
    return [*out, event({"type": "message_stop"})]


def _block(index: int, block: dict[str, Any]) -> list[bytes]:
    if block["type"] == "text":
        opening: dict[str, Any] = {"type": "text", "text": "", "citations": None}
        pieces = [{"type": "text_delta", "text": part} for part in _halves(block["text"])]
    elif block["type"] == "thinking":
        opening = {"type": "thinking", "thinking": "", "signature": ""}
        pieces = [{"type": "thinking_delta", "thinking": part} for part in _halves(block["thinking"])]
        pieces.append({"type": "signature_delta", "signature": block["signature"]})
    else:
        opening = {**block, "input": {}}
        raw = block["input"] if isinstance(block["input"], str) else json.dumps(block["input"])
        pieces = [{"type": "input_json_delta", "partial_json": part} for part in _halves(raw)]
    deltas = [event({"type": "content_block_delta", "index": index, "delta": piece}) for piece in pieces]
    start = event({"type": "content_block_start", "index": index, "content_block": opening})
    return [start, *deltas, event({"type": "content_block_stop", "index": index})]


def _halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


def reply(content: list[dict[str, Any]], stop: str = "end_turn", **delta: Any) -> Answer:
    def answer(handler: Handler) -> None:
        handler.begin()
        for data in events(content, stop, **delta):
            handler.chunk(data)
        handler.wfile.write(b"0\r\n\r\n")

    return answer


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def status(
    code: int, kind: str, *, headers: dict[str, str] | None = None, error_code: str = "", said: str = "x"
) -> Answer:
    def answer(handler: Handler) -> None:
        error: dict[str, Any] = {"type": kind, "message": said}
        if error_code:
            error["details"] = {"error_code": error_code}
        data = json.dumps({"type": "error", "error": error}).encode()
        handler.send_response(code)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(data)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def cut_off(*, reset: bool = False, parts: int = 4) -> Answer:
    """The first events of a message, then the end of the connection: an orderly one, or a reset."""

    def answer(handler: Handler) -> None:
        handler.begin()
        for data in events([text("half of it")], "end_turn")[:parts]:
            handler.chunk(data)
        if reset:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            handler.connection.close()
        else:
            handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = True

    return answer


def error_in_mid_stream(kind: str) -> Answer:
    def answer(handler: Handler) -> None:
        handler.begin()
        for data in events([text("half of it")], "end_turn")[:4]:
            handler.chunk(data)
        handler.chunk(event({"type": "error", "error": {"type": kind, "message": "x"}}))
        handler.wfile.write(b"0\r\n\r\n")

    return answer


def hang(*, headers: bool) -> Answer:
    """Says nothing more until the client goes away: before the headers, or after the first events."""

    def answer(handler: Handler) -> None:
        if headers:
            handler.begin()
            handler.chunk(events([], "end_turn")[0])
        handler.connection.settimeout(30)
        if handler.connection.recv(1) == b"":
            handler.server.gone.set()
        handler.close_connection = True

    return answer


def nothing(code: int = 200, content: bytes = b"<html>busy</html>") -> Answer:
    def answer(handler: Handler) -> None:
        handler.send_response(code)
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer
