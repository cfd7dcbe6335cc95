"""Turns a step into the message the model answers with, whole or spoilt by a fault."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from integrations.simulators.model.bookmarks import Bookmark, tool_id
from integrations.simulators.model.engine import Due, cut_text
from integrations.simulators.model.script import FaultKind, Step, text_of
from integrations.simulators.model.signing import sign
from integrations.simulators.model.templates import built_ins, fill
from integrations.simulators.model.wire import JsonObject

BROKEN_JSON = '{"command": ls -l}'
_PAST_THE_END = "I have nothing further to do."


@dataclass(frozen=True, slots=True)
class Answer:
    """One assistant message. `raw_inputs` maps a block's index to tool JSON that is not valid JSON."""

    content: list[JsonObject]
    stop_reason: str
    stop_details: JsonObject | None = None
    raw_inputs: tuple[tuple[int, str], ...] = ()


def compose(due: Due, *, thinking: bool, spoil: FaultKind | None) -> Answer:
    """The answer of the step that is due. `spoil` is a content fault to work in. Raises MissingCapture."""
    step = due.step
    if step is None:
        answer = Answer([{"type": "text", "text": _PAST_THE_END}], "end_turn")
    else:
        blocks = list(_blocks(due, step, thinking=thinking, cut=spoil is not None))
        answer = Answer(blocks, step.stop or ("tool_use" if step.calls else "end_turn"))
    return answer if spoil is None else _spoil(answer, spoil, due)


def _blocks(due: Due, step: Step, *, thinking: bool, cut: bool) -> Iterator[JsonObject]:
    names = {**due.captures, **built_ins(due.moment.last)}
    if step.think is not None and thinking:
        thought = str(fill(text_of(step.think), names))
        yield {"type": "thinking", "thinking": thought, "signature": sign(thought)}
    if step.say is not None:
        yield {"type": "text", "text": str(fill(text_of(step.say), names)), "citations": None}
    if step.answer is not None:
        yield {"type": "text", "text": json.dumps(fill(step.answer, names)), "citations": None}
    for call in step.calls:
        yield _tool_use(due, call.tool, fill(call.input, names), cut=cut)


def _tool_use(due: Due, tool: str, value: Any, *, cut: bool) -> JsonObject:
    mark = Bookmark(due.role.name, due.index or 0, due.turn, cut)
    return {"type": "tool_use", "id": tool_id(mark), "name": tool, "input": value}


def _spoil(answer: Answer, kind: FaultKind, due: Due) -> Answer:
    words = [b for b in answer.content if b["type"] != "tool_use"]
    calls = [b for b in answer.content if b["type"] == "tool_use"]
    call = calls[0] if calls else _tool_use(due, "bash", {"command": "true"}, cut=True)
    match kind:
        case FaultKind.REFUSAL:
            details = {"type": "refusal", "category": "cyber", "explanation": "This request was declined."}
            return Answer([], "refusal", details)
        case FaultKind.EMPTY:
            return Answer([], "end_turn")
        case FaultKind.UNKNOWN_TOOL:
            return Answer([*words, {**call, "name": "frobnicate"}], "tool_use")
        case FaultKind.DUPLICATE_IDS:
            return Answer([*words, call, dict(call)], "tool_use")
        case FaultKind.MALFORMED_JSON:
            broken = {**call, "input": {"INVALID_JSON": BROKEN_JSON}}
            return Answer([*words, broken], "tool_use", raw_inputs=((len(words), BROKEN_JSON),))
        case FaultKind.MAX_TOKENS:
            return _cut_short(words, calls)
        case _:
            return answer


def _cut_short(words: list[JsonObject], calls: list[JsonObject]) -> Answer:
    if calls:
        whole = json.dumps(calls[0]["input"])
        cut = {**calls[0], "input": {}}
        return Answer([*words, cut], "max_tokens", raw_inputs=((len(words), whole[: len(whole) // 2]),))
    shortened = [{**b, "text": cut_text(b["text"])} if b["type"] == "text" else b for b in words]
    return Answer(shortened or [{"type": "text", "text": "I"}], "max_tokens")
