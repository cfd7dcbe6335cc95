"""The rules of the `messages` list: roles, blocks, and each tool call answered exactly once."""

from collections.abc import Iterable
from typing import Any

from integrations.simulators.model.catalog import ModelCard
from integrations.simulators.model.signing import sign
from integrations.simulators.model.transcript import as_blocks
from integrations.simulators.model.wire import JsonObject, invalid_request

_USER_BLOCKS = frozenset({"text", "image", "document", "search_result", "tool_result", "container_upload"})
_ASSISTANT_BLOCKS = frozenset({"text", "thinking", "redacted_thinking", "tool_use", "server_tool_use"})
_BLOCKS = {"user": _USER_BLOCKS, "assistant": _ASSISTANT_BLOCKS, "system": frozenset({"text"})}


def check_messages(messages: Any, card: ModelCard) -> None:
    """Raises the 400 for the first rule that `messages` breaks."""
    if messages is None:
        raise invalid_request("messages: Field required")
    if not isinstance(messages, list):
        raise invalid_request("messages: Input should be a valid list")
    if not messages:
        raise invalid_request("messages: at least one message is required")
    for index, message in enumerate(messages):
        _check_message(index, message, last=index == len(messages) - 1)
    if messages[0]["role"] != "user":
        raise invalid_request('messages: first message must use the "user" role')
    if messages[-1]["role"] == "assistant" and not card.prefill:
        raise invalid_request(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    _check_tool_ids(messages)
    _check_tool_pairs(messages)


def _check_message(index: int, message: Any, *, last: bool) -> None:
    where = f"messages.{index}"
    if not isinstance(message, dict):
        raise invalid_request(f"{where}: Input should be a valid dictionary")
    role = message.get("role")
    if role is None:
        raise invalid_request(f"{where}.role: Field required")
    if role not in _BLOCKS:
        raise invalid_request(f"{where}.role: Input should be 'user', 'assistant' or 'system'")
    content = message.get("content")
    if content is None:
        raise invalid_request(f"{where}.content: Field required")
    if not isinstance(content, str | list):
        raise invalid_request(f"{where}.content: Input should be a valid string or list")
    if not content and not (role == "assistant" and last):
        raise invalid_request(
            f"{where}: all messages must have non-empty content except for the optional final assistant message"
        )
    for number, block in enumerate(as_blocks(content)):
        _check_block(f"{where}.content.{number}", role, block)


def _check_block(where: str, role: str, block: Any) -> None:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in _BLOCKS[role]:
        wanted = ", ".join(f"'{name}'" for name in sorted(_BLOCKS[role]))
        raise invalid_request(
            f"{where}: Input tag '{kind}' found using 'type' does not match any of {wanted}"
        )
    if kind == "text" and not block.get("text"):
        raise invalid_request("messages: text content blocks must be non-empty")
    if kind == "text" and role == "user" and block.get("citations"):
        raise invalid_request(f"{where}.text.citations: Extra inputs are not permitted")
    if kind == "thinking" and block.get("signature") != sign(block.get("thinking", "")):
        raise invalid_request(f"{where}: Invalid `signature` in `thinking` block")
    needed = {"tool_use": ("id", "name", "input"), "tool_result": ("tool_use_id",)}.get(str(kind), ())
    for key in needed:
        if key not in block:
            raise invalid_request(f"{where}.{kind}.{key}: Field required")
    if kind == "tool_use" and not isinstance(block["input"], dict):
        raise invalid_request(f"{where}.tool_use.input: Input should be a valid dictionary")
    if kind == "tool_result":
        _check_result(where, block)


def _check_result(where: str, block: JsonObject) -> None:
    content = block.get("content")
    if content is None or isinstance(content, str):
        return
    for number, part in enumerate(content):
        if part.get("type") == "text" and not part.get("text"):
            raise invalid_request("messages: text content blocks must be non-empty")
        if part.get("type") not in {"text", "image", "document", "search_result", "tool_reference"}:
            raise invalid_request(f"{where}.tool_result.content.{number}.type: Input should be 'text'")


def _check_tool_ids(messages: list[JsonObject]) -> None:
    seen: set[str] = set()
    for index, message in enumerate(messages):
        for number, block in enumerate(as_blocks(message["content"])):
            if block["type"] != "tool_use":
                continue
            if block["id"] in seen:
                raise invalid_request(f"messages.{index}.content.{number}: `tool_use` ids must be unique")
            seen.add(block["id"])


def _check_tool_pairs(messages: list[JsonObject]) -> None:
    asked: list[str] = []
    asked_at = 0
    for index, group in _turns(messages):
        if group[0][0] == "assistant":
            asked, asked_at = [b["id"] for _, b in group if b["type"] == "tool_use"], index
            continue
        _check_answers(index, asked_at, asked, [block for _, block in group])
        asked = []
    if asked:
        raise _unanswered(asked_at, asked)


def _turns(messages: list[JsonObject]) -> Iterable[tuple[int, list[tuple[str, JsonObject]]]]:
    """Consecutive messages of one side count as one turn, at the index of the first."""
    groups: list[tuple[int, list[tuple[str, JsonObject]]]] = []
    for index, message in enumerate(messages):
        side = "assistant" if message["role"] == "assistant" else "user"
        blocks = [(side, block) for block in as_blocks(message["content"])]
        if groups and groups[-1][1] and groups[-1][1][0][0] == side:
            groups[-1][1].extend(blocks)
        elif blocks:
            groups.append((index, blocks))
    return groups


def _check_answers(index: int, asked_at: int, asked: list[str], blocks: list[JsonObject]) -> None:
    answered: list[str] = []
    words_seen = False
    for number, block in enumerate(blocks):
        if block["type"] != "tool_result":
            words_seen = True
            continue
        name = block["tool_use_id"]
        if name not in asked:
            raise invalid_request(
                f"messages.{index}.content.{number}: unexpected `tool_use_id` found in `tool_result` blocks: {name}. "
                "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        if name in answered:
            raise invalid_request(
                f"messages.{index}.content.{number}: each tool_use must have a single result. "
                f"Found multiple `tool_result` blocks with id: {name}"
            )
        if words_seen:
            raise _unanswered(asked_at, [name])
        answered.append(name)
    missing = [name for name in asked if name not in answered]
    if missing:
        raise _unanswered(asked_at, missing)


def _unanswered(index: int, names: list[str]) -> Exception:
    return invalid_request(
        f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(names)}. Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )
