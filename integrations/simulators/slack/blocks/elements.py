"""Rules for Block Kit's text objects, interactive elements and rich text."""

from collections.abc import Iterator
from typing import Any

from integrations.simulators.slack.blocks.rules import (
    Field,
    Problem,
    Rule,
    all_of,
    array,
    boolean,
    integer,
    may,
    need,
    needs_any,
    one_of,
    record,
    text,
    typed,
    url,
)


def _literal(value: str) -> Field:
    return need(one_of(value))


def plain_text(longest: int) -> Rule:
    return record({"type": _literal("plain_text"), "text": need(text(longest)), "emoji": may(boolean)})


def mrkdwn(longest: int) -> Rule:
    return record({"type": _literal("mrkdwn"), "text": need(text(longest)), "verbatim": may(boolean)})


def any_text(longest: int) -> Rule:
    return typed({"plain_text": plain_text(longest), "mrkdwn": mrkdwn(longest)})


ACTION_ID = may(text(255))
STYLE = may(one_of("primary", "danger"))

CONFIRM = record(
    {
        "title": need(plain_text(100)),
        "text": need(any_text(300)),
        "confirm": need(plain_text(30)),
        "deny": need(plain_text(30)),
        "style": STYLE,
    }
)

BUTTON = record(
    {
        "type": _literal("button"),
        "text": need(plain_text(75)),
        "action_id": ACTION_ID,
        "url": may(url()),
        "value": may(text(2000)),
        "style": STYLE,
        "confirm": may(CONFIRM),
        "accessibility_label": may(text(75)),
    }
)


def option(*, link: bool = False, longest_value: int = 150) -> Rule:
    fields = {
        "text": need(plain_text(75)),
        "value": need(text(longest_value)),
        "description": may(plain_text(75)),
    }
    return record({**fields, "url": may(url())} if link else fields)


_GROUP = record({"label": need(plain_text(75)), "options": need(array(option(), 100))})


def _options_or_groups(value: Any, at: str) -> Iterator[Problem]:
    yield from needs_any("options", "option_groups")(value, at)
    if value.get("options") and value.get("option_groups"):
        yield Problem(at, "failed_constraint", "options and option_groups cannot be used together")


_MENU = {
    "action_id": ACTION_ID,
    "placeholder": may(plain_text(150)),
    "confirm": may(CONFIRM),
    "focus_on_load": may(boolean),
}

STATIC_SELECT = all_of(
    record(
        {
            "type": _literal("static_select"),
            **_MENU,
            "options": may(array(option(), 100)),
            "option_groups": may(array(_GROUP, 100)),
            "initial_option": may(option()),
        }
    ),
    _options_or_groups,
)

EXTERNAL_SELECT = record(
    {
        "type": _literal("external_select"),
        **_MENU,
        "initial_option": may(option()),
        "min_query_length": may(integer(0)),
    }
)

_FILTER = record(
    {
        "include": may(array(one_of("im", "mpim", "private", "public"), 4)),
        "exclude_external_shared_channels": may(boolean),
        "exclude_bot_users": may(boolean),
    }
)
CONVERSATIONS_SELECT = record(
    {
        "type": _literal("conversations_select"),
        **_MENU,
        "initial_conversation": may(text()),
        "default_to_current_conversation": may(boolean),
        "response_url_enabled": may(boolean),
        "filter": may(_FILTER),
    }
)
"""https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#conversations_select"""
USERS_SELECT = record({"type": _literal("users_select"), **_MENU, "initial_user": may(text())})

OVERFLOW = record(
    {
        "type": _literal("overflow"),
        "action_id": ACTION_ID,
        "options": need(array(option(link=True), 5)),
        "confirm": may(CONFIRM),
    }
)


def _choices(kind: str, initial: str, initial_rule: Rule) -> Rule:
    return record(
        {
            "type": _literal(kind),
            "action_id": ACTION_ID,
            "options": need(array(option(), 10)),
            initial: may(initial_rule),
            "confirm": may(CONFIRM),
            "focus_on_load": may(boolean),
        }
    )


