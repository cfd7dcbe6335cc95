"""How long a message is, and how it is shortened: at most 2,200 characters and 45 lines, the words of others first (UX §5.8)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from integrations.types.chat import (
    Code,
    Context,
    Excerpt,
    Fields,
    OutgoingMessage,
    Part,
    PlanPart,
    PlanStep,
    Quoted,
    Section,
    Span,
    Text,
)
from integrations.untrusted import cut

Json = dict[str, Any]
MOST_CHARS, MOST_LINES = 2_200, 45
_SHARES = (1.0, 0.6, 0.35, 0.2, 0.1, 0.05)
_STEPS = 12
"""So many steps of a plan are shown; the page has all of them."""


def fitting(message: OutgoingMessage, draw: Callable[[OutgoingMessage], list[Json]]) -> list[Json]:
    """The message as drawn, with as much of others' words as it has room for."""
    shown: list[Json] = []
    for share in _SHARES:
        shown = draw(message if share == 1.0 else replace(message, parts=_shortened(message.parts, share)))
        chars, lines = size(shown)
        if chars <= MOST_CHARS and lines <= MOST_LINES:
            break
    return shown


def size(blocks: list[Json]) -> tuple[int, int]:
    """Characters and lines of everything that is read, as sent; what stands on buttons is not counted."""
    texts = [text for block in blocks for text in _texts(block)]
    return sum(map(len, texts)), sum(text.count("\n") + 1 for text in texts)


def _texts(block: Json) -> list[str]:
    match block.get("type"):
        case "section":
            texts = [block["text"]] if "text" in block else []
            return [text["text"] for text in (*texts, *block.get("fields", ()))]
        case "context":
            return [element["text"] for element in block["elements"] if "text" in element]
        case "plan":
            tasks = block["tasks"]
            outputs = [
                piece["text"]
                for task in tasks
                for row in task.get("output", {}).get("elements", ())
                for piece in row["elements"]
            ]
            return [block["title"], *(task["title"] for task in tasks), *outputs]
    return []


def _shortened(parts: tuple[Part, ...], share: float) -> tuple[Part, ...]:
    return tuple(_part(part, share) for part in parts)


def _part(part: Part, share: float) -> Part:
    match part:
        case Section(key, text):
            return Section(key, _text(text, share))
        case Context(key, text):
            return Context(key, _text(text, share))
        case Fields(key, items):
            return Fields(key, tuple(_text(item, share) for item in items))
        case Excerpt(key, text, lines):
            kept = max(2, int(lines * share))
            return Excerpt(key, text, kept, chars=max(80, int(part.chars * share)))
        case PlanPart(key, title, steps):
            return PlanPart(key, title, tuple(_step(step, share) for step in steps[:_STEPS]))
    return part


def _text(text: Text, share: float) -> Text:
    return tuple(_span(span, share) for span in text)


def _span(span: Span, share: float) -> Span:
    if isinstance(span, (Quoted, Code)):
        return replace(span, limit=max(16, int(span.limit * share)))
    return span


def _step(step: PlanStep, share: float) -> PlanStep:
    return replace(
        step, title=cut(step.title, max(30, int(150 * share))), output=cut(step.output, int(300 * share))
    )
