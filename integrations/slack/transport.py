"""One Web API call over slack_sdk: bounded in time, without retries, its failures named as ours."""

import re
import urllib.error
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from integrations.errors import (
    Denied,
    IntegrationError,
    NotFound,
    RateLimited,
    Rejected,
    Retryable,
    Unknown,
)

Json = dict[str, Any]

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NOT_FOUND = frozenset(
    {
        "channel_not_found",
        "is_archived",
        "message_not_found",
        "no_item_specified",
        "thread_not_found",
        "user_not_found",
        "user_not_in_channel",
        "bad_timestamp",
        "cant_update_message",
    }
)
_DENIED = frozenset(
    {
        "access_denied",
        "account_inactive",
        "accesslimited",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "not_in_channel",
        "org_login_required",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
    }
)
_FORM_ONLY = frozenset({"conversations.replies", "reactions.add", "reactions.remove", "users.info"})
"""Slack takes JSON for most writes only: https://docs.slack.dev/apis/web-api/#methods-supporting-json"""
_CODE = re.compile(r"[a-z0-9_.]{1,80}")
_TRY_AGAIN = frozenset(
    {"request_timeout", "service_unavailable", "team_added_to_org", "method_temporarily_unavailable"}
)
_UNSURE = frozenset({"internal_error", "fatal_error"})


class _Direct(WebClient):
    """A client for a server on this machine: slack_sdk and urllib would both send it through HTTP_PROXY."""

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        with build_opener(ProxyHandler({})).open(req, timeout=self.timeout) as answer:
            charset = answer.headers.get_content_charset() or "utf-8"
            body = answer.read().decode(charset)
            return {"status": answer.code, "headers": answer.headers, "body": body}


class Transport:
    """Calls Web API methods. Not for sharing between threads that need their own timeouts; otherwise stateless."""

    def __init__(self, token: str, *, api_url: str, timeout_s: float = 10.0) -> None:
        kind = _Direct if urlsplit(api_url).hostname in _LOOPBACK else WebClient
        self._client = kind(
            token=token, base_url=api_url, timeout=max(1, round(timeout_s)), retry_handlers=[]
        )

    def call(self, method: str, arguments: Json, *, repeatable: bool = True) -> Json:
        """The answer's JSON. `repeatable`: doing it twice changes nothing, so that a lost answer is only Retryable.

        Raises the errors of integrations/errors.py; the Slack error code stands in the message's last word.
        """
        try:
            answer = self._send(method, arguments)
        except SlackApiError as error:
            raise _refused(method, error, repeatable=repeatable) from None
        except urllib.error.URLError as error:
            raise _unreached(method, error.reason, repeatable=repeatable) from None
        except (OSError, HTTPException, ValueError) as error:
            raise _lost(method, type(error).__name__, repeatable=repeatable) from None
        data = answer.data
        return data if isinstance(data, dict) else {}

    def _send(self, method: str, arguments: Json) -> SlackResponse:
        if method in _FORM_ONLY:
            return self._client.api_call(method, params=arguments)
        return self._client.api_call(method, json=arguments)


def error_code(error: IntegrationError) -> str:
    """Slack's own error code of a failed call, "" when there was none."""
    head, _, code = error.message.rpartition(": ")
    return code if head else ""


def _refused(method: str, error: SlackApiError, *, repeatable: bool) -> IntegrationError:
    status = int(getattr(error.response, "status_code", 0) or 0)
    headers = getattr(error.response, "headers", None) or {}
    data = getattr(error.response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    junk = not _CODE.fullmatch(code)
    if status == 429 or code in ("ratelimited", "rate_limited"):
        wait = _seconds(headers)
        return RateLimited(f"Slack limits the rate of {method}", code="OUT-002", retry_after_s=wait)
    if status >= 500 or code in _UNSURE or (junk and status == 200):
        return _lost(method, f"HTTP {status}" if junk else code, repeatable=repeatable)
    said = f"Slack refused {method}: {f'HTTP {status}' if junk else code}"
    if code in _TRY_AGAIN:
        return Retryable(said, code="OUT-001")
    if code in _NOT_FOUND:
        return NotFound(said, code="OUT-003")
    if code in _DENIED:
        return Denied(said, code="OUT-004")
    return Rejected(said, code="OUT-005")


def _seconds(headers: Any) -> float:
    """Retry-After in seconds, 1 when it is missing or junk; never more than an hour."""
    for name, value in headers.items():
        if str(name).lower() == "retry-after":
            word = str(value[0] if isinstance(value, list) and value else value).strip()
            return float(min(int(word), 3600)) if word.isascii() and word.isdigit() and len(word) < 9 else 1.0
    return 1.0


def _unreached(method: str, reason: object, *, repeatable: bool) -> IntegrationError:
    """urllib wraps what fails while it connects or sends: https://docs.python.org/3/library/urllib.error.html"""
    if isinstance(reason, (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)):
        return _lost(method, type(reason).__name__, repeatable=repeatable)
    return Retryable(f"Slack cannot be reached for {method}: {type(reason).__name__}", code="OUT-001")


def _lost(method: str, what: str, *, repeatable: bool) -> IntegrationError:
    if repeatable:
        return Retryable(f"Slack gave no answer to {method}: {what}", code="OUT-001")
    return Unknown(f"Slack gave no answer to {method}, which may have happened: {what}", code="OUT-006")