CHECKBOXES = _choices("checkboxes", "initial_options", array(option(), 10))
RADIO_BUTTONS = _choices("radio_buttons", "initial_option", option())

_DISPATCH = record({"trigger_actions_on": may(array(one_of("on_enter_pressed", "on_character_entered"), 2))})

PLAIN_TEXT_INPUT = record(
    {
        "type": _literal("plain_text_input"),
        "action_id": ACTION_ID,
        "initial_value": may(text(3000, shortest=0)),
        "multiline": may(boolean),
        "min_length": may(integer(0, 3000)),
        "max_length": may(integer(1, 3000)),
        "dispatch_action_config": may(_DISPATCH),
        "focus_on_load": may(boolean),
        "placeholder": may(plain_text(150)),
    }
)

_FEEDBACK = record(
    {
        "text": need(plain_text(75)),
        "value": need(text(2000)),
        "accessibility_label": may(text(75)),
    }
)

FEEDBACK_BUTTONS = record(
    {
        "type": _literal("feedback_buttons"),
        "action_id": ACTION_ID,
        "positive_button": need(_FEEDBACK),
        "negative_button": need(_FEEDBACK),
    }
)

ICON_BUTTON = record(
    {
        "type": _literal("icon_button"),
        "icon": need(one_of("trash")),
        "text": need(plain_text(75)),
        "action_id": ACTION_ID,
        "value": may(text(2000)),
        "confirm": may(CONFIRM),
        "accessibility_label": may(text(75)),
        "visible_to_user_ids": may(array(text())),
    }
)

_PICTURE: dict[str, Field] = {
    "alt_text": need(text(2000)),
    "image_url": may(url()),
    "slack_file": may(record({"id": may(text()), "url": may(url())})),
}
PICTURE = all_of(record({"type": _literal("image"), **_PICTURE}), needs_any("image_url", "slack_file"))
PICTURE_FIELDS = _PICTURE

_MARKS = may(
    record({"bold": may(boolean), "italic": may(boolean), "strike": may(boolean), "code": may(boolean)})
)
_RICH_TEXT = record({"type": _literal("text"), "text": need(text()), "style": _MARKS})
_RICH_LINK = record(
    {
        "type": _literal("link"),
        "url": need(url()),
        "text": may(text()),
        "unsafe": may(boolean),
        "style": _MARKS,
    }
)
_RICH = typed(
    {
        "text": _RICH_TEXT,
        "link": _RICH_LINK,
        "user": record({"type": _literal("user"), "user_id": need(text()), "style": _MARKS}),
        "channel": record({"type": _literal("channel"), "channel_id": need(text()), "style": _MARKS}),
        "emoji": record(
            {"type": _literal("emoji"), "name": need(text()), "unicode": may(text()), "style": _MARKS}
        ),
        "broadcast": record(
            {
                "type": _literal("broadcast"),
                "range": need(one_of("here", "channel", "everyone")),
                "style": _MARKS,
            }
        ),
        "date": record(
            {
                "type": _literal("date"),
                "timestamp": need(integer(0)),
                "format": need(text()),
                "url": may(url()),
                "fallback": may(text()),
                "style": _MARKS,
            }
        ),
    }
)
_BORDER = may(integer(0, 1))
_SECTION = record({"type": _literal("rich_text_section"), "elements": need(array(_RICH))})

RICH_TEXT_PARTS = typed(
    {
        "rich_text_section": _SECTION,
        "rich_text_list": record(
            {
                "type": _literal("rich_text_list"),
                "style": need(one_of("bullet", "ordered")),
                "elements": need(array(_SECTION)),
                "indent": may(integer(0, 8)),
                "offset": may(integer(0)),
                "border": _BORDER,
            }
        ),
        "rich_text_preformatted": record(
            {
                "type": _literal("rich_text_preformatted"),
                "elements": need(array(typed({"text": _RICH_TEXT, "link": _RICH_LINK}))),
                "border": _BORDER,
            }
        ),
        "rich_text_quote": record(
            {"type": _literal("rich_text_quote"), "elements": need(array(_RICH)), "border": _BORDER}
        ),
    }
)
