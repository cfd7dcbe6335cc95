"""Restates a request as a title, so that people see at once whether they were understood."""

import json
from dataclasses import dataclass

from integrations.errors import IntegrationError
from integrations.ports import Model
from integrations.types.model import ModelReply, ModelRequest, StopReason
from tasks.prompts.clean import clean
from tasks.prompts.render import Untrusted, render
from tasks.roles import TRIAGER

MAX_TITLE = 80
_SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "question": {"type": "boolean"}},
    "required": ["title", "question"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Restated:
    """`question` when the request wants an answer and no change."""

    title: str
    question: bool = False


def restate(
    text: str, *, model: Model, timeout_s: float = 2.0, model_id: str = TRIAGER.model
) -> Restated | None:
    """An imperative title of at most 80 characters; None when there is none in time. Never raises for the model's failures."""
    asked = render("triage_start.md", request=Untrusted("request", text))
    request = ModelRequest(
        model_id,
        render(TRIAGER.prompt),
        ({"role": "user", "content": [{"type": "text", "text": asked}]},),
        max_tokens=TRIAGER.max_tokens,
        effort=TRIAGER.effort,
        output_schema=_SCHEMA,
        timeout_s=timeout_s,
    )
    try:
        reply = model.complete(request, cancelled=_never)
    except IntegrationError:
        return None
    return _restated(reply)


def _restated(reply: ModelReply) -> Restated | None:
    """The schema asks for JSON, but only a look at the answer proves it; one plain line is taken as well."""
    if reply.stop is not StopReason.end_turn:
        return None
    text = "".join(block["text"] for block in reply.content if block["type"] == "text").strip()
    try:
        answer = json.loads(text)
    except ValueError:
        answer = {"title": text}
    title = answer.get("title") if isinstance(answer, dict) else None
    if not isinstance(title, str):
        return None
    shown = clean(title).text.strip().removesuffix(".")
    if not 0 < len(shown) <= MAX_TITLE or "\n" in shown:
        return None
    return Restated(shown, answer.get("question") is True)


def _never() -> bool:
    return False
