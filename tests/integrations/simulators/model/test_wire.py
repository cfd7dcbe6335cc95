"""What goes over the wire is what the installed SDK's own types accept: no more, no less."""

import json
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from anthropic import AuthenticationError, NotFoundError
from anthropic.types import Message, MessageTokensCount, ModelInfo, RawMessageStreamEvent
from pydantic import BaseModel, TypeAdapter

from tests.integrations.simulators.model.serving import API_KEY, MODEL, Served, request_body, script_of, serve

LONG_COMMAND = "printf '%s' " + "x" * 200
STEP = {
    "think": "I should look around before I touch anything at all, slowly.",
    "say": "Let me look, with a sentence that is long enough for more than one piece.",
    "calls": [
        {"tool": "bash", "input": {"command": LONG_COMMAND, "timeout_s": 5}},
        {"tool": "view", "input": {"path": "é.py", "start": 1}},
    ],
}


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with serve(script_of(STEP, {"say": "Done."})) as served:
        yield served


@pytest.fixture
def simulator(running: Served) -> Served:
    running.post("/_sim/reset")
    return running


def unknown_keys(value: Any, path: str = "") -> list[str]:
    """Keys that the SDK's model classes do not name, anywhere inside a parsed answer."""
    if isinstance(value, list):
        return [k for item in value for k in unknown_keys(item, path)]
    if not isinstance(value, BaseModel):
        return []
    extra = [f"{path}.{key}" for key in (value.model_extra or {})]
    return extra + [
        k for name in type(value).model_fields for k in unknown_keys(getattr(value, name), f"{path}.{name}")
    ]


def raw_events(simulator: Served) -> list[tuple[str, dict[str, Any]]]:
    """The events of a streamed answer as they stand on the wire."""
    headers = {"authorization": f"Bearer {API_KEY}", "anthropic-version": "2026-10-21"}
    body = json.dumps(request_body(stream=True)).encode()
    with urllib.request.urlopen(
        urllib.request.Request(f"{simulator.url}/v1/messages", body, headers)
    ) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["request-id"].startswith("req_01")
        frames = response.read().decode().split("\n\n")
    pairs = [frame.split("\n") for frame in frames if frame]
    return [(head.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for head, data in pairs]


def test_a_message_is_accepted_by_the_sdk_with_strict_validation(simulator: Served) -> None:
    answer = simulator.client().messages.create(
        model=MODEL, max_tokens=1024, messages=[{"role": "user", "content": "hello"}]
    )
    assert isinstance(answer, Message)
    assert unknown_keys(answer) == []
    assert [block.type for block in answer.content] == ["thinking", "text", "tool_use", "tool_use"]
    assert answer.stop_reason == "tool_use"
    assert answer.id.startswith("msg_01")
    assert answer._request_id is not None and answer._request_id.startswith("req_01")


def test_every_streamed_event_is_one_the_sdk_knows(simulator: Served) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
    for name, event in raw_events(simulator):
        assert name == event["type"]
        if name != "ping":
            assert unknown_keys(adapter.validate_python(event)) == [], event


def test_the_stream_has_the_documented_order(simulator: Served) -> None:
    names = [name for name, _ in raw_events(simulator)]
    assert names[:2] == ["message_start", "ping"]
    assert names[-2:] == ["message_delta", "message_stop"]
    assert names.count("content_block_start") == names.count("content_block_stop") == 4


def test_the_streamed_message_equals_the_plain_one(simulator: Served) -> None:
    client = simulator.client()
    asked = request_body()
    plain = client.messages.create(**asked)
    with client.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    different = {"id", "content"}
    assert streamed.model_dump(exclude=different) == plain.model_dump(exclude=different)
    for left, right in zip(streamed.content, plain.content, strict=True):
        assert left.model_dump(exclude={"id", "parsed_output"}) == right.model_dump(exclude={"id"})


def test_tool_input_thinking_and_text_come_in_several_pieces(simulator: Served) -> None:
    deltas = [event["delta"] for name, event in raw_events(simulator) if name == "content_block_delta"]
    kinds = [delta["type"] for delta in deltas]
    assert kinds.count("input_json_delta") >= 6
    assert kinds.count("thinking_delta") >= 2
    assert kinds.count("text_delta") >= 2
    assert kinds.count("signature_delta") == 1


def test_tool_ids_are_unique_across_answers(simulator: Served) -> None:
    seen = [event["content_block"]["id"] for _ in range(5) for name, event in raw_events(simulator)
            if name == "content_block_start" and "id" in event["content_block"]]  # fmt: skip
    assert len(set(seen)) == len(seen) == 10


def test_answers_carry_the_rate_limit_headers(simulator: Served) -> None:
    status, headers, _ = simulator.messages(request_body())
    assert status == 200
    for kind in ("requests", "input-tokens", "output-tokens", "tokens"):
        limit, left = (int(headers[f"anthropic-ratelimit-{kind}-{part}"]) for part in ("limit", "remaining"))
        assert left < limit
        assert headers[f"anthropic-ratelimit-{kind}-reset"].endswith("Z")


def test_thinking_is_left_out_where_the_request_turns_it_off(simulator: Served) -> None:
    answer = simulator.client().messages.create(
        model="claude-sonnet-5-5",
        max_tokens=1024,
        messages=[{"role": "user", "content": "hello"}],
        thinking={"type": "disabled"},
    )
    assert "thinking" not in [block.type for block in answer.content]


def test_usage_counts_the_real_request_and_answer(simulator: Served) -> None:
    client = simulator.client()
    short = client.messages.create(**request_body()).usage
    long = client.messages.create(**request_body({"role": "user", "content": "x" * 40_000})).usage
    assert 9_500 < long.input_tokens - short.input_tokens < 10_500
    assert short.output_tokens > len(LONG_COMMAND) // 4
    assert short.output_tokens_details is not None
    assert 0 < short.output_tokens_details.thinking_tokens < short.output_tokens


def test_a_counted_request_is_as_large_as_the_sent_one(simulator: Served) -> None:
    client = simulator.client()
    asked: Any = {
        "model": MODEL,
        "system": "be brief",
        "messages": [{"role": "user", "content": "x" * 5_000}],
    }
    counted = client.messages.count_tokens(**asked)
    assert isinstance(counted, MessageTokensCount)
    assert counted.input_tokens == client.messages.create(max_tokens=64, **asked).usage.input_tokens


def test_a_prefix_is_written_once_and_read_afterwards(simulator: Served) -> None:
    client = simulator.client()
    system: Any = [{"type": "text", "text": "rules " * 2_000, "cache_control": {"type": "ephemeral"}}]
    first = client.messages.create(**request_body(system=system)).usage
    second = client.messages.create(**request_body({"role": "user", "content": "other"}, system=system)).usage
    changed = client.messages.create(**request_body(system=[{**system[0], "text": "laws " * 2_000}])).usage
    assert (first.cache_read_input_tokens, second.cache_creation_input_tokens) == (0, 0)
    assert first.cache_creation_input_tokens == second.cache_read_input_tokens
    assert (first.cache_creation_input_tokens or 0) > 2_900
    assert changed.cache_read_input_tokens == 0
    assert first.cache_creation is not None
    assert first.cache_creation.ephemeral_5m_input_tokens == first.cache_creation_input_tokens


def test_another_model_has_a_cache_of_its_own(simulator: Served) -> None:
    client = simulator.client()
    asked = request_body({"role": "user", "content": "x" * 8_000}, cache_control={"type": "ephemeral"})
    client.messages.create(**asked)
    other = client.messages.create(**{**asked, "model": "claude-sonnet-5-5"}).usage
    assert other.cache_read_input_tokens == 0


def test_a_growing_conversation_reads_what_its_last_turn_wrote(simulator: Served) -> None:
    client = simulator.client()
    messages: list[Any] = [{"role": "user", "content": "x" * 8_000}]
    usages = []
    for _ in range(3):
        answer = client.messages.create(
            model=MODEL, max_tokens=512, messages=messages, cache_control={"type": "ephemeral", "ttl": "1h"}
        )
        usages.append(answer.usage)
        calls = [block for block in answer.content if block.type == "tool_use"]
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": "exit code: 0"} for call in calls
        ]
        messages += [answer.to_param(), {"role": "user", "content": results or "go on"}]
    for before, after in pairwise(usages):
        written = (before.cache_read_input_tokens or 0) + (before.cache_creation_input_tokens or 0)
        assert after.cache_read_input_tokens == written > 2_000
    assert usages[0].cache_creation is not None
    assert usages[0].cache_creation.ephemeral_1h_input_tokens > 2_000


