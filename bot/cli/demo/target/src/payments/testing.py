"""A client that calls the application in-process, for tests and for trying things out."""

import io
import json
from dataclasses import dataclass
from typing import Any, Callable, Optional
from wsgiref.util import setup_testing_defaults

from payments.app import create_app


@dataclass(frozen=True)
class Answer:
    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> Optional[str]:
        """The error code, or None when there is no error."""
        return self.json.get("error", {}).get("code")


class Client:
    """`Client().post("/v1/charges", {"amount": 100, "currency": "usd"})`"""

    def __init__(self, app: Optional[Callable] = None) -> None:
        self.app = app if app is not None else create_app()

    def get(self, path: str) -> Answer:
        return self.call("GET", path, b"")

    def post(self, path: str, body: Any) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.call("POST", path, raw)

    def call(self, method: str, path: str, raw: bytes) -> Answer:
        seen: list[str] = []
        environ: dict = {"REQUEST_METHOD": method, "PATH_INFO": path, "CONTENT_LENGTH": str(len(raw))}
        setup_testing_defaults(environ)
        environ["wsgi.input"] = io.BytesIO(raw)
        chunks = self.app(environ, lambda status, headers: seen.append(status))
        return Answer(int(seen[0].split()[0]), b"".join(chunks).decode())
