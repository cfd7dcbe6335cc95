"""Nouns of a language model: one request, its reply, its price-bearing usage. Blocks keep the Messages API's JSON shape."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Block = dict[str, Any]
"""One content block (text, tool_use, tool_result, thinking …) as the Messages API writes it."""

Message = dict[str, Any]
"""{"role": "user" | "assistant", "content": [Block, …]}"""


class StopReason(StrEnum):
    """Why the model stopped. `broken` is ours: the stream ended without message_stop."""

    end_turn = "end_turn"
    max_tokens = "max_tokens"
    stop_sequence = "stop_sequence"
    tool_use = "tool_use"
    pause_turn = "pause_turn"
    refusal = "refusal"
    context_window = "model_context_window_exceeded"
    broken = "broken"


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool offered to the model; `schema` is a JSON schema of its input object."""

    name: str
    description: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, as billed: `input_tokens` excludes both cache figures."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_write_tokens: int = 0
    cache_read_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call. `output_schema` asks for a JSON answer of that schema (never together with a forced tool)."""

    model: str
    system: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 16_000
    effort: str | None = None
    output_schema: dict[str, Any] | None = None
    timeout_s: float = 600.0


@dataclass(frozen=True, slots=True)
class ModelReply:
    """One finished assistant message. `refusal` names the vendor's category when `stop` is refusal."""

    content: tuple[Block, ...]
    stop: StopReason
    usage: Usage
    model: str
    request_id: str = ""
    refusal: str = ""
    extra: dict[str, str] = field(default_factory=dict)
