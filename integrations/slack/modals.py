"""Dialogues as Slack's modals (https://docs.slack.dev/reference/views/modal-views). Limits are kept by cutting."""

import json
from collections.abc import Mapping
from typing import Any

from integrations.types.chat import Dialogue

Json = dict[str, Any]


def modal(dialogue: Dialogue, about: Mapping[str, object]) -> Json:
    """The view; what it is `about` comes back with its submission. Words are wanted only where there is nothing to tick."""
    words: Json = {
        "type": "input",
        "block_id": "reason",
        "optional": bool(dialogue.choices),
        "label": _plain(dialogue.label, 2000),
        "hint": _plain(dialogue.hint, 2000),
        "element": _search() if dialogue.search else _words(dialogue),
    }
    return {
        "type": "modal",
        "callback_id": dialogue.action,
        "private_metadata": json.dumps(dict(about), separators=(",", ":")),
        "title": _plain(dialogue.title, 24),
        "submit": _plain(dialogue.submit, 24),
        "close": _plain("Cancel", 24),
        "blocks": [*_choices(dialogue), words],
    }


def _words(dialogue: Dialogue) -> Json:
    return {
        "type": "plain_text_input",
        "action_id": "reason",
        "multiline": dialogue.longest > 500,
        "max_length": min(dialogue.longest, 3000),
    }


def _search() -> Json:
    return {
        "type": "external_select",
        "action_id": "reason",
        "min_query_length": 0,
        "placeholder": _plain("owner/name", 150),
    }


def _choices(dialogue: Dialogue) -> list[Json]:
    if not dialogue.choices:
        return []
    options = [{"text": _plain(label, 75), "value": value[:150]} for value, label in dialogue.choices[:10]]
    element = {"type": "checkboxes", "action_id": "chips", "options": options}
    return [
        {
            "type": "input",
            "block_id": "chips",
            "optional": True,
            "label": _plain(dialogue.choose, 2000),
            "element": element,
        }
    ]


def _plain(text: str, longest: int) -> Json:
    return {"type": "plain_text", "text": text[:longest], "emoji": True}
