"""A Slack that answers real HTTP, and a client of ours before it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.serve import running
from integrations.slack.client import SlackChat
from integrations.types.chat import ThreadRef


@dataclass(frozen=True, slots=True)
class Workspace:
    """The simulator's address, the client under test, and hands for what people and faults do."""

    url: str
    chat: SlackChat
    thread: ThreadRef

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_sim/{path}", data=data, headers={"Content-Type": "application/json"})
        with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
            return json.loads(answer.read())

    def fault(self, method: str, kind: str, **more: Any) -> None:
        self.ask("faults", {"method": method, "kind": kind, **more})

    def calls(self, method: str) -> list[dict[str, Any]]:
        rows = self.ask("requests")["requests"]
        return [row for row in rows if row["method"] == method]


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    config = SlackSimConfig()
    with running(config) as url:
        chat = SlackChat(config.bot_token, api_url=f"{url}/api/", timeout_s=1.0)
        empty = Workspace(url, chat, ThreadRef(config.team_id, "C0PAYMENTS", ""))
        said = empty.ask("messages", {"user": "U0ADA00001", "channel": "C0PAYMENTS", "text": "it broke"})
        yield Workspace(url, chat, ThreadRef(config.team_id, "C0PAYMENTS", said["ts"]))
