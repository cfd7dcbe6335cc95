"""The server-sent events of one streamed message (https://platform.claude.com/docs/en/build-with-claude/streaming)."""

import json
from collections.abc import Iterator

from integrations.simulators.model.turns import Answer
from integrations.simulators.model.wire import JsonObject

_PIECE_CHARS = 40


def frame(event: JsonObject) -> bytes:
    """One event on the wire."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def events_of(message: JsonObject, answer: Answer) -> Iterator[JsonObject]:
    """Every event of `message` (the finished message object), from message_start to message_stop."""
    usage = message["usage"]
    opening = {**message, "content": [], "stop_reason": None, "stop_details": None}
    yield {"type": "message_start", "message": {**opening, "usage": {**usage, "output_tokens": 1}}}
    yield {"type": "ping"}
    raw = dict(answer.raw_inputs)
    for index, block in enumerate(answer.content):
        yield from _block_events(index, block, raw.get(index))
    told = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    yield {
        "type": "message_delta",
        "delta": {
            "stop_reason": message["stop_reason"],
            "stop_sequence": message["stop_sequence"],
            "stop_details": message["stop_details"],
        },
        "usage": {key: usage[key] for key in (*told, "output_tokens_details")},
    }
    yield {"type": "message_stop"}


def _block_events(index: int, block: JsonObject, raw: str | None) -> Iterator[JsonObject]:
    start, deltas = _parts(block, raw)
    yield {"type": "content_block_start", "index": index, "content_block": start}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _parts(block: JsonObject, raw: str | None) -> tuple[JsonObject, list[JsonObject]]:
    if block["type"] == "text":
        return {**block, "text": ""}, [{"type": "text_delta", "text": p} for p in _pieces(block["text"])]
    if block["type"] == "thinking":
        deltas: list[JsonObject] = [
            {"type": "thinking_delta", "thinking": p} for p in _pieces(block["thinking"])
        ]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
        return {"type": "thinking", "thinking": "", "signature": ""}, deltas
    text = json.dumps(block["input"]) if raw is None else raw
    pieces = ["", *_pieces(text)]
    return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": p} for p in pieces]


def _pieces(text: str) -> list[str]:
    return [text[at : at + _PIECE_CHARS] for at in range(0, len(text), _PIECE_CHARS)]
