"""Whether we are in a channel, so that whoever asks there hears at once where the answers will be."""

import asyncio

import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

log = structlog.get_logger(__name__)

WAIT_S = 1.0
_NOT_OURS = ("channel_not_found", "method_not_supported_for_channel_type")


class Places:
    """Asks conversations.info. Where Slack does not say in a second it counts as ours: the publisher finds out when it posts."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def member(self, channel: str) -> bool:
        """https://docs.slack.dev/reference/methods/conversations.info"""
        if not self._client.token or not channel:
            return True
        try:
            async with asyncio.timeout(WAIT_S):
                found = (await self._client.conversations_info(channel=channel)).get("channel") or {}
        except SlackApiError as refused:
            return refused.response.get("error") not in _NOT_OURS
        except (SlackClientError, OSError, TimeoutError) as failure:
            log.warning("conversations.info did not answer", failure=type(failure).__name__)
            return True
        return bool(found.get("is_im") or found.get("is_member", True))
