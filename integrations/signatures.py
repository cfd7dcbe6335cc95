"""What webhook verification has in common: one header, raw bytes, constant time, and never an exception on junk."""

import hmac
import json
from collections.abc import Iterable, Mapping
from enum import StrEnum

Headers = Mapping[str, str] | Iterable[tuple[str, str]]

MAX_HEADER = 1024


class SignatureCheck(StrEnum):
    """Why a delivery is, or is not, believed. People outside see one and the same 401 for all but `ok`."""

    ok = "ok"
    missing = "missing"
    malformed = "malformed"
    stale = "stale"
    mismatch = "mismatch"

    def __bool__(self) -> bool:
        return self is SignatureCheck.ok


def single(headers: Headers, name: str) -> str | None:
    """The one header of this name; None when it is missing, there twice, too long or not ASCII."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found = [value for key, value in pairs if key.lower() == name]
    if len(found) != 1 or len(found[0]) > MAX_HEADER or not found[0].isascii():
        return None
    return found[0]


def same(expected: str, given: str) -> bool:
    """Compares in constant time, as bytes, because hmac refuses str outside ASCII."""
    return hmac.compare_digest(expected.encode("utf-8"), given.encode("utf-8", "replace"))


def decoded(body: bytes) -> object:
    """The JSON value of a body; None for anything that is not JSON, or nested deeper than the parser goes."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
