"""The events of one streamed message, put together. Pure: decoded events in, one reply out.

https://platform.claude.com/docs/en/build-with-claude/streaming
"""

import json
from dataclasses import dataclass, field
from typing import Any

from integrations.errors import Rejected, Retryable
from integrations.models.failures import REJECTED, UNAVAILABLE, from_status
from integrations.types.model import Block, ModelReply, StopReason, Usage

MALFORMED = "malformed:"
"""Prefix of keys in `ModelReply.extra`: "malformed:<tool_use id>" → why its input could not be read."""

Event = dict[str, Any]

_TEXT_DELTAS = {"text_delta": "text", "thinking_delta": "thinking"}


@dataclass(slots=True)
class Assembly:
    """A message while it arrives. `done` only after message_stop."""

    blocks: list[Block] = field(default_factory=list)
    usage: dict[str, int] = field(default_factory=dict)
    model: str = ""
    stop: str | None = None
    refusal: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    done: bool = False
    _parts: dict[int, list[str]] = field(default_factory=dict)

    def feed(self, event: Event) -> None:
        """Takes one event. Raises Retryable, RateLimited or Denied for an `error` event or one that makes no sense."""
        if event.get("type") == "error":
            error = event.get("error") or {}
            raise from_status(200, kind=str(error.get("type", "")))
        try:
            self._take(event)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise Retryable("The model's answer could not be read.", code=UNAVAILABLE) from error

    def _take(self, event: Event) -> None:
        match event["type"]:
            case "message_start":
                self.model = event["message"]["model"]
                self._count(event["message"].get("usage") or {})
            case "content_block_start":
                self.blocks.append({k: v for k, v in event["content_block"].items() if v is not None})
            case "content_block_delta":
                self._grow(event["index"], event["delta"])
            case "content_block_stop":
                self._close(event["index"])
            case "message_delta":
                self._end(event["delta"])
                self._count(event.get("usage") or {})
            case "message_stop":
                self.done = True

    def _grow(self, index: int, delta: dict[str, Any]) -> None:
        block = self.blocks[index]
        kind = delta["type"]
        if kind in _TEXT_DELTAS:
            self._parts.setdefault(index, []).append(delta[_TEXT_DELTAS[kind]])
        elif kind == "input_json_delta":
            self._parts.setdefault(index, []).append(delta["partial_json"])
        elif kind == "signature_delta":
            block["signature"] = delta["signature"]
        elif kind == "citations_delta":
            block.setdefault("citations", []).append(delta["citation"])

    def _close(self, index: int) -> None:
        block = self.blocks[index]
        text = "".join(self._parts.pop(index, ()))
        if block["type"] in ("text", "thinking"):
            block[block["type"]] = block.get(block["type"], "") + text
        elif block["type"] == "tool_use" and text.strip():
            self._read_input(block, text)

    def _read_input(self, block: Block, text: str) -> None:
        """A tool's input must be one JSON object; else it is {} and `extra` says why (the API takes no other back)."""
        try:
            value = json.loads(text)
        except ValueError as error:
            value, why = {}, f"it is not JSON: {error}"
        else:
            why = "" if isinstance(value, dict) else "it is not a JSON object"
        block["input"] = value if isinstance(value, dict) else {}
        if why:
            self.extra[MALFORMED + str(block["id"])] = why

    def _end(self, delta: dict[str, Any]) -> None:
        self.stop = delta.get("stop_reason")
        details = delta.get("stop_details") or {}
        self.refusal = str(details.get("category") or "")

    def _count(self, usage: dict[str, Any]) -> None:
        """Figures of message_delta are totals: they replace those of message_start, where they are given."""
        self.usage.update({k: v for k, v in usage.items() if isinstance(v, int)})

    def reply(self, *, request_id: str) -> ModelReply:
        """The whole message; raises Retryable when the stream ended before message_stop."""
        if not self.done or self.stop is None:
            raise Retryable("The model's answer broke off.", code=UNAVAILABLE)
        for index in sorted(self._parts):
            self._close(index)
        try:
            stop = StopReason(self.stop)
        except ValueError as error:
            raise Rejected(f"The model stopped for an unknown reason: {self.stop}.", code=REJECTED) from error
        usage = Usage(
            input_tokens=self.usage.get("input_tokens", 0),
            output_tokens=self.usage.get("output_tokens", 0),
            cache_write_tokens=self.usage.get("cache_creation_input_tokens", 0),
            cache_read_tokens=self.usage.get("cache_read_input_tokens", 0),
        )
        content = tuple(_valid(b) for b in self.blocks if b["type"] != "text" or b["text"].strip())
        return ModelReply(content, stop, usage, self.model, request_id, self.refusal, self.extra)


def _valid(value: Any) -> Any:
    """The same value without lone surrogates: JSON can spell them, UTF-8 cannot carry them on."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_valid(k): _valid(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_valid(v) for v in value]
    return value
