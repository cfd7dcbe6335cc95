"""The WSGI application: routes, and the one place where errors become answers."""

import json
import logging
import re
from http import HTTPStatus
from typing import Callable, Iterable, Optional

from payments.charges import create_charge, show_charge
from payments.errors import ApiError
from payments.ledger import Ledger
from payments.refunds import create_refund, show_refund

MAX_BODY = 64 * 1024
log = logging.getLogger("payments")

ROUTES = (
    (re.compile(r"/v1/charges"), "POST", create_charge),
    (re.compile(r"/v1/charges/(\w+)"), "GET", show_charge),
    (re.compile(r"/v1/refunds"), "POST", create_refund),
    (re.compile(r"/v1/refunds/(\w+)"), "GET", show_refund),
    (re.compile(r"/healthz"), "GET", lambda ledger: {"ok": True}),
)


def create_app(ledger: Optional[Ledger] = None) -> Callable:
    """A WSGI application over `ledger` (a fresh one by default)."""
    held = ledger if ledger is not None else Ledger()

    def application(environ: dict, start_response: Callable) -> Iterable[bytes]:
        status, body = answer(held, environ)
        text = json.dumps(body).encode() + b"\n"
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(text)))]
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [text]

    return application


def answer(ledger: Ledger, environ: dict) -> tuple[int, dict]:
    try:
        return dispatch(ledger, environ)
    except ApiError as error:
        return error.status, error.body()
    except Exception:
        log.exception("%s %s failed", environ["REQUEST_METHOD"], environ["PATH_INFO"])
        error = ApiError(500, "internal_error", "something went wrong on our side")
        return error.status, error.body()


def dispatch(ledger: Ledger, environ: dict) -> tuple[int, dict]:
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    known_path = False
    for pattern, wanted, handler in ROUTES:
        found = pattern.fullmatch(path)
        if found is None:
            continue
        known_path = True
        if method == wanted == "POST":
            return 201, handler(ledger, read_body(environ))
        if method == wanted:
            return 200, handler(ledger, *found.groups())
    if known_path:
        raise ApiError(405, "method_not_allowed", "this route does not take that method")
    raise ApiError(404, "not_found", "no such route")


def read_body(environ: dict) -> dict:
    length = min(int(environ.get("CONTENT_LENGTH") or 0), MAX_BODY)
    try:
        body = json.loads(environ["wsgi.input"].read(length))
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ApiError(400, "invalid_json", "the body must be a JSON object")
    return body
