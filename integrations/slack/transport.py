"""One Web API call over slack_sdk: bounded in time, without retries, its failures named as ours."""

import re
import ssl
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import Request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from urllib3 import PoolManager, ProxyManager, make_headers
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

from integrations.errors import (
    Denied,
    IntegrationError,
    NotFound,
    RateLimited,
    Rejected,
    Retryable,
    Unknown,
)
from integrations.slack.rates import limit_met

Json = dict[str, Any]

CONNECTIONS = 16
"""So many are kept; more threads open more, which are closed after use."""
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
_FORM_ONLY = frozenset(
    {"conversations.history", "conversations.replies", "reactions.add", "reactions.remove", "users.info"}
)
"""Slack takes JSON for most writes only: https://docs.slack.dev/apis/web-api/#methods-supporting-json"""
_CODE = re.compile(r"[a-z0-9_.]{1,80}")
_TRY_AGAIN = frozenset(
    {"request_timeout", "service_unavailable", "team_added_to_org", "method_temporarily_unavailable"}
)
_UNSURE = frozenset({"internal_error", "fatal_error"})


class _Pooled(WebClient):
    """Over connections that are kept: slack_sdk itself opens, and with TLS negotiates, a new one for every call.

    A server on this machine is never reached through a proxy of the environment. With `keeps` False each call has a new one.
    """

    def __init__(self, token: str, *, api_url: str, timeout_s: int, keeps: bool) -> None:
        super().__init__(token=token, base_url=api_url, timeout=timeout_s, retry_handlers=[])
        local = urlsplit(api_url).hostname in _LOOPBACK
        self._way = None if local else self.proxy
        self._kept = self._pool() if keeps else None

    def _pool(self) -> PoolManager:
        settings: dict[str, Any] = {"maxsize": CONNECTIONS, "ssl_context": self.ssl}
        return _through(self._way, settings) if self._way else PoolManager(**settings)

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        if self._kept:
            return self._sent(self._kept, url, req)
        with self._pool() as fresh:
            return self._sent(fresh, url, req)

    def _sent(self, pool: PoolManager, url: str, req: Request) -> dict[str, Any]:
        assert req.data is None or isinstance(req.data, bytes)
        answer = pool.request(
            "POST",
            url,
            body=req.data,
            headers=dict(req.header_items()),
            timeout=self.timeout,
            retries=False,
            redirect=False,
        )
        return {"status": answer.status, "headers": answer.headers, "body": answer.data.decode("utf-8")}


def _through(proxy: str, kept: dict[str, Any]) -> ProxyManager:
    """The name and password of a proxy's address, where it has them, are sent to it with every request."""
    user, password = urlsplit(proxy).username, urlsplit(proxy).password
    if not user:
        return ProxyManager(proxy, **kept)
    leave = make_headers(proxy_basic_auth=f"{unquote(user)}:{unquote(password or '')}")
    return ProxyManager(proxy, proxy_headers=leave, **kept)


class Transport:
    """Calls Web API methods. Safe for threads, which share its connections."""

    def __init__(self, token: str, *, api_url: str, timeout_s: float = 10.0) -> None:
        within_s = max(1, round(timeout_s))
        self._client = _Pooled(token, api_url=api_url, timeout_s=within_s, keeps=True)
        self._fresh = _Pooled(token, api_url=api_url, timeout_s=within_s, keeps=False)

    def call(self, method: str, arguments: Json, *, repeatable: bool = True, look_up: bool = True) -> Json:
        """The answer's JSON. `repeatable`: doing it twice changes nothing, so that a lost answer is only Retryable.

        `look_up` False for what cannot be found again: a connection that was kept may be ended just when it is used, and then
        nobody could say whether it was done. So that one has a connection of its own.
        Raises the errors of integrations/errors.py; the Slack error code stands in the message's last word.
        """
        try:
            answer = self._send(self._client if look_up else self._fresh, method, arguments)
        except SlackApiError as error:
            raise _refused(method, error, repeatable=repeatable, limit=limit_met(method, arguments)) from None
        except (HTTPError, OSError, ValueError) as error:
            if _surely_unsent(error):
                said = f"Slack cannot be reached for {method}: {type(error).__name__}"
                raise Retryable(said, code="OUT-001") from None
            raise _lost(method, type(error).__name__, repeatable=repeatable) from None
        data = answer.data
        return data if isinstance(data, dict) else {}

    def _send(self, client: WebClient, method: str, arguments: Json) -> SlackResponse:
        if method in _FORM_ONLY:
            return client.api_call(method, params=arguments)
        return client.api_call(method, json=arguments)


def error_code(error: IntegrationError) -> str:
    """Slack's own error code of a failed call, "" when there was none."""
    head, _, code = error.message.rpartition(": ")
    return code if head else ""


def _refused(method: str, error: SlackApiError, *, repeatable: bool, limit: str) -> IntegrationError:
    status = int(getattr(error.response, "status_code", 0) or 0)
    headers = getattr(error.response, "headers", None) or {}
    data = getattr(error.response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    junk = not _CODE.fullmatch(code)
    if status == 429 or code in ("ratelimited", "rate_limited"):
        wait = _seconds(headers)
        return RateLimited(
            f"Slack limits the rate of {method}", code="OUT-002", retry_after_s=wait, what=limit
        )
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


def _surely_unsent(error: Exception) -> bool:
    """https://urllib3.readthedocs.io/en/stable/reference/urllib3.exceptions.html"""
    if isinstance(error, SSLError):
        return any(isinstance(why, ssl.SSLCertVerificationError) for why in error.args)
    if isinstance(error, ProxyError):
        return _never_reached_the_proxy(error.original_error)
    return isinstance(error, NewConnectionError | ConnectTimeoutError | LocationValueError)


def _never_reached_the_proxy(why: Exception) -> bool:
    """urllib3 also calls it the proxy's error when a proxy drops a request that it was given whole."""
    no_tunnel = isinstance(why, OSError) and str(why).startswith("Tunnel connection failed")
    return no_tunnel or isinstance(why, NewConnectionError | ConnectTimeoutError)


def _lost(method: str, what: str, *, repeatable: bool) -> IntegrationError:
    if repeatable:
        return Retryable(f"Slack gave no answer to {method}: {what}", code="OUT-001")
    return Unknown(f"Slack gave no answer to {method}, which may have happened: {what}", code="OUT-006")
