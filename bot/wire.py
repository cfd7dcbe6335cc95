"""Reading what strangers send: capped, timed, never decompressed, and parsed without surprises."""

import asyncio
import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

READ_TIMEOUT_S = 10.0


async def read_body(request: Request, *, cap: int) -> bytes:
    """The raw body, as it was signed. Raises HTTPException: 413 above `cap` bytes, 408 when it does not end in time.

    A Content-Encoding is left alone: a signature is over the bytes that were sent, and nothing here inflates them.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > cap:
        raise HTTPException(413)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            async for chunk in request.stream():
                size += len(chunk)
                if size > cap:
                    raise HTTPException(413)
                chunks.append(chunk)
    except TimeoutError as slow:
        raise HTTPException(408) from slow
    except ClientDisconnect as gone:
        raise HTTPException(400) from gone
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
