"""Requests the real API refuses are refused with its status, type and words."""

from collections.abc import Iterator
from typing import Any

import pytest
from anthropic import BadRequestError
from anthropic.types import ErrorResponse, ThreadUnsupportedRequestError

from tests.integrations.simulators.model.serving import MODEL, Served, request_body, script_of, serve

USER = {"role": "user", "content": "hello"}
TOOL = {"name": "bash", "input_schema": {"type": "object"}}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "bash", "input": {"command": "ls"}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "exit code: 0"}
TEXT = {"type": "text", "text": "and more"}
CACHED = {"type": "text", "text": "rule", "cache_control": {"type": "ephemeral"}}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Served]:
    with serve(script_of({"label": "a", "say": "fine", "goto": "a"})) as served:
        yield served


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def without(key: str) -> dict[str, Any]:
    return {k: v for k, v in request_body().items() if k != key}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("no max_tokens", without("max_tokens"), "max_tokens: Field required"),
    ("no model", without("model"), "model: Field required"),
    ("no messages", without("messages"), "messages: Field required"),
    ("max_tokens too large", request_body(max_tokens=200_000), "200000 > 128000"),
    ("max_tokens is text", request_body(max_tokens="9"), "valid integer"),
    ("empty messages", {**request_body(), "messages": []}, "at least one message is required"),
    ("assistant first", request_body(assistant(TEXT), USER), 'first message must use the "user" role'),
    ("prefill", request_body(USER, assistant(TEXT)), "does not support assistant message prefill"),
    ("unknown role", request_body({"role": "tool", "content": "x"}), "messages.0.role: Input should be"),
    (
        "empty content",
        request_body({"role": "user", "content": ""}),
        "messages.0: all messages must have non-empty",
    ),
    (
        "empty text block",
        request_body(user({"type": "text", "text": ""})),
        "text content blocks must be non-empty",
    ),
    ("unknown block", request_body(user({"type": "song"})), "messages.0.content.0: Input tag 'song'"),
    (
        "document said by the assistant",
        request_body(USER, assistant({"type": "document"}), USER),
        "'document'",
    ),
    (
        "citations on user text",
        request_body(user({**TEXT, "citations": [{}]})),
        "Extra inputs are not permitted",
    ),
    ("unknown key", request_body(surprise=1), "surprise: Extra inputs are not permitted"),
    ("temperature", request_body(temperature=1.0), "`temperature` is deprecated for this model."),
    ("top_p", request_body(top_p=1.0), "`top_p` is deprecated"),
    ("top_k", request_body(top_k=5), "`top_k` is deprecated"),
    (
        "thinking off on a model that always thinks",
        request_body(thinking={"type": "disabled"}),
        "not supported",
    ),
    (
        "a thinking budget there",
        request_body(thinking={"type": "enabled", "budget_tokens": 2048}),
        "not supported",
    ),
    ("unknown effort", request_body(output_config={"effort": "heroic"}), "output_config.effort"),
    (
        "any tool forced",
        request_body(tools=[TOOL], tool_choice={"type": "any"}),
        "tool_choice forces tool use",
    ),
    (
        "a named tool forced",
        request_body(tools=[TOOL], tool_choice={"type": "tool", "name": "bash"}),
        "tool_choice forces tool use",
    ),
    ("tool choice without tools", request_body(tool_choice={"type": "auto"}), "while providing tools"),
    ("tool without schema", request_body(tools=[{"name": "bash"}]), "input_schema: Field required"),
    ("tool with a bad name", request_body(tools=[{**TOOL, "name": "a b"}]), "String should match pattern"),
    ("tool named twice", request_body(tools=[TOOL, TOOL]), "Tool names must be unique"),
    (
        "five breakpoints",
        request_body(
            user(CACHED, CACHED, CACHED), system=[CACHED], tools=[{**TOOL, "cache_control": {"type": "e"}}]
        ),
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    (
        "an hour after five minutes",
        request_body(user({**CACHED, "cache_control": {"type": "ephemeral", "ttl": "1h"}}), system=[CACHED]),
        "must not come after",
    ),
    (
        "a result nobody asked for",
        request_body(user(RESULT)),
        "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1",
    ),
    (
        "a call without result",
        request_body(USER, assistant(CALL), USER),
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1",
    ),
    (
        "words before the result",
        request_body(USER, assistant(CALL), user(TEXT, RESULT)),
        "messages.1: `tool_use` ids",
    ),
    (
        "a result twice",
        request_body(USER, assistant(CALL), user(RESULT, RESULT)),
        "must have a single result",
    ),
    (
        "a tool id twice",
        request_body(USER, assistant(CALL, CALL), user(RESULT)),
        "messages.1.content.1: `tool_use` ids must be unique",
    ),
    (
        "one of two calls unanswered",
        request_body(USER, assistant(CALL, {**CALL, "id": "toolu_2"}), user(RESULT)),
        "immediately after: toolu_2",
    ),
    (
        "an altered thought",
        request_body(
            USER, assistant({"type": "thinking", "thinking": "x", "signature": "made up"}, TEXT), USER
        ),
        "Invalid `signature` in `thinking` block",
    ),
]


