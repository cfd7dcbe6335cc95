"""What Sortie is measured against: the loop anybody writes in an afternoon over the anthropic SDK. No journal, no guard, no sandbox."""

from collections.abc import Callable
from typing import Any

import anthropic
import httpx2

Message = dict[str, Any]
Tool = Callable[[str, dict[str, Any]], str]
"""Runs a tool by name and input; returns what the model reads."""


def client(url: str, key: str) -> anthropic.Anthropic:
    """The SDK as it comes, without proxies."""
    return anthropic.Anthropic(
        api_key=key,
        base_url=url,
        http_client=httpx2.Client(trust_env=False, timeout=600, limits=httpx2.Limits(max_connections=None)),
    )


def loop(sdk: anthropic.Anthropic, asked: dict[str, Any], tool: Tool, *, stream: bool = False) -> int:
    """Until a reply calls no tool, or `finish`; returns how many turns it took. `asked` is the first call's parameters."""
    messages: list[Message] = list(asked["messages"])
    turns = 0
    while True:
        turns += 1
        reply = _reply(sdk, {**asked, "messages": messages}, stream=stream)
        messages.append({"role": "assistant", "content": reply.content})
        calls = [block for block in reply.content if block.type == "tool_use"]
        if not calls or calls[-1].name == "finish":
            return turns
        results = [
            {"type": "tool_result", "tool_use_id": c.id, "content": tool(c.name, c.input)} for c in calls
        ]
        messages.append({"role": "user", "content": results})


def _reply(sdk: anthropic.Anthropic, asked: dict[str, Any], *, stream: bool) -> Any:
    if not stream:
        return sdk.messages.create(**asked)
    with sdk.messages.stream(**asked) as events:
        return events.get_final_message()