def test_a_short_prefix_is_not_cached(simulator: Served) -> None:
    usage = simulator.client().messages.create(**request_body(cache_control={"type": "ephemeral"})).usage
    assert usage.cache_creation_input_tokens == 0


def test_max_tokens_zero_warms_the_cache_and_says_nothing(simulator: Served) -> None:
    client = simulator.client()
    asked = request_body({"role": "user", "content": "x" * 8_000}, cache_control={"type": "ephemeral"})
    warm = client.messages.create(**{**asked, "max_tokens": 0})
    assert (warm.content, warm.usage.output_tokens) == ([], 0)
    assert (
        client.messages.create(**asked).usage.cache_read_input_tokens
        == warm.usage.cache_creation_input_tokens
    )


def test_models_are_listed_and_shown(simulator: Served) -> None:
    client = simulator.client()
    cards = list(client.models.list())
    assert all(isinstance(card, ModelInfo) and unknown_keys(card) == [] for card in cards)
    assert client.models.retrieve(MODEL).max_tokens == 128_000
    with pytest.raises(NotFoundError):
        client.models.retrieve("claude-nobody")


def test_a_wrong_key_is_refused(simulator: Served) -> None:
    with pytest.raises(AuthenticationError) as caught:
        simulator.client(api_key="sk-ant-other").messages.create(**request_body())
    assert caught.value.type == "authentication_error"
    assert caught.value.request_id is not None


def test_older_clients_may_send_their_key_as_x_api_key(simulator: Served) -> None:
    status, _, _ = simulator.post(
        "/v1/messages", request_body(), **{"x-api-key": API_KEY, "anthropic-version": "2023-06-01"}
    )
    assert status == 200


def test_an_unknown_route_is_refused_in_the_vendors_shape(simulator: Served) -> None:
    status, _, body = simulator.post("/v1/complete", {})
    assert (status, body["type"], body["error"]["type"]) == (404, "error", "not_found_error")
