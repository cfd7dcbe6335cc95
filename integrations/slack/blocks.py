"""Parts of a message to Block Kit. Limits (https://docs.slack.dev/reference/block-kit) are kept by cutting, never by failing."""

from collections.abc import Sequence
from typing import Any, Literal

from integrations.slack.mrkdwn import UNTRUSTED_CHARS, Redact, escape, mrkdwn, plain
from integrations.slack.size import fitting
from integrations.types.chat import (
    Break,
    Button,
    Buttons,
    Code,
    Context,
    Excerpt,
    Feedback,
    Fields,
    Link,
    OutgoingMessage,
    Part,
    Plain,
    PlanPart,
    PlanStep,
    Quoted,
    Search,
    Section,
    Span,
    Text,
)
from integrations.untrusted import last_lines

Json = dict[str, Any]
Profile = Literal["plan", "classic"]

_STATUSES = ("pending", "in_progress", "complete", "error")


def blocks(message: OutgoingMessage, *, profile: Profile, redact: Redact) -> list[Json]:
    """The message as at most 50 blocks, each with an id of its own for this version.

    `classic` writes the plan as lines of the section before it, for workspaces without the plan block.
    """
    return fitting(message, lambda fitted: _drawn(fitted, profile, redact))


def _drawn(message: OutgoingMessage, profile: Profile, redact: Redact) -> list[Json]:
    parts = _classic(message.parts) if profile == "classic" else message.parts
    shown: list[Json] = []
    for part in parts:
        block = _block(part, redact)
        if block:
            shown.append({**block, "block_id": f"{part.key}-{message.version}"[:255]})
    return _distinct(shown)[:50]


def _distinct(shown: list[Json]) -> list[Json]:
    taken: set[str] = set()
    for n, block in enumerate(shown):
        if block["block_id"] in taken:
            block["block_id"] = f"{block['block_id'][:240]}-{n}"
        taken.add(block["block_id"])
    return shown


def _block(part: Part, redact: Redact) -> Json | None:
    match part:
        case Section(_, text):
            return {"type": "section", "text": _mrkdwn(text, 3000, redact)} if text else None
        case Fields(_, items):
            fields = [_mrkdwn(item, 2000, redact) for item in items[:10] if item]
            return {"type": "section", "fields": fields} if fields else None
        case Excerpt(_, text, lines, chars):
            return _excerpt(redact(text), lines, min(chars, UNTRUSTED_CHARS))
        case PlanPart(_, title, steps):
            tasks = [_task(step, redact) for step in _unique_steps(steps)[:50]]
            return {"type": "plan", "title": plain(title, longest=150, redact=redact), "tasks": tasks}
        case Context(_, text):
            return {"type": "context", "elements": [_mrkdwn(text, 3000, redact)]} if text else None
        case Buttons(_, items):
            return _actions(items, redact)
        case Feedback():
            return _feedback(part, redact)


def _mrkdwn(text: Text, longest: int, redact: Redact) -> Json:
    """`verbatim` keeps Slack from making links of addresses that others wrote."""
    body: Json = {"type": "mrkdwn", "text": mrkdwn(text, longest=longest, redact=redact)}
    if any(isinstance(span, (Quoted, Code, Link)) for span in text):
        body["verbatim"] = True
    return body


def _plain(text: str, longest: int, redact: Redact) -> Json:
    """Backticks mark nothing here."""
    bare = plain(text.replace("`", ""), longest=longest, redact=redact)
    return {"type": "plain_text", "text": bare, "emoji": True}


def _excerpt(text: str, lines: int, chars: int) -> Json | None:
    kept = last_lines(text.replace("`", "'"), lines=min(lines, 44), chars=chars)
    size = chars
    while len(escape(kept)) > chars + 400:
        size = size * 2 // 3
        kept = last_lines(kept, lines=lines, chars=size)
    if not kept.strip():
        return None
    return {
        "type": "section",
        "text": {"type": "mrkdwn", "text": f"```\n{escape(kept)}\n```", "verbatim": True},
    }


