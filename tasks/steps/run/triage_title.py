"""Restates a request as a title, so that people see at once whether they were understood."""

import json

from integrations.errors import IntegrationError
from integrations.ports import Model
from integrations.types.model import ModelReply, ModelRequest, StopReason
from tasks.prompts.clean import clean
from tasks.prompts.render import Untrusted, render
from tasks.roles import TRIAGER

MAX_TITLE = 80
_SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string"}},
    "required": ["title"],
    "additionalProperties": False,
}


def restate(text: str, *, model: Model, timeout_s: float = 2.0, model_id: str = TRIAGER.model) -> str | None:
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
    return _title(reply)


def _title(reply: ModelReply) -> str | None:
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
    return shown if 0 < len(shown) <= MAX_TITLE and "\n" not in shown else None


def _never() -> bool:
    return False
