"""Who a Slack user is, as far as a stop needs it: guests and strangers may not stop other people's runs."""

import asyncio
import time

import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

log = structlog.get_logger(__name__)

KEEP_S = 300.0
WAIT_S = 1.0


class People:
    """Asks users.info, remembers the answer for five minutes. Where Slack does not answer in a second, a stop counts."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._seen: dict[str, tuple[float, bool]] = {}

    async def restricted(self, user: str) -> bool:
        """Whether this is a guest, a stranger of a shared channel, or a deactivated account."""
        kept = self._seen.get(user)
        if kept and time.monotonic() - kept[0] < KEEP_S:
            return kept[1]
        if not self._client.token:
            return False
        try:
            async with asyncio.timeout(WAIT_S):
                found = (await self._client.users_info(user=user)).get("user") or {}
        except (SlackClientError, OSError, TimeoutError) as failure:
            log.warning("users.info did not answer", failure=type(failure).__name__)
            return False
        flags = ("is_restricted", "is_ultra_restricted", "is_stranger", "deleted", "is_bot")
        verdict = any(bool(found.get(flag)) for flag in flags)
        self._seen[user] = (time.monotonic(), verdict)
        return verdict