def _unique_steps(steps: Sequence[PlanStep]) -> list[PlanStep]:
    return list({step.id: step for step in steps}.values())


def _task(step: PlanStep, redact: Redact) -> Json:
    """https://docs.slack.dev/reference/block-kit/blocks/task-card-block; `completed` is refused, it is `complete`."""
    status = step.status if step.status in _STATUSES else "pending"
    title = plain(step.title.replace("`", ""), longest=150, redact=redact)
    task: Json = {"type": "task_card", "task_id": step.id or "step", "title": title, "status": status}
    if step.output.strip():
        line = {"type": "text", "text": plain(step.output, longest=300, redact=redact)}
        section = {"type": "rich_text_section", "elements": [line]}
        task["output"] = {"type": "rich_text", "elements": [section]}
    return task


def _actions(items: Sequence[Button | Search], redact: Redact) -> Json | None:
    elements: dict[str, Json] = {}
    for item in items:
        element = _button(item, redact) if isinstance(item, Button) else _search(item, redact)
        if element:
            elements.setdefault(item.action, element)
    return {"type": "actions", "elements": list(elements.values())[:25]} if elements else None


def _search(search: Search, redact: Redact) -> Json:
    return {
        "type": "external_select",
        "action_id": search.action,
        "placeholder": _plain(search.placeholder, 150, redact),
        "min_query_length": search.min_letters,
    }


def _button(button: Button, redact: Redact) -> Json | None:
    """None where the address or the value cannot be sent whole: a cut or masked one would do something else."""
    if len(button.value) > 2000 or len(button.url) > 3000 or redact(button.value) != button.value:
        return None
    if button.url and not button.url.startswith(("http://", "https://")):
        return None
    element: Json = {
        "type": "button",
        "action_id": button.action,
        "text": _plain(button.label, 75, redact),
    }
    if button.url:
        element["url"] = button.url
    if button.value:
        element["value"] = button.value
    if button.style in ("primary", "danger"):
        element["style"] = button.style
    if button.hint:
        element["accessibility_label"] = plain(button.hint, longest=75, redact=redact)
    if button.confirm:
        ask = button.confirm
        element["confirm"] = {
            "title": _plain(ask.title, 100, redact),
            "text": _mrkdwn((Plain(ask.text),), 300, redact),
            "confirm": _plain(ask.yes, 30, redact),
            "deny": _plain(ask.no, 30, redact),
        }
    return element


def _feedback(part: Feedback, redact: Redact) -> Json:
    def thumb(label: str, value: str, word: str) -> Json:
        hint = plain(f"Mark {part.about} as {word}", longest=75, redact=redact)
        return {"text": _plain(label, 75, redact), "value": value[:2000], "accessibility_label": hint}

    buttons = {
        "type": "feedback_buttons",
        "action_id": part.action,
        "positive_button": thumb("Good", part.good, "good"),
        "negative_button": thumb("Bad", part.bad, "bad"),
    }
    return {"type": "context_actions", "elements": [buttons]}


def _classic(parts: Sequence[Part]) -> list[Part]:
    """The plan becomes lines of the section before it (UX, M12)."""
    shown: list[Part] = []
    for part in parts:
        if not isinstance(part, PlanPart):
            shown.append(part)
        elif shown and isinstance(shown[-1], Section):
            before = shown.pop()
            assert isinstance(before, Section)
            shown.append(Section(before.key, (*before.text, *_lines(part))))
        else:
            shown.append(Section(part.key, _lines(part)))
    return shown


def _lines(part: PlanPart) -> Text:
    spans: list[Span] = []
    for step in part.steps:
        word = {"complete": "Done: ", "in_progress": "Now: ", "error": "Failed: "}.get(step.status)
        if word:
            now = step.status == "in_progress"
            spans += [Break(), Plain(word, bold=now), Quoted(step.title, bold=now, limit=150)]
    waiting = [step.title for step in part.steps if step.status not in ("complete", "in_progress", "error")]
    if waiting:
        spans += [Break(), Plain("Next: "), Quoted(", ".join(waiting), limit=400)]
    return tuple(spans)
