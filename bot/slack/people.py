"""Who a Slack user is, as far as the web process needs it: guests and strangers may not stop other people's runs."""

import asyncio
import time
from dataclasses import dataclass

import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from integrations.slack.inbound import kind_of
from integrations.types.chat import UserKind

log = structlog.get_logger(__name__)

KEEP_S = 60.0
WAIT_S = 1.0
MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Seen:
    at: float
    kind: UserKind
    name: str


class People:
    """Asks users.info, remembers the answer for a minute. Where Slack does not answer in a second, a stop counts."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._seen: dict[str, _Seen] = {}

    async def restricted(self, user: str) -> bool:
        """Whether this is surely no full member: a guest, a stranger of a shared channel, a program, or a deactivated account."""
        found = await self._asked(user)
        return found is not None and found.kind is not UserKind.member

    async def name(self, user: str) -> str:
        """What they call themselves, "" where Slack does not say."""
        found = await self._asked(user)
        return found.name if found else ""

    async def _asked(self, user: str) -> _Seen | None:
        kept = self._seen.get(user)
        if kept and time.monotonic() - kept.at < KEEP_S:
            return kept
        if not self._client.token:
            return None
        try:
            async with asyncio.timeout(WAIT_S):
                found = (await self._client.users_info(user=user)).get("user") or {}
        except (SlackClientError, OSError, TimeoutError) as failure:
            log.warning("users.info did not answer", failure=type(failure).__name__)
            return None
        if len(self._seen) >= MOST:
            self._seen.clear()
        profile = found.get("profile") or {}
        name = str(found.get("real_name") or profile.get("real_name") or found.get("name") or "")
        self._seen[user] = _Seen(time.monotonic(), kind_of(found), name)
        return self._seen[user]
