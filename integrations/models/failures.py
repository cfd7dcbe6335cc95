"""What the Messages API's failures mean to us: retryable, limited, denied or rejected, each with its code.

https://platform.claude.com/docs/en/api/errors
"""

from collections.abc import Mapping

from integrations.errors import Denied, IntegrationError, NotFound, RateLimited, Rejected, Retryable

OVERLOADED = "MOD-001"
UNAVAILABLE = "MOD-002"
DENIED = "MOD-003"
TOO_LONG = "MOD-006"
SPENT = "MOD-007"
REJECTED = "MOD-008"

RETRY_AFTER_CAP_S = 300.0
"""A vendor may ask for hours; we look again sooner than that."""

_SPEND_CODES = frozenset(
    {
        "contract_spend_limit_reached",
        "enforced_spend_limit_reached",
        "ramp_limit_exceeded",
        "linked_organization_billing_unavailable",
        "linked_organization_spend_limit_reached",
        "organization_on_hold",
    }
)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds from `retry-after-ms` or `retry-after`, capped; None when absent or not a number."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            wish = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        return min(max(wish, 0.0), RETRY_AFTER_CAP_S)
    return None


def from_status(
    status: int, *, kind: str = "", error_code: str = "", said: str = "", wait_s: float | None = None
) -> IntegrationError:
    """The error for an HTTP status or an `error` event in mid-stream (status 200, only `kind` tells).

    `kind` is the body's error.type, `error_code` its error.details.error_code, `said` its message (only read, never shown).
    """
    if status == 402 or error_code in _SPEND_CODES or kind == "billing_error":
        return Denied("The model account's spend limit is reached.", code=SPENT)
    if status == 429 or kind == "rate_limit_error":
        return RateLimited("The model's rate limit is reached.", code=OVERLOADED, retry_after_s=wait_s)
    if status == 529 or kind == "overloaded_error":
        return Retryable("The model is overloaded.", code=OVERLOADED, retry_after_s=wait_s)
    if status in (401, 403) or kind in ("authentication_error", "permission_error"):
        return Denied("The model refuses our key or its rights.", code=DENIED)
    if status == 404 or kind == "not_found_error":
        return NotFound("There is no such model for our key.", code=DENIED)
    if status == 413 or kind == "request_too_large" or "prompt is too long" in said:
        return Rejected("The conversation is too long for the model.", code=TOO_LONG)
    if status in (408, 409) or status >= 500 or kind in ("api_error", "timeout_error") or status < 400:
        return Retryable("The model is not available.", code=UNAVAILABLE, retry_after_s=wait_s)
    return Rejected(f"The model rejected the request ({status}).", code=REJECTED)
