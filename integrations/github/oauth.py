"""Asks GitHub who somebody is: the web application flow, for the name alone. The token lives no longer than the question.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from integrations.errors import Rejected, Retryable

TIMEOUT_S = 8.0


@dataclass(frozen=True, slots=True)
class Known:
    """An account as GitHub names it; `id` never changes."""

    id: int
    login: str


class WhoIsIt:
    """One registered application. `web_url` is where people log in, `api_url` where the API is."""

    def __init__(self, client_id: str, client_secret: str, *, web_url: str, api_url: str) -> None:
        self._client_id, self._client_secret = client_id, client_secret
        self._web, self._api = web_url.rstrip("/"), api_url.rstrip("/")

    def authorize_url(self, *, back: str, state: str, verifier: str) -> str:
        """Where a person is sent to say who they are; no permission is asked for."""
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "client_id": self._client_id,
            "redirect_uri": back,
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "allow_signup": "false",
        }
        return f"{self._web}/login/oauth/authorize?{urlencode(asked)}"

    async def who(self, *, code: str, back: str, verifier: str) -> Known:
        """Who gave us this code. Raises Rejected where GitHub does not take it, Retryable where it does not answer."""
        given = {
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as session:
                url = f"{self._web}/login/oauth/access_token"
                answer = await _asked(session.post(url, data=given, headers={"accept": "application/json"}))
                token = str(answer.get("access_token") or "")
                if not token:
                    raise Rejected(f"GitHub does not take the code: {str(answer.get('error'))[:60]}")
                headers = {"authorization": f"Bearer {token}", "accept": "application/vnd.github+json"}
                found = await _asked(session.get(f"{self._api}/user", headers=headers))
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            raise Retryable(f"GitHub gives no answer ({type(failure).__name__})", code="OUT-010") from None
        return _known(found)


async def _asked(call: Any) -> dict[str, Any]:
    """The JSON object of an answer; what GitHub says in an error is not passed on, it may hold what we sent."""
    async with call as answer:
        if answer.status >= 500 or answer.status == 429:
            raise Retryable(f"GitHub answers {answer.status}", code="OUT-010")
        if answer.status >= 400:
            raise Rejected(f"GitHub answers {answer.status}")
        try:
            found = json.loads(await answer.read())
        except ValueError:
            raise Rejected("GitHub's answer is no JSON") from None
    if not isinstance(found, dict):
        raise Rejected("GitHub's answer is no object")
    return found


def _known(found: dict[str, Any]) -> Known:
    number, login = found.get("id"), found.get("login")
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0 or not isinstance(login, str):
        raise Rejected("GitHub does not say who it is")
    if not login or len(login) > 100:
        raise Rejected("GitHub does not say who it is")
    return Known(number, login)
