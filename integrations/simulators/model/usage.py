"""Counts tokens as characters divided by four, and keeps the prompt cache that cache breakpoints write to."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from integrations.simulators.model.transcript import as_blocks
from integrations.simulators.model.wire import JsonObject

CHARS_PER_TOKEN = 4
MIN_CACHEABLE_TOKENS = 512
LOOKBACK_BLOCKS = 20
_TTL_S = {"5m": 300.0, "1h": 3600.0}


def tokens_of(value: Any) -> int:
    """Approximate tokens of a JSON value (at least 1)."""
    return max(1, len(json.dumps(value, ensure_ascii=False)) // CHARS_PER_TOKEN)


@dataclass(frozen=True, slots=True)
class Piece:
    """One block of the prompt in the order tools, system, messages; `ttl` marks a cache breakpoint."""

    text: str
    tokens: int
    ttl: str | None


@dataclass(frozen=True, slots=True)
class InputUsage:
    """Tokens of one request: `fresh` is what the API calls input_tokens."""

    fresh: int
    read: int
    written_5m: int
    written_1h: int

    @property
    def total(self) -> int:
        return self.fresh + self.read + self.written_5m + self.written_1h


def pieces_of(body: JsonObject) -> list[Piece]:
    """The prompt as cacheable pieces. A top-level cache_control marks the last piece."""
    found = [_piece(tool) for tool in body.get("tools") or []]
    found += [_piece(block) for block in as_blocks(body.get("system") or [])]
    for message in body["messages"]:
        found += [_piece(block, message["role"]) for block in as_blocks(message["content"])]
    control = body.get("cache_control")
    if control and found:
        last = found[-1]
        found[-1] = Piece(last.text, last.tokens, control.get("ttl", "5m"))
    return found


def breakpoints(body: JsonObject) -> int:
    """How many cache breakpoints the request sets."""
    return sum(piece.ttl is not None for piece in pieces_of(body))


def _piece(block: JsonObject, owner: str = "") -> Piece:
    bare = {key: value for key, value in block.items() if key != "cache_control"}
    text = owner + json.dumps(bare, sort_keys=True, ensure_ascii=False)
    control = block.get("cache_control")
    return Piece(text, tokens_of(bare), control.get("ttl", "5m") if control else None)


@dataclass(slots=True)
class PromptCache:
    """Prefixes seen before, by model and content, with the time each runs out.

    Rules: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
    """

    now: Callable[[], float] = time.monotonic
    entries: dict[str, float] = field(default_factory=dict)

    def charge(self, body: JsonObject) -> InputUsage:
        """Counts a request, reads the longest cached prefix, and writes its breakpoints."""
        pieces = pieces_of(body)
        hashes = _prefix_hashes(body["model"], pieces)
        totals = list(accumulate((p.tokens for p in pieces), initial=0))[1:]
        marks = [i for i, p in enumerate(pieces) if p.ttl and totals[i] >= MIN_CACHEABLE_TOKENS]
        read = self._longest_hit(marks, hashes, totals)
        written = {"5m": 0, "1h": 0}
        reached = read
        for index in marks:
            ttl = pieces[index].ttl or "5m"
            self.entries[hashes[index]] = self.now() + _TTL_S[ttl]
            written[ttl] += max(0, totals[index] - reached)
            reached = max(reached, totals[index])
        return InputUsage(totals[-1] - reached, read, written["5m"], written["1h"])

    def _longest_hit(self, marks: list[int], hashes: list[str], totals: list[int]) -> int:
        moment = self.now()
        hits = [
            totals[at]
            for mark in marks
            for at in range(max(0, mark - LOOKBACK_BLOCKS), mark + 1)
            if self.entries.get(hashes[at], 0.0) > moment
        ]
        return max(hits, default=0)


def _prefix_hashes(model: str, pieces: list[Piece]) -> list[str]:
    running = hashlib.sha256(model.encode())
    hashes: list[str] = []
    for piece in pieces:
        running.update(piece.text.encode())
        running.update(b"\0")
        hashes.append(running.hexdigest())
    return hashes


def usage_body(used: InputUsage, *, output: int, thinking: int) -> JsonObject:
    """The `usage` object of a message."""
    return {
        "input_tokens": used.fresh,
        "output_tokens": output,
        "output_tokens_details": {"thinking_tokens": thinking},
        "cache_creation_input_tokens": used.written_5m + used.written_1h,
        "cache_read_input_tokens": used.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": used.written_5m,
            "ephemeral_1h_input_tokens": used.written_1h,
        },
        "server_tool_use": None,
        "service_tier": "standard",
        "inference_geo": "us",
    }
