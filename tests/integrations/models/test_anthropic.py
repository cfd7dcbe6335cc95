"""The model client against a real HTTP server: every way an answer can come, or not come."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from integrations.errors import (
    Cancelled,
    Denied,
    IntegrationError,
    NotFound,
    RateLimited,
    Rejected,
    Retryable,
)
from integrations.models.anthropic import AnthropicModel
from integrations.types.model import ModelReply, ModelRequest, StopReason, ToolSpec, Usage
from tests.integrations.models import server as wire
from tests.integrations.models.server import Answer, Server, reply, serving, status, text

REQUEST = ModelRequest(
    "claude-x", "You are.", ({"role": "user", "content": [{"type": "text", "text": "Hello"}]},), timeout_s=20
)


def never() -> bool:
    return False


def ask(server: Server, request: ModelRequest = REQUEST, cancelled: Callable[[], bool] = never) -> ModelReply:
    model = AnthropicModel("key-1", base_url=server.url, idle_s=5)
    try:
        return model.complete(request, cancelled=cancelled)
    finally:
        model.close()


def failure(answer: Answer) -> IntegrationError:
    with serving(answer) as server, pytest.raises(IntegrationError) as caught:
        ask(server)
    assert len(server.requests) == 1, "retrying is not the client's decision"
    return caught.value


def test_a_streamed_answer_is_put_together_with_its_usage() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "bash", "input": {"command": "ls", "n": [1, {"a": "ü"}]}}
    thought = {"type": "thinking", "thinking": "hmm, so", "signature": "sig"}
    with serving(reply([thought, text("I look."), call], "tool_use")) as server:
        got = ask(server)
    assert got.content == (thought, text("I look."), call)
    assert got.stop is StopReason.tool_use
    assert got.usage == Usage(11, 42, 5, 7)
    assert (got.model, got.request_id, got.extra) == ("claude-x", "req_1", {})


def test_the_request_has_cache_breakpoints_effort_and_format_but_no_forced_tool_or_temperature() -> None:
    messages = (
        {"role": "user", "content": [{"type": "text", "text": "one"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "two"}]},
        {"role": "user", "content": [{"type": "text", "text": "three"}, {"type": "text", "text": "four"}]},
    )
    schema = {"type": "object", "properties": {}}
    tools = (ToolSpec("bash", "runs", schema),)
    asked = ModelRequest("m", "sys", messages, tools, effort="high", output_schema=schema)
    with serving(reply([text("x")])) as server:
        ask(server, asked)
    sent, headers = server.requests[0], server.headers[0]
    mark = {"type": "ephemeral"}
    assert sent["system"] == [{"type": "text", "text": "sys", "cache_control": mark}]
    assert sent["messages"][2]["content"][1] == {"type": "text", "text": "four", "cache_control": mark}
    assert str(sent).count("cache_control") == 2
    assert sent["output_config"] == {"effort": "high", "format": {"type": "json_schema", "schema": schema}}
    assert sent["stream"] is True
    assert not {"tool_choice", "temperature", "top_p", "thread"} & set(sent)
    assert headers["Authorization"] == "Bearer key-1"
    assert "cache_control" not in str(messages), "what is stored is never changed"


def test_connections_are_used_again_after_a_whole_answer() -> None:
    with serving(reply([text("x")])) as server:
        model = AnthropicModel("k", base_url=server.url)
        for _ in range(4):
            model.complete(REQUEST, cancelled=never)
        model.close()
    assert len(server.ports) == 1


def test_many_threads_share_one_client() -> None:
    with serving(reply([text("x")])) as server, ThreadPoolExecutor(16) as pool:
        model = AnthropicModel("k", base_url=server.url)
        got = list(pool.map(lambda _: model.complete(REQUEST, cancelled=never).content, range(64)))
        model.close()
    assert got == [(text("x"),)] * 64


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (status(429, "rate_limit_error"), RateLimited, "MOD-001"),
        (status(529, "overloaded_error"), Retryable, "MOD-001"),
        (status(500, "api_error"), Retryable, "MOD-002"),
        (status(503, "api_error"), Retryable, "MOD-002"),
        (wire.nothing(502), Retryable, "MOD-002"),
        (status(408, "timeout_error"), Retryable, "MOD-002"),
        (status(401, "authentication_error"), Denied, "MOD-003"),
        (status(403, "permission_error"), Denied, "MOD-003"),
        (status(404, "not_found_error"), NotFound, "MOD-003"),
        (status(400, "invalid_request_error", said="prompt is too long: 9 > 8"), Rejected, "MOD-006"),
        (status(413, "request_too_large"), Rejected, "MOD-006"),
        (status(402, "billing_error"), Denied, "MOD-007"),
        (status(429, "rate_limit_error", error_code="enforced_spend_limit_reached"), Denied, "MOD-007"),
        (status(429, "rate_limit_error", error_code="contract_spend_limit_reached"), Denied, "MOD-007"),
        (status(429, "rate_limit_error", error_code="ramp_limit_exceeded"), Denied, "MOD-007"),
        (status(400, "invalid_request_error"), Rejected, "MOD-008"),
        (wire.error_in_mid_stream("overloaded_error"), Retryable, "MOD-001"),
        (wire.error_in_mid_stream("rate_limit_error"), RateLimited, "MOD-001"),
        (wire.error_in_mid_stream("api_error"), Retryable, "MOD-002"),
        (wire.cut_off(), Retryable, "MOD-002"),
        (wire.cut_off(parts=6), Retryable, "MOD-002"),
        (wire.cut_off(reset=True), Retryable, "MOD-002"),
        (wire.cut_off(reset=True, parts=0), Retryable, "MOD-002"),
        (wire.nothing(), Retryable, "MOD-002"),
        (wire.nothing(content=b'event: message_start\ndata: {"type": "message_st\n\n'), Retryable, "MOD-002"),
        (
            wire.nothing(content=b'event: content_block_delta\ndata: {"type": "content_block_delta"}\n\n'),
            Retryable,
            "MOD-002",
        ),
    ],
)
def test_each_failure_has_its_kind_and_code(answer: Answer, kind: type[IntegrationError], code: str) -> None:
    error = failure(answer)
    assert type(error) is kind
    assert error.code == code
    assert error.message.endswith(".")


def test_no_server_at_all_is_retryable() -> None:
    with serving(reply([])) as server:
        url = server.url
    with pytest.raises(Retryable, match="connection to the model broke"):
        AnthropicModel("k", base_url=url).complete(REQUEST, cancelled=never)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": "86400"}, 300.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_a_rate_limit_says_how_long_to_wait_but_never_for_hours(
    headers: dict[str, str], wait_s: float | None
) -> None:
    error = failure(status(429, "rate_limit_error", headers=headers))
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == wait_s


def test_a_refusal_is_a_reply_that_names_its_category() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": None}
    with serving(reply([text("No.")], "refusal", stop_details=details)) as server:
        got = ask(server)
    assert (got.stop, got.refusal) == (StopReason.refusal, "cyber")


@pytest.mark.parametrize("raw", ['{"command": "ls', "[1, 2]", '"ls"', "nope"])
def test_a_tool_input_that_is_no_json_object_is_marked_and_empty(raw: str) -> None:
    call = {"type": "tool_use", "id": "t1", "name": "bash", "input": raw}
    with serving(reply([call], "max_tokens")) as server:
        got = ask(server)
    assert got.content[0]["input"] == {}
    assert got.extra["malformed:t1"]


def test_half_a_character_cannot_travel_on() -> None:
    call = {"type": "tool_use", "id": "t1", "name": "bash", "input": '{"command": "a\\ud83d\\ude00b\\ud800"}'}
    with serving(reply([call, text("x\ud800")], "tool_use")) as server:
        got = ask(server)
    assert got.content[0]["input"] == {"command": "a\U0001f600b\ufffd"}
    assert got.content[1] == text("x\ufffd")


def test_an_empty_answer_is_an_empty_reply() -> None:
    with serving(reply([text("")])) as server:
        assert ask(server).content == ()


@pytest.mark.parametrize("headers", [False, True])
def test_a_hanging_call_is_given_up_within_two_seconds_and_its_connection_closed(headers: bool) -> None:
    stop = threading.Event()
    with serving(wire.hang(headers=headers)) as server, ThreadPoolExecutor(1) as pool:
        call = pool.submit(ask, server, REQUEST, stop.is_set)
        assert server.arrived.wait(5)
        stop.set()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            call.result(10)
        assert time.monotonic() - began < 2
        assert server.gone.wait(2)


def test_a_call_that_was_cancelled_before_it_began_is_never_sent() -> None:
    with serving(reply([text("x")])) as server, pytest.raises(Cancelled):
        ask(server, cancelled=lambda: True)
    assert server.requests == []


@pytest.mark.parametrize("headers", [False, True])
def test_a_call_that_takes_longer_than_it_may_is_retryable(headers: bool) -> None:
    request = ModelRequest("m", "s", REQUEST.messages, timeout_s=0.6)
    with serving(wire.hang(headers=headers)) as server, pytest.raises(Retryable, match="too long"):
        ask(server, request)


def test_a_silent_stream_is_given_up_after_the_idle_time() -> None:
    with serving(wire.hang(headers=True)) as server, pytest.raises(Retryable, match="broke"):
        AnthropicModel("k", base_url=server.url, idle_s=0.4).complete(REQUEST, cancelled=never)


def test_without_a_key_nothing_is_sent() -> None:
    with serving(reply([text("x")])) as server, pytest.raises(Denied):
        AnthropicModel("", base_url=server.url).complete(REQUEST, cancelled=never)
    assert server.requests == []