@pytest.mark.parametrize(("body", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_bad_request_is_refused_with_the_apis_own_words(
    simulator: Served, body: dict[str, Any], words: str
) -> None:
    status, headers, answer = simulator.messages(body)
    assert status == 400, answer
    parsed = ErrorResponse.model_validate(answer)
    assert parsed.error.type == "invalid_request_error"
    assert words in parsed.error.message
    assert parsed.request_id == headers["request-id"]


@pytest.mark.parametrize(
    "body",
    [
        request_body(USER, USER),
        request_body(USER, assistant(CALL), user(RESULT)),
        request_body(USER, assistant(CALL), user(RESULT, TEXT)),
        request_body(USER, assistant(CALL), user(RESULT), user(TEXT)),
        request_body(USER, assistant(CALL), user({**RESULT, "content": [TEXT]})),
        request_body(USER, assistant(TEXT), {"role": "system", "content": "a reminder"}, USER),
        request_body(user(CACHED, CACHED), system=[CACHED, CACHED]),
        request_body(tools=[TOOL], tool_choice={"type": "auto"}),
        {**request_body(tools=[TOOL], tool_choice={"type": "any"}), "model": "claude-sonnet-5-5"},
        {**request_body(USER, assistant(TEXT)), "model": "claude-haiku-4-5"},
    ],
    ids=[
        "two user messages",
        "a result",
        "words after a result",
        "words in a message after the result",
        "a result in blocks",
        "a system message on the way",
        "four breakpoints",
        "free tool choice",
        "a forced tool where allowed",
        "prefill where allowed",
    ],
)
def test_a_good_request_is_let_through(simulator: Served, body: dict[str, Any]) -> None:
    status, _, answer = simulator.messages(body)
    assert status == 200, answer


def test_a_thought_comes_back_as_it_was_or_not_at_all() -> None:
    with serve(script_of({"think": "I saw it.", "say": "Yes."}, {"say": "Go on."})) as simulator:
        thought, text = simulator.messages(request_body())[2]["content"]
        assert simulator.messages(request_body(USER, assistant(thought, text), USER))[0] == 200
        status, _, answer = simulator.messages(
            request_body(USER, assistant({**thought, "thinking": "I did not."}, text), USER)
        )
    assert status == 400
    assert "messages.1.content.0: Invalid `signature`" in answer["error"]["message"]


def test_an_unknown_model_is_not_found(simulator: Served) -> None:
    status, _, answer = simulator.messages({**request_body(), "model": "gpt-4"})
    assert (status, answer["error"]["type"]) == (404, "not_found_error")


def test_a_missing_or_unknown_version_is_refused(simulator: Served) -> None:
    assert simulator.messages(request_body(), anthropic_version="2024-01-01")[0] == 400
    status, _, _ = simulator.post("/v1/messages", request_body(), authorization="Bearer sk-ant-test")
    assert status == 400


def test_a_body_that_is_not_json_is_refused(simulator: Served) -> None:
    assert simulator.messages(["not", "an", "object"])[0] == 400
    status, _, answer = simulator.messages(None)
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")


def test_threads_are_refused_so_that_the_sdk_falls_back_to_whole_conversations(simulator: Served) -> None:
    with pytest.raises(ThreadUnsupportedRequestError) as caught:
        simulator.client().messages.create(**request_body(), extra_body={"thread": {"type": "create"}})
    assert caught.value.error_code == "thread_unsupported_request"


def test_the_sdks_tool_runner_gets_its_answer_by_falling_back(simulator: Served) -> None:
    runner = simulator.client().beta.messages.tool_runner(
        model=MODEL, max_tokens=64, messages=[{"role": "user", "content": "hello"}], tools=[]
    )
    assert runner.until_done().stop_reason == "end_turn"


def test_beta_keys_need_the_beta_header(simulator: Served) -> None:
    with pytest.raises(BadRequestError, match="Extra inputs are not permitted"):
        simulator.client().messages.create(**request_body(), extra_body={"context_management": {}})
    status, _, _ = simulator.messages(
        request_body(context_management={}), anthropic_beta="context-management-2025-06-27"
    )
    assert status == 200


def test_count_tokens_keeps_the_same_rules_but_needs_no_max_tokens(simulator: Served) -> None:
    client = simulator.client()
    assert (
        client.messages.count_tokens(model=MODEL, messages=[{"role": "user", "content": "hi"}]).input_tokens
        > 0
    )
    with pytest.raises(BadRequestError):
        client.messages.count_tokens(model=MODEL, messages=[])
