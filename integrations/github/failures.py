"""What PyGithub and its transport raise, named as our three kinds of failure."""

import re
import time
from collections.abc import Mapping
from typing import Any

import requests
from github import GithubException
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from integrations.errors import (
    Conflict,
    Denied,
    IntegrationError,
    NotFound,
    RateLimited,
    Rejected,
    Retryable,
    Unknown,
)

_RATE = re.compile(r"rate limit|abuse detection|secondary|too many requests", re.IGNORECASE)
_EXISTS = re.compile(r"already[ _]exists|pull request already|has already been taken", re.IGNORECASE)
LOOK_AGAIN_S = 6.0
"""GitHub's lists may lag behind its writes for some seconds."""


def refused(error: GithubException, what: str, *, repeatable: bool) -> IntegrationError:
    """An answer with an error status. `repeatable`: doing it twice changes nothing, so a lost answer is Retryable.

    Only failures that have nothing to do with what was asked carry a code of their own.
    """
    status = int(error.status or 0)
    said = f"GitHub refused {what} ({status}: {_message(error)})"
    headers = {str(k).lower(): str(v) for k, v in (error.headers or {}).items()}
    if status == 429 or (status == 403 and _is_rate(error, headers)):
        wait = _wait(headers)
        return RateLimited(f"GitHub limits our rate on {what}", code="OUT-011", retry_after_s=wait)
    if status >= 500 or status == 0:
        return lost(what, f"HTTP {status}", repeatable=repeatable)
    if status == 401:
        return Denied(said, code="OUT-012")
    if status in (403, 451):
        return Denied(said, code="OUT-013")
    if status in (404, 410):
        return NotFound(said)
    if status == 409 or (status == 422 and _EXISTS.search(_everything(error))):
        return Conflict(said)
    return Rejected(said)


def unreached(error: requests.RequestException, what: str, *, repeatable: bool) -> IntegrationError:
    """No usable answer: nothing was sent where no connection came about, else it may have happened."""
    never_sent = isinstance(error, requests.ConnectTimeout) or _has_cause(
        error, (NewConnectionError, ConnectTimeoutError)
    )
    if never_sent:
        return Retryable(f"GitHub cannot be reached for {what}: {type(error).__name__}", code="OUT-010")
    return lost(what, type(error).__name__, repeatable=repeatable)


def lost(what: str, why: str, *, repeatable: bool) -> IntegrationError:
    """Sent, and no answer came."""
    if repeatable:
        said = f"GitHub gave no answer to {what}: {why}"
        return Retryable(said, code="OUT-010", retry_after_s=LOOK_AGAIN_S)
    return Unknown(f"GitHub gave no answer to {what}, which may have happened: {why}", code="OUT-017")


def _message(error: GithubException) -> str:
    data = error.data if isinstance(error.data, dict) else {}
    errors = data.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    detail = first.get("message", "") if isinstance(first, dict) else first
    text = f"{data.get('message') or ''} {detail or ''}".strip() or "no reason given"
    return " ".join(str(text).split())[:300]


def _everything(error: GithubException) -> str:
    return str(error.data)[:5000]


def _is_rate(error: GithubException, headers: Mapping[str, str]) -> bool:
    return (
        "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or bool(_RATE.search(_message(error)))
    )


def _wait(headers: Mapping[str, str]) -> float:
    """Seconds until GitHub wants to hear from us again; a minute where it does not say (its advice)."""
    after = headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,6}", after):
        return float(after)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and re.fullmatch(r"[0-9]{1,12}", reset):
        return max(1.0, float(reset) - time.time() + 1.0)
    return 60.0


def _has_cause(error: BaseException, kinds: tuple[type[BaseException], ...]) -> bool:
    """requests hides urllib3's reason one or two levels down in its arguments."""
    seen: list[Any] = [error]
    for _ in range(6):
        found = seen.pop() if seen else None
        if isinstance(found, kinds):
            return True
        if isinstance(found, BaseException):
            seen += [*found.args, getattr(found, "reason", None)]
    return False
