"""Rules for every Block Kit block the simulator knows. Others are refused by name."""

from collections.abc import Iterator
from typing import Any

from integrations.simulators.slack.blocks.elements import (
    BUTTON,
    CHECKBOXES,
    CONVERSATIONS_SELECT,
    EXTERNAL_SELECT,
    FEEDBACK_BUTTONS,
    ICON_BUTTON,
    OVERFLOW,
    PICTURE,
    PICTURE_FIELDS,
    PLAIN_TEXT_INPUT,
    RADIO_BUTTONS,
    RICH_TEXT_PARTS,
    STATIC_SELECT,
    USERS_SELECT,
    any_text,
    mrkdwn,
    plain_text,
)
from integrations.simulators.slack.blocks.rules import (
    Field,
    Problem,
    Rule,
    all_of,
    array,
    boolean,
    may,
    need,
    needs_any,
    one_of,
    record,
    text,
    typed,
    unique,
    url,
)

_CONTROLS = {
    "button": BUTTON,
    "static_select": STATIC_SELECT,
    "external_select": EXTERNAL_SELECT,
    "users_select": USERS_SELECT,
    "conversations_select": CONVERSATIONS_SELECT,
    "overflow": OVERFLOW,
    "checkboxes": CHECKBOXES,
    "radio_buttons": RADIO_BUTTONS,
}
_INPUTS = {key: rule for key, rule in _CONTROLS.items() if key not in ("button", "overflow")}


def _block(kind: str, fields: dict[str, Field]) -> Rule:
    return record({"type": need(one_of(kind)), "block_id": may(text(255)), **fields})


def _unique_actions(value: Any, at: str) -> Iterator[Problem]:
    if isinstance(value, dict) and isinstance(value.get("elements"), list):
        yield from unique(value["elements"], "action_id", f"{at}/elements")


_RICH_TEXT = _block("rich_text", {"elements": need(array(RICH_TEXT_PARTS))})
_SOURCE = record({"type": need(one_of("url")), "url": need(url()), "text": need(text())})

_TASK_CARD = _block(
    "task_card",
    {
        "task_id": need(text()),
        "title": need(text()),
        "status": need(one_of("pending", "in_progress", "complete", "error")),
        "details": may(_RICH_TEXT),
        "output": may(_RICH_TEXT),
        "sources": may(array(_SOURCE)),
    },
)


def _unique_tasks(value: Any, at: str) -> Iterator[Problem]:
    if isinstance(value, dict) and isinstance(value.get("tasks"), list):
        yield from unique(value["tasks"], "task_id", f"{at}/tasks")


BLOCKS: dict[str, Rule] = {
    "section": all_of(
        _block(
            "section",
            {
                "text": may(any_text(3000)),
                "fields": may(array(any_text(2000), 10)),
                "accessory": may(typed({**_CONTROLS, "image": PICTURE})),
                "expand": may(boolean),
            },
        ),
        needs_any("text", "fields"),
    ),
    "header": _block("header", {"text": need(plain_text(150))}),
    "context": _block(
        "context",
        {
            "elements": need(
                array(typed({"plain_text": plain_text(3000), "mrkdwn": mrkdwn(3000), "image": PICTURE}), 10)
            )
        },
    ),
    "divider": _block("divider", {}),
    "actions": all_of(_block("actions", {"elements": need(array(typed(_CONTROLS), 25))}), _unique_actions),
    "context_actions": all_of(
        _block(
            "context_actions",
            {
                "elements": need(
                    array(typed({"feedback_buttons": FEEDBACK_BUTTONS, "icon_button": ICON_BUTTON}), 5)
                )
            },
        ),
        _unique_actions,
    ),
    "plan": all_of(
        _block(
            "plan",
            {"title": need(text()), "tasks": may(array(typed({"task_card": _TASK_CARD}), 50, least=0))},
        ),
        _unique_tasks,
    ),
    "task_card": _TASK_CARD,
    "rich_text": _RICH_TEXT,
    "markdown": _block("markdown", {"text": need(text(12_000))}),
    "image": all_of(
        _block("image", {**PICTURE_FIELDS, "title": may(plain_text(2000))}),
        needs_any("image_url", "slack_file"),
    ),
    "input": _block(
        "input",
        {
            "label": need(plain_text(2000)),
            "element": need(typed({**_INPUTS, "plain_text_input": PLAIN_TEXT_INPUT})),
            "hint": may(plain_text(2000)),
            "optional": may(boolean),
            "dispatch_action": may(boolean),
        },
    ),
    "alert": _block(
        "alert",
        {
            "text": need(any_text(200)),
            "level": may(one_of("default", "info", "warning", "error", "success")),
        },
    ),
}
