"""Each fault on demand, as the real SDK meets it."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic import Anthropic
from anthropic.types import Message

from tests.integrations.simulators.model.serving import MODEL, Served, request_body, script_of, serve

COMMAND = "ls -l && cat README.md && git log --oneline"
STEP = {
    "say": "I will look at the files in this directory, one after the other, and then decide.",
    "calls": [{"tool": "bash", "input": {"command": COMMAND}}],
}


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with serve(script_of(STEP, {"say": "The second turn."}, {"say": "The third turn."})) as served:
        yield served


@pytest.fixture
def simulator(running: Served) -> Served:
    running.post("/_sim/reset")
    return running


def streamed(client: Anthropic, **extra: Any) -> Message:
    with client.messages.stream(**request_body(**extra)) as stream:
        return stream.get_final_message()


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(
    ("kind", "error", "type_"),
    [
        ("overloaded_529", anthropic.OverloadedError, "overloaded_error"),
        ("rate_limit_429", anthropic.RateLimitError, "rate_limit_error"),
        ("spend_limit_429", anthropic.EnforcedSpendLimitReachedError, "rate_limit_error"),
        ("server_500", anthropic.InternalServerError, "api_error"),
    ],
)
def test_an_http_error_happens_once_and_then_the_step_plays(
    simulator: Served, kind: str, error: type[anthropic.APIStatusError], type_: str, stream: bool
) -> None:
    simulator.fault(kind)
    client = simulator.client()
    with pytest.raises(error) as caught:
        streamed(client) if stream else client.messages.create(**request_body())
    assert caught.value.type == type_
    assert streamed(client).stop_reason == "tool_use"
    assert [entry["fault"] for entry in simulator.requests()] == [kind, None]


def test_a_rate_limit_names_its_retry_after(simulator: Served) -> None:
    simulator.fault("rate_limit_429", retry_after_s=7)
    status, headers, _ = simulator.messages(request_body())
    assert (status, headers["retry-after"]) == (429, "7")


def test_the_sdks_own_retries_get_through(simulator: Served) -> None:
    simulator.fault("overloaded_529", times=2, retry_after_s=0.01)
    assert streamed(simulator.client(max_retries=2)).stop_reason == "tool_use"
    assert [entry["status"] for entry in simulator.requests()] == [529, 529, 200]


def test_a_stream_breaks_off_with_an_error_event(simulator: Served) -> None:
    simulator.fault("stream_error_overloaded")
    with pytest.raises(anthropic.APIStatusError) as caught:
        streamed(simulator.client())
    assert (caught.value.status_code, caught.value.type) == (200, "overloaded_error")


def test_a_broken_stream_outside_a_stream_is_a_529(simulator: Served) -> None:
    simulator.fault("stream_error_overloaded")
    with pytest.raises(anthropic.OverloadedError):
        simulator.client().messages.create(**request_body())


def test_a_stream_ends_without_message_stop(simulator: Served) -> None:
    simulator.fault("stream_eof")
    message = streamed(simulator.client())
    assert message.stop_reason is None
    assert message.content


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_a_connection_is_reset_before_the_answer(simulator: Served, stream: bool) -> None:
    simulator.fault("connection_reset")
    client = simulator.client()
    with pytest.raises(anthropic.APIConnectionError):
        streamed(client) if stream else client.messages.create(**request_body())


def test_a_connection_is_reset_in_mid_stream(simulator: Served) -> None:
    simulator.fault("connection_reset", mid_stream=True)
    with (
        pytest.raises((httpx2.TransportError, anthropic.APIConnectionError)),
        simulator.client().messages.stream(**request_body()) as stream,
    ):
        assert next(iter(stream)).type == "message_start"
        stream.until_done()
    assert streamed(simulator.client()).stop_reason == "tool_use"


def test_silence_lasts_until_the_client_gives_up(simulator: Served) -> None:
    simulator.fault("hang")
    with pytest.raises(anthropic.APITimeoutError):
        simulator.client(timeout=0.3).messages.create(**request_body())
    assert streamed(simulator.client()).stop_reason == "tool_use"


def test_silence_does_not_hold_up_other_requests(simulator: Served) -> None:
    simulator.fault("hang", match={"contains": "hold me"})
    held = threading.Thread(target=_ignore_timeout, args=(simulator.client(timeout=2.0),))
    held.start()
    deadline = time.monotonic() + 5
    while not simulator.requests() and time.monotonic() < deadline:
        time.sleep(0.01)
    started = time.monotonic()
    assert streamed(simulator.client()).stop_reason == "tool_use"
    assert time.monotonic() - started < 1.5
    held.join()


def _ignore_timeout(client: Anthropic) -> None:
    with pytest.raises(anthropic.APITimeoutError):
        client.messages.create(**request_body({"role": "user", "content": "hold me"}))


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
def test_a_refusal_says_why(simulator: Served, stream: bool) -> None:
    simulator.fault("refusal")
    client = simulator.client()
    message = streamed(client) if stream else client.messages.create(**request_body())
    assert (message.stop_reason, message.content) == ("refusal", [])
    assert message.stop_details is not None
    assert message.stop_details.category == "cyber"


def test_a_call_is_cut_by_max_tokens(simulator: Served) -> None:
    simulator.fault("max_tokens")
    message = streamed(simulator.client())
    assert message.stop_reason == "max_tokens"
    block = message.content[-1]
    assert block.type == "tool_use"
    assert block.input == {}


def test_tool_json_is_broken(simulator: Served) -> None:
    simulator.fault("malformed_tool_json")
    with pytest.raises(ValueError, match="Unable to parse tool parameter JSON"):
        streamed(simulator.client())


def test_an_unknown_tool_is_called(simulator: Served) -> None:
    simulator.fault("unknown_tool")
    block = streamed(simulator.client()).content[-1]
    assert block.type == "tool_use" and block.name == "frobnicate"


def test_two_calls_share_an_id(simulator: Served) -> None:
    simulator.fault("duplicate_tool_ids")
    ids = [block.id for block in streamed(simulator.client()).content if block.type == "tool_use"]
    assert len(ids) == 2 and ids[0] == ids[1]


def test_an_answer_is_empty(simulator: Served) -> None:
    simulator.fault("empty_content")
    message = streamed(simulator.client())
    assert (message.content, message.stop_reason) == ([], "end_turn")


def test_a_spoilt_turn_in_the_transcript_leaves_its_step_due(simulator: Served) -> None:
    simulator.fault("unknown_tool")
    client = simulator.client()
    first = streamed(client)
    block = first.content[-1]
    assert block.type == "tool_use"
    answer: Any = {
        "type": "tool_result",
        "tool_use_id": block.id,
        "content": "no such tool",
        "is_error": True,
    }
    messages: list[Any] = [
        {"role": "user", "content": "hello"},
        first.to_param(),
        {"role": "user", "content": [answer]},
    ]
    again = client.messages.create(model=MODEL, max_tokens=64, messages=messages)
    assert again.content[-1].type == "tool_use" and again.content[-1].name == "bash"


def test_a_fault_waits_for_the_request_it_is_meant_for(simulator: Served) -> None:
    simulator.fault("overloaded_529", match={"contains": "unlucky"})
    simulator.fault("refusal", match={"stream": True})
    simulator.fault("server_500", match={"role": "nobody"})
    client = simulator.client()
    assert client.messages.create(**request_body()).stop_reason == "tool_use"
    assert streamed(client).stop_reason == "refusal"
    with pytest.raises(anthropic.OverloadedError):
        client.messages.create(**request_body({"role": "user", "content": "unlucky"}))
    assert [fault["kind"] for fault in simulator.get("/_sim/faults")] == ["server_500"]


def test_a_fault_planned_by_a_step_happens_once_per_conversation() -> None:
    step = {**STEP, "fault": {"kind": "overloaded_529", "times": 2, "retry_after_s": 0.01}}
    with serve(script_of(step)) as simulator:
        for _ in range(2):
            assert simulator.messages(request_body())[0] == 529
        assert simulator.messages(request_body())[0] == 200
        assert simulator.messages(request_body())[0] == 200
        assert simulator.messages(request_body({"role": "user", "content": "another"}))[0] == 529


def test_a_step_that_is_only_a_fault_makes_way_for_the_next() -> None:
    with serve(script_of({"fault": "server_500"}, {"say": "fine"})) as simulator:
        assert simulator.messages(request_body())[0] == 500
        status, _, body = simulator.messages(request_body())
        assert (status, body["content"][0]["text"]) == (200, "fine")


@pytest.mark.parametrize("kept", [True, False], ids=["the cut turn is kept", "the cut turn is dropped"])
def test_a_text_cut_by_max_tokens_is_said_in_full_afterwards(kept: bool) -> None:
    step = {"say": "first half second half", "fault": "max_tokens"}
    with serve(script_of(step, {"say": "the next step"})) as simulator:
        client = simulator.client()
        cut = client.messages.create(**request_body())
        assert cut.stop_reason == "max_tokens"
        messages: list[Any] = [{"role": "user", "content": "hello"}]
        if kept:
            messages += [cut.to_param(), {"role": "user", "content": "go on"}]
        whole = client.messages.create(model=MODEL, max_tokens=64, messages=messages)
        assert whole.content[0].type == "text" and whole.content[0].text == step["say"]
        messages += [whole.to_param(), {"role": "user", "content": "go on"}]
        after = client.messages.create(model=MODEL, max_tokens=64, messages=messages)
        assert after.content[0].type == "text" and after.content[0].text == "the next step"


def test_an_answer_can_be_late() -> None:
    with serve(script_of({"say": "late", "delay_s": 0.2}), latency_s=0.1) as simulator:
        started = time.monotonic()
        simulator.messages(request_body())
        assert time.monotonic() - started >= 0.3
