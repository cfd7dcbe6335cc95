"""Who may see the pages: this machine alone, or whoever has the token; and who may press a button on them."""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from tasks.settings import Settings

COOKIE = "sortie_session"
MONTH_S = 30 * 24 * 3600
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


class Guard:
    """Without a dashboard token only this machine's own addresses are served; with one, the token is asked for once.

    The cookie and the form tokens are derived from the token (or from this process's own random key), never the token itself.
    """

    def __init__(self, settings: Settings) -> None:
        self._token = settings.dashboard_token.get_secret_value().strip()
        self._key = self._token.encode() if self._token else secrets.token_bytes(32)
        public = urlsplit(settings.public_url)
        self._hosts = LOCAL | {public.hostname or ""}
        self._https = public.scheme == "https"

    @property
    def asks(self) -> bool:
        """Whether people have to log in."""
        return bool(self._token)

    def admits(self, request: Request) -> bool:
        """Whether this request may see anything. The Host check keeps other sites' names from reaching a local page."""
        if self._token:
            return _same(request.cookies.get(COOKIE, ""), self._derived("session"))
        return (request.url.hostname or "") in self._hosts

    def accepts(self, token: str) -> bool:
        return bool(self._token) and _same(token.strip(), self._token)

    def let_in(self, response: Response) -> None:
        """Sets the session cookie."""
        response.set_cookie(
            COOKIE,
            self._derived("session"),
            max_age=MONTH_S,
            httponly=True,
            samesite="lax",
            secure=self._https,
        )

    def form_token(self, purpose: str) -> str:
        """Goes into a form as a hidden field."""
        return self._derived(f"form:{purpose}")

    def trusts(self, request: Request, given: str, *, purpose: str) -> bool:
        """Whether a form was made by our own page: its token is right, and no other site sent it."""
        origin = urlsplit(request.headers.get("origin", ""))
        foreign = bool(origin.netloc) and origin.netloc != request.url.netloc
        return not foreign and _same(given, self.form_token(purpose))

    def _derived(self, purpose: str) -> str:
        return hmac.new(self._key, f"sortie:{purpose}".encode(), hashlib.sha256).hexdigest()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
