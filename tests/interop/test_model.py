"""Our model client against aimock, which speaks the Anthropic API."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from integrations.errors import Cancelled, RateLimited, Rejected, Retryable
from integrations.models.anthropic import AnthropicModel
from integrations.types.model import ModelReply, ModelRequest, StopReason, ToolSpec, Usage
from tests.interop.acting import Note, play
from tests.interop.model_types import model_complaints
from tests.interop.relay import Relay, relaying
from tests.interop.servers import aimock
from tests.interop.table import Gap, Row

AIMOCK = "@copilotkit/aimock 1.43.0, Anthropic API"
LONG = "A rather long answer that arrives in many pieces. " * 20
BASH = ToolSpec("bash", "Runs a command", {"type": "object", "properties": {"command": {"type": "string"}}})
_USAGE = {"input_tokens": 11, "output_tokens": 42}
FIXTURES: list[dict[str, Any]] = [
    {"match": {"userMessage": "say-text"}, "response": {"content": LONG, "usage": _USAGE}},
    {
        "match": {"userMessage": "think-first"},
        "response": {"content": "42", "reasoning": "6 times 7", "reasoningSignature": "sig"},
    },
    {
        "match": {"userMessage": "use-two-tools", "hasToolResult": False},
        "response": {
            "content": "I look.",
            "toolCalls": [
                {"name": "bash", "arguments": {"command": "ls"}, "id": "toolu_1"},
                {"name": "bash", "arguments": {"command": "cat ü"}, "id": "toolu_2"},
            ],
        },
    },
    {"match": {"userMessage": "use-two-tools", "hasToolResult": True}, "response": {"content": "Both ran."}},
    {
        "match": {"userMessage": "limit-me"},
        "response": {"error": {"message": "slow down", "type": "rate_limit_error"}, "status": 429, "retryAfter": 7},
    },
    {
        "match": {"userMessage": "too-busy"},
        "response": {"error": {"message": "Overloaded", "type": "overloaded_error"}, "status": 529},
    },
    {
        "match": {"userMessage": "bad-request"},
        "response": {"error": {"message": "no", "type": "invalid_request_error"}, "status": 400},
    },
    {"match": {"userMessage": "break-off"}, "response": {"content": LONG}, "truncateAfterChunks": 4},
    {"match": {"userMessage": "hang-up"}, "response": {"content": LONG}, "latency": 40, "disconnectAfterMs": 300},
    {"match": {"userMessage": "take-your-time"}, "response": {"content": LONG}, "latency": 200},
    {
        "match": {"userMessage": "use-the-cache"},
        "response": {"content": "ok", "usage": {**_USAGE, "cache_read_input_tokens": 900}},
    },
    {"match": {"userMessage": "cut-short"}, "response": {"content": "Half of", "finishReason": "length"}},
]  # fmt: skip
GAPS = {"counts_what_came_from_the_cache": Gap("not offered", "leaves the cache's tokens out of the usage")}


@dataclass(frozen=True, slots=True)
class Talk:
    model: AnthropicModel

    def ask(
        self, text: str, *more: dict[str, Any], cancelled: Callable[[], bool] = lambda: False
    ) -> ModelReply:
        asked = {"role": "user", "content": [{"type": "text", "text": text}]}
        request = ModelRequest("claude-opus-5-5", "You work.", (asked, *more), (BASH,), timeout_s=20)
        return self.model.complete(replace(request, effort="medium"), cancelled=cancelled)


Act = Callable[[Talk], None]


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[tuple[Talk, Relay]]:
    """The talk goes straight to aimock, since a relay would hide how a stream breaks; the relay is for what we ask."""
    plan = folder / "fixtures.json"
    plan.write_text(json.dumps({"fixtures": FIXTURES}))
    with aimock(plan, folder) as url, relaying(url) as relay:
        straight, noted = (AnthropicModel("key-1", base_url=base, idle_s=10) for base in (url, relay.url))
        Talk(noted).ask("say-text")
        yield Talk(straight), relay
        straight.close()
        noted.close()


def streams_a_text_with_its_usage(talk: Talk) -> None:
    got = talk.ask("say-text")
    assert "".join(block["text"] for block in got.content) == LONG
    assert (got.stop, got.usage) == (StopReason.end_turn, Usage(11, 42))


def keeps_thinking_with_its_signature(talk: Talk) -> None:
    thought, said = talk.ask("think-first").content
    assert (thought["type"], thought["thinking"], thought["signature"]) == ("thinking", "6 times 7", "sig")
    assert said["text"] == "42"


def calls_two_tools_and_goes_on_with_their_results(talk: Talk) -> None:
    got = talk.ask("use-two-tools")
    calls = [block for block in got.content if block["type"] == "tool_use"]
    assert got.stop is StopReason.tool_use
    assert [call["input"] for call in calls] == [{"command": "ls"}, {"command": "cat ü"}]
    results = [{"type": "tool_result", "tool_use_id": call["id"], "content": "done"} for call in calls]
    again = talk.ask(
        "use-two-tools",
        {"role": "assistant", "content": list(got.content)},
        {"role": "user", "content": results},
    )
    assert again.content[0]["text"] == "Both ran."


def an_answer_cut_short_says_so(talk: Talk) -> None:
    assert talk.ask("cut-short").stop is StopReason.max_tokens


def a_rate_limit_says_how_long(talk: Talk) -> None:
    with pytest.raises(RateLimited) as caught:
        talk.ask("limit-me")
    assert caught.value.retry_after_s == 7


def an_overloaded_model_is_tried_again(talk: Talk) -> None:
    with pytest.raises(Retryable):
        talk.ask("too-busy")


def a_bad_request_is_not_tried_again(talk: Talk) -> None:
    with pytest.raises(Rejected):
        talk.ask("bad-request")


def a_stream_that_ends_early_is_tried_again(talk: Talk) -> None:
    with pytest.raises(Retryable):
        talk.ask("break-off")


def a_connection_that_dies_in_the_stream_is_tried_again(talk: Talk) -> None:
    with pytest.raises(Retryable):
        talk.ask("hang-up")


def a_stream_can_be_given_up(talk: Talk) -> None:
    asked: list[int] = []

    def enough() -> bool:
        asked.append(1)
        return len(asked) > 6

    with pytest.raises(Cancelled):
        talk.ask("take-your-time", cancelled=enough)


def counts_what_came_from_the_cache(talk: Talk) -> None:
    assert talk.ask("use-the-cache").usage.cache_read_tokens == 900


ACTS: tuple[Act, ...] = (
    streams_a_text_with_its_usage,
    keeps_thinking_with_its_signature,
    calls_two_tools_and_goes_on_with_their_results,
    an_answer_cut_short_says_so,
    a_rate_limit_says_how_long,
    an_overloaded_model_is_tried_again,
    a_bad_request_is_not_tried_again,
    a_stream_that_ends_early_is_tried_again,
    a_connection_that_dies_in_the_stream_is_tried_again,
    a_stream_can_be_given_up,
    counts_what_came_from_the_cache,
)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_our_client_does_what_a_run_does(served: tuple[Talk, Relay], act: Act, note: Note) -> None:
    play(lambda: act(served[0]), name=act.__name__, against=AIMOCK, gaps=GAPS, note=note)


def test_what_we_ask_has_the_types_of_the_sdk(served: tuple[Talk, Relay], note: Note) -> None:
    [first, *_] = served[1].seen
    assert model_complaints([first]) == []
    wrong = replace(first, body=json.dumps({**json.loads(first.body), "max_tokenz": 1}).encode())
    assert model_complaints([wrong]) != []
    note(Row("anthropic 2.11, parameter types", "a request of our client"))
