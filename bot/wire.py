"""Reading what strangers send: capped, timed, never decompressed, and parsed without surprises."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request

FORM_CAP = 16 * 1024
FORM_TIMEOUT_S = 5.0


async def read_body(request: Request, *, cap: int, timeout_s: float) -> bytes:
    """The raw body, as it was signed. Raises HTTPException: 413 above `cap` bytes, 408 after `timeout_s` seconds.

    A Content-Encoding is left alone: a signature is over the bytes that were sent, and nothing here inflates them.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > cap:
        raise HTTPException(413)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(timeout_s):
            more = True
            while more:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise HTTPException(400)
                chunks.append(message.get("body", b""))
                size += len(chunks[-1])
                if size > cap:
                    raise HTTPException(413)
                more = message.get("more_body", False)
    except TimeoutError as slow:
        raise HTTPException(408) from slow
    return b"".join(chunks)


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in these bytes. Raises HTTPException 400 for anything else, however deep it is nested."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as bad:
        raise HTTPException(400) from bad
    if not isinstance(value, dict):
        raise HTTPException(400)
    return value


async def read_form(request: Request) -> dict[str, str]:
    """A small form of our own pages: the first value of each field. Raises HTTPException for anything else."""
    raw = await read_body(request, cap=FORM_CAP, timeout_s=FORM_TIMEOUT_S)
    try:
        return {name: values[0] for name, values in parse_qs(raw.decode(), max_num_fields=20).items()}
    except ValueError as bad:
        raise HTTPException(400) from bad


def header_pairs(request: Request) -> list[tuple[str, str]]:
    """Every header as it came, so that one sent twice is seen twice; bytes outside ASCII stay recognisable."""
    pairs: list[tuple[bytes, bytes]] = request.headers.raw
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs]
