"""Reads a conversation out of a request body: who said what, and what the tools returned."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from integrations.simulators.model.wire import JsonObject

_EXIT_CODE = re.compile(r"exit code: (-?\d+)")


@dataclass(frozen=True, slots=True)
class ToolResult:
    """One tool's answer. `exit_code` comes from a first line `exit code: N`, else None."""

    text: str
    is_error: bool
    exit_code: int | None
    command: str

    @property
    def output(self) -> str:
        """The text without its exit code line."""
        if self.exit_code is None:
            return self.text
        return self.text.partition("\n")[2]


@dataclass(frozen=True, slots=True)
class UserInput:
    """What the client said between two turns: its words, and tool results in the order of the calls."""

    text: str = ""
    results: tuple[ToolResult, ...] = ()


@dataclass(frozen=True, slots=True)
class AssistantTurn:
    """One turn the model already had; `tool_ids` tell which step played it."""

    text: str
    tool_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """The conversation as it stood when one turn was due: the only thing conditions may look at."""

    system: str
    inputs: tuple[UserInput, ...]
    turn: int

    @property
    def last(self) -> UserInput:
        return self.inputs[-1]

    @property
    def request_text(self) -> str:
        """System prompt and every word of the client so far, without tool results."""
        return "\n".join([self.system, *(i.text for i in self.inputs)])


@dataclass(frozen=True, slots=True)
class Conversation:
    """`inputs[i]` came before `turns[i]`; there is one input more than there are turns."""

    system: str
    model: str
    inputs: tuple[UserInput, ...]
    turns: tuple[AssistantTurn, ...] = field(default=())

    def moment(self, index: int, *, turn: int) -> Moment:
        """The conversation just before turn `index`; `turn` counts turns lost to compaction too."""
        return Moment(self.system, self.inputs[: index + 1], turn)


def read_conversation(body: JsonObject) -> Conversation:
    """Parses a body that has passed the request rules."""
    inputs: list[UserInput] = []
    turns: list[AssistantTurn] = []
    pending: list[JsonObject] = []
    commands: dict[str, tuple[int, str]] = {}
    for message in body["messages"]:
        blocks = as_blocks(message["content"])
        if message["role"] != "assistant":
            pending += blocks
            continue
        inputs.append(_user_input(pending, commands))
        pending = []
        turns.append(_assistant_turn(blocks))
        commands = _commands(blocks)
    inputs.append(_user_input(pending, commands))
    return Conversation(joined_text(body.get("system", "")), body["model"], tuple(inputs), tuple(turns))


def as_blocks(content: Any) -> list[JsonObject]:
    """A message's content as blocks: a string is short for one text block."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return list(content)


def joined_text(content: Any) -> str:
    """The words of the text blocks in `content`, one block per line."""
    return "\n".join(block["text"] for block in as_blocks(content or []) if block.get("type") == "text")


def _assistant_turn(blocks: Iterable[JsonObject]) -> AssistantTurn:
    held = list(blocks)
    return AssistantTurn(joined_text(held), tuple(b["id"] for b in held if b["type"] == "tool_use"))


def _commands(blocks: Iterable[JsonObject]) -> dict[str, tuple[int, str]]:
    calls = [b for b in blocks if b["type"] == "tool_use"]
    return {b["id"]: (n, str(b["input"].get("command", b["name"]))) for n, b in enumerate(calls)}


def _user_input(blocks: list[JsonObject], commands: dict[str, tuple[int, str]]) -> UserInput:
    found = [b for b in blocks if b["type"] == "tool_result"]
    found.sort(key=lambda b: commands.get(b["tool_use_id"], (len(commands), ""))[0])
    results = tuple(_result(b, commands.get(b["tool_use_id"], (0, ""))[1]) for b in found)
    return UserInput(joined_text(blocks), results)


def _result(block: JsonObject, command: str) -> ToolResult:
    text = joined_text(block.get("content", ""))
    found = _EXIT_CODE.match(text)
    return ToolResult(text, bool(block.get("is_error")), int(found[1]) if found else None, command)
