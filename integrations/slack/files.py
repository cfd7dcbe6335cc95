"""The content of files on messages: only from Slack's own file host, never by a redirect, never more than asked for."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from integrations.errors import Denied, NotFound, RateLimited, Rejected, Retryable

HOST = "files.slack.com"
_CHUNK = 64 * 1024


class Files:
    """Reads with the bot token, which goes to no other host: an address comes with a message, and anybody may have made that.

    Where the API stands elsewhere (a simulator, a proxy) its own host is let in too, by exactly its scheme, name and port.
    """

    def __init__(self, token: str, *, api_url: str, timeout_s: float) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}
        api = urlsplit(api_url)
        self._allowed = {("https", HOST, 443)}
        if api.hostname and api.hostname != "slack.com":
            self._allowed.add((api.scheme, api.hostname, api.port or _port(api.scheme)))
        self._pool = PoolManager(timeout=Timeout(connect=timeout_s, read=timeout_s))

    def read(self, url: str, *, limit: int) -> bytes:
        """Raises Denied for another host, Rejected for a redirect, a page to log in, or more than `limit` bytes; Retryable."""
        if not self._is_ours(url):
            raise Denied("its address is not one of Slack's files", code="OUT-004")
        try:
            answer = self._pool.request(
                "GET", url, headers=self._headers, preload_content=False, redirect=False, retries=False
            )
            try:
                _check(answer.status)
                return _bounded(answer.stream(_CHUNK), limit)
            finally:
                answer.close()
        except (HTTPError, OSError) as error:
            raise Retryable(
                f"Slack gave no answer to a file: {type(error).__name__}", code="OUT-001"
            ) from None

    def _is_ours(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            where = (parts.scheme, parts.hostname or "", parts.port or _port(parts.scheme))
        except ValueError:
            return False
        plain = (
            not (parts.username or parts.password) and url.isascii() and url.isprintable() and "\\" not in url
        )
        return plain and where in self._allowed


def _check(status: int) -> None:
    if status == 429:
        raise RateLimited("Slack limits how often files are read", code="OUT-002", retry_after_s=1.0)
    if status >= 500:
        raise Retryable(f"Slack gave no answer to a file: HTTP {status}", code="OUT-001")
    if status in (404, 410):
        raise NotFound("it is gone", code="OUT-003")
    if status != 200:
        raise Rejected("Slack did not give it to me", code="OUT-005")


def _bounded(chunks: Iterable[bytes], limit: int) -> bytes:
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) > limit:
            raise Rejected("larger than it may be", code="OUT-005")
    return bytes(found)


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
