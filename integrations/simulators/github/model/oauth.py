"""The web application flow: consents, one-time codes, and the user tokens they are exchanged for.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.model.state import User
from integrations.simulators.github.model.tokens import Tokens
from integrations.simulators.github.model.world import World

CODE_TTL = timedelta(minutes=10)
TOKEN_TTL_S, REFRESH_TTL_S = 28_800, 15_897_600
DOCS = (
    "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/"
)
REFUSALS = {
    "incorrect_client_credentials": "The client_id and/or client_secret passed are incorrect.",
    "bad_verification_code": "The code passed is incorrect or expired.",
    "redirect_uri_mismatch": "The redirect_uri MUST match the registered callback URL for this application.",
}


class Refusal(Exception):
    """An error of the flow, by GitHub's name for it."""

    def body(self) -> dict[str, str]:
        name = str(self)
        anchor = name.replace("_", "-")
        return {"error": name, "error_description": REFUSALS[name], "error_uri": f"{DOCS}#{anchor}"}


@dataclass(slots=True)
class Code:
    """What one person agreed to."""

    user_id: int
    redirect_uri: str
    challenge: str
    expires_at: datetime


class OAuth:
    """One registered application. Without a client id nobody can be asked."""

    def __init__(self, config: GitHubSimConfig, world: World, tokens: Tokens) -> None:
        self._config, self._world, self._tokens = config, world, tokens
        self._codes: dict[str, Code] = {}

    def known(self, client_id: str) -> bool:
        return bool(self._config.client_id) and client_id == self._config.client_id

    def redirect_uri(self, wanted: str) -> str:
        """Where the person is sent back to. Raises Refusal for an address of somebody else."""
        registered = self._config.callback_url
        if not wanted or not registered:
            return wanted or registered
        if wanted != registered:
            raise Refusal("redirect_uri_mismatch")
        return wanted

    def agreed(self, asked: Mapping[str, str], user: User) -> str:
        """The address, with a new code, to which a person who agreed is sent."""
        where = self.redirect_uri(asked.get("redirect_uri", ""))
        code = secrets.token_hex(10)
        challenge = asked.get("code_challenge", "")
        self._codes[code] = Code(user.id, where, challenge, self._world.now() + CODE_TTL)
        return back(where, code=code, state=asked.get("state", ""))

    def exchange(self, given: Mapping[str, str]) -> dict[str, str | int]:
        """A user token for a code, once. Raises Refusal."""
        config = self._config
        right = hmac.compare_digest(given.get("client_secret", "").encode(), config.client_secret.encode())
        if not (self.known(given.get("client_id", "")) and right):
            raise Refusal("incorrect_client_credentials")
        code = self._codes.pop(given.get("code", ""), None)
        if code is None or code.expires_at <= self._world.now():
            raise Refusal("bad_verification_code")
        if given.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
            raise Refusal("redirect_uri_mismatch")
        if code.challenge and challenge_of(given.get("code_verifier", "")) != code.challenge:
            raise Refusal("bad_verification_code")
        token = self._tokens.add_personal(f"ghu_{secrets.token_hex(18)}", code.user_id)
        token.expires_at = self._world.now() + timedelta(seconds=TOKEN_TTL_S)
        return {
            "access_token": token.secret,
            "expires_in": TOKEN_TTL_S,
            "refresh_token": f"ghr_{secrets.token_hex(38)}",
            "refresh_token_expires_in": REFRESH_TTL_S,
            "token_type": "bearer",
            "scope": "",
        }

    def expire(self) -> int:
        """Let every code that waits expire; returns how many."""
        for code in self._codes.values():
            code.expires_at = self._world.now() - timedelta(seconds=1)
        return len(self._codes)


def challenge_of(verifier: str) -> str:
    """S256 of https://www.rfc-editor.org/rfc/rfc7636#section-4.2."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def back(where: str, **answer: str) -> str:
    """The callback with an answer added to its query."""
    parts = urlsplit(where)
    query = "&".join(q for q in (parts.query, urlencode({k: v for k, v in answer.items() if v})) if q)
    return parts._replace(query=query).geturl()
