"""What every answer of the API shares: ids, error bodies, response headers."""

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from starlette.responses import JSONResponse

JsonObject: TypeAlias = dict[str, Any]

_ALPHABET = string.ascii_letters + string.digits


def random_id(prefix: str, length: int = 24) -> str:
    """A vendor-shaped id such as `msg_01…`: prefix, underscore, `01`, then random letters and digits."""
    return f"{prefix}_01" + "".join(secrets.choice(_ALPHABET) for _ in range(length - 2))


@dataclass(eq=False)
class ApiError(Exception):
    """An error the API answers with; `type` is the vendor's error type, `details` carries `error_code`.

    Source: https://platform.claude.com/docs/en/api/errors
    """

    status: int
    type: str
    message: str
    details: JsonObject | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> JsonObject:
        """The JSON error body: `{"type": "error", "error": {…}, "request_id": …}`."""
        error: JsonObject = {"type": self.type, "message": self.message}
        if self.details is not None:
            error["details"] = self.details
        return {"type": "error", "error": error, "request_id": request_id}


def invalid_request(message: str, *, details: JsonObject | None = None) -> ApiError:
    """A 400 `invalid_request_error`."""
    return ApiError(400, "invalid_request_error", message, details)


def error_response(error: ApiError, request_id: str) -> JSONResponse:
    """The HTTP answer for `error`, with the same headers as a good one."""
    headers = {**standard_headers(request_id), **error.headers}
    return JSONResponse(error.body(request_id), status_code=error.status, headers=headers)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Limits told in the headers. They are told, not enforced: refusals come from faults."""

    requests: int = 4_000
    input_tokens: int = 2_000_000
    output_tokens: int = 400_000


def standard_headers(request_id: str, *, used_input: int = 0, used_output: int = 0) -> dict[str, str]:
    """Request id and rate-limit headers (https://platform.claude.com/docs/en/api/rate-limits)."""
    limits = RateLimits()
    reset = (datetime.now(UTC) + timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
    remaining = {
        "requests": (limits.requests, limits.requests - 1),
        "input-tokens": (limits.input_tokens, max(0, limits.input_tokens - used_input)),
        "output-tokens": (limits.output_tokens, max(0, limits.output_tokens - used_output)),
        "tokens": (
            limits.input_tokens + limits.output_tokens,
            max(0, limits.input_tokens + limits.output_tokens - used_input - used_output),
        ),
    }
    headers = {"request-id": request_id, "anthropic-organization-id": "00000000-0000-4000-8000-000000000001"}
    for name, (limit, left) in remaining.items():
        headers[f"anthropic-ratelimit-{name}-limit"] = str(limit)
        headers[f"anthropic-ratelimit-{name}-remaining"] = str(left)
        headers[f"anthropic-ratelimit-{name}-reset"] = reset
    return headers
