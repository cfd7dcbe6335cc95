"""Socket Mode with Bolt's own client: no URL, no signature, the same events and answers."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from integrations.simulators.slack.serve import running
from tests.integrations.simulators.slack.conftest import ADA, CONFIG, PAYMENTS, Control, until


@pytest.fixture
def socketed() -> Iterator[Control]:
    config = replace(CONFIG, app_token="xapp-test")
    with running(config) as url, httpx2.Client(base_url=url, trust_env=False, timeout=20) as http:
        yield Control(url, http)


def test_only_an_app_token_opens_a_connection(sim: Control, socketed: Control) -> None:
    for control, token, error in (
        (socketed, "xoxb-test", "not_allowed_token_type"),
        (socketed, "xapp-other", "invalid_auth"),
        (sim, "xapp-test", "invalid_auth"),
    ):
        with pytest.raises(SlackApiError) as refused:
            WebClient(base_url=f"{control.url}/api/").apps_connections_open(app_token=token)
        assert refused.value.response["error"] == error


def test_events_and_clicks_come_over_the_socket_and_survive_a_refresh(socketed: Control) -> None:
    got: list[str] = []

    async def work() -> None:
        client = AsyncWebClient(token="xoxb-test", base_url=f"{socketed.url}/api/")
        bolt = AsyncApp(client=client, signing_secret="unused")

        @bolt.event("app_mention")
        async def mentioned(event: dict[str, Any]) -> None:
            got.append(event["text"])

        @bolt.event("message")
        async def messaged() -> None: ...

        @bolt.command("/sortie")
        async def command(ack: Any) -> None:
            await ack("over the socket")

        handler: Any = AsyncSocketModeHandler(
            bolt, "xapp-test", web_client=AsyncWebClient(token="xapp-test", base_url=f"{socketed.url}/api/")
        )
        await handler.connect_async()
        try:
            await asyncio.to_thread(socketed.say, "@sortie one")
            await asyncio.to_thread(socketed.settle)
            body = {"user": ADA, "channel": PAYMENTS, "command": "/sortie", "text": ""}
            assert (await asyncio.to_thread(socketed.post, "commands", body))["ok"]
            closed = await asyncio.to_thread(socketed.post, "socket/disconnect", {})
            assert closed["closed"] == 1
            await asyncio.to_thread(socketed.say, "@sortie two")
            await asyncio.to_thread(until, lambda: len(got) >= 2, seconds=20)
        finally:
            await handler.close_async()

    asyncio.run(work())
    assert [text.split(" ")[1] for text in got] == ["one", "two"]
    assert [e["text"] for e in socketed.get("ephemerals")["ephemerals"]] == ["over the socket"]
