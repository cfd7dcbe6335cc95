"""Our Block Kit check against other people's: slack_sdk's models and a schema made from @slack/types."""

import copy
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackObjectFormationError
from slack_sdk.models.basic_objects import JsonObject
from slack_sdk.models.blocks import Block

from integrations.simulators.slack.blocks.validate import block_problems, view_problems
from tests.integrations.simulators.slack.conftest import PAYMENTS, Control

FIXTURES = Path(__file__).parent / "fixtures"
MESSAGES: dict[str, Any] = json.loads((FIXTURES / "messages.json").read_text())
SCHEMA = jsonschema.Draft7Validator(json.loads((FIXTURES / "slack_types_blocks.schema.json").read_text()))
Json = dict[str, Any]


def typescript_refuses(blocks: list[Json]) -> bool:
    return not SCHEMA.is_valid(blocks)


def sdk_refuses(blocks: list[Json]) -> bool:
    """slack_sdk's validators, on every object of the tree: it checks only the outermost by itself."""
    try:
        for block in blocks:
            parsed = Block.parse(copy.deepcopy(block))
            if parsed is None:
                return True
            _validate_deep(parsed)
    except (SlackObjectFormationError, TypeError):
        return True
    return False


def _validate_deep(value: Any) -> None:
    if isinstance(value, JsonObject):
        value.validate_json()
        for part in vars(value).values():
            _validate_deep(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            _validate_deep(part)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_all_three_accept_every_message_of_the_catalogue(name: str) -> None:
    blocks = MESSAGES[name]["blocks"]
    assert [e.message for e in SCHEMA.iter_errors(blocks)] == []
    assert not sdk_refuses(blocks)
    assert block_problems(blocks) == []


def text(words: str = "hi", kind: str = "mrkdwn") -> Json:
    return {"type": kind, "text": words}


def button(**more: Any) -> Json:
    return {"type": "button", "text": text("Go", "plain_text"), "action_id": "go", **more}


def actions(*elements: Json) -> list[Json]:
    return [{"type": "actions", "elements": list(elements)}]


def section(**more: Any) -> list[Json]:
    return [{"type": "section", "text": text(), **more}]


def confirm(**more: Any) -> Json:
    plain = {"title": "Sure?", "confirm": "Yes", "deny": "No"}
    return {**{key: text(word, "plain_text") for key, word in plain.items()}, "text": text("Really?"), **more}


def feedback(**more: Any) -> list[Json]:
    sides = {
        side: {"text": text(side, "plain_text"), "value": side}
        for side in ("positive_button", "negative_button")
    }
    return [{"type": "context_actions", "elements": [{"type": "feedback_buttons", **sides, **more}]}]


def task(**more: Any) -> Json:
    return {"type": "task_card", "task_id": "t1", "title": "Do", "status": "pending", **more}


def plan(*tasks: Json) -> Json:
    return {"type": "plan", "title": "Plan", "tasks": list(tasks)}


def select(count: int) -> Json:
    rows = [{"text": text(str(n), "plain_text"), "value": str(n)} for n in range(count)]
    return {"type": "static_select", "action_id": "s", "options": rows}


FINE: dict[str, list[Json]] = {
    "section with accessory": section(accessory=button(confirm=confirm(), style="danger")),
    "button at its limits": actions(
        button(text=text("x" * 75, "plain_text"), value="v" * 2000, url="https://a.example/" + "u" * 2982)
    ),
    "25 buttons": actions(*(button(action_id=f"b{n}") for n in range(25))),
    "static select of 100": actions(select(100)),
    "feedback": feedback(action_id="fb"),
    "header": [{"type": "header", "text": text("x" * 150, "plain_text")}],
    "divider and markdown": [{"type": "divider"}, {"type": "markdown", "text": "# hi"}],
    "image": [{"type": "image", "image_url": "https://a.example/i.png", "alt_text": "a picture"}],
    "task alone": [task()],
    "input": [
        {
            "type": "input",
            "label": text("Why", "plain_text"),
            "element": {"type": "plain_text_input", "action_id": "w", "multiline": True},
        }
    ],
}

# name -> (blocks, refused by slack_sdk, refused by @slack/types); ours must refuse every one.
BROKEN: dict[str, tuple[list[Json], bool, bool]] = {
    "unknown block": ([{"type": "sparkles"}], True, True),
    "unknown field": (section(colour="red"), False, True),
    "section without text": ([{"type": "section"}], True, False),
    "section text too long": (section(text=text("x" * 3001)), True, False),
    "empty section text": (section(text=text("")), False, False),
    "11 fields": (section(fields=[text()] * 11), True, False),
    "field too long": (section(fields=[text("x" * 2001)]), False, False),
    "header in mrkdwn": ([{"type": "header", "text": text()}], False, True),
    "header too long": ([{"type": "header", "text": text("x" * 151, "plain_text")}], True, False),
    "26 buttons": (actions(*(button(action_id=f"b{n}") for n in range(26))), True, False),
    "no buttons": ([{"type": "actions", "elements": []}], False, False),
    "button text too long": (actions(button(text=text("x" * 76, "plain_text"))), True, False),
    "button text in mrkdwn": (actions(button(text=text("x"))), False, True),
    "button value too long": (actions(button(value="x" * 2001)), True, False),
    "button url too long": (actions(button(url="https://a.example/" + "x" * 2990)), True, False),
    "button url without scheme": (actions(button(url="acme.example")), False, False),
    "button style": (actions(button(style="ghost")), True, True),
    "button label too long": (actions(button(accessibility_label="x" * 76)), True, False),
    "action_id too long": (actions(button(action_id="x" * 256)), True, False),
    "same action_id twice": (actions(button(), button()), False, False),
    "button field unknown": (actions(button(tooltip="x")), False, True),
    "button not in actions": ([button()], True, True),
    "confirm title too long": (
        actions(button(confirm=confirm(title=text("x" * 101, "plain_text")))),
        True,
        False,
    ),
    "confirm text too long": (actions(button(confirm=confirm(text=text("x" * 301)))), True, False),
    "confirm button too long": (
        actions(button(confirm=confirm(confirm=text("x" * 31, "plain_text")))),
        True,
        False,
    ),
    "confirm deny too long": (
        actions(button(confirm=confirm(deny=text("x" * 31, "plain_text")))),
        True,
        False,
    ),
    "block_id too long": ([{"type": "divider", "block_id": "x" * 256}], True, False),
    "same block_id twice": ([{"type": "divider", "block_id": "a"}] * 2, False, False),
    "51 blocks": ([{"type": "divider"}] * 51, False, False),
    "context of 11": ([{"type": "context", "elements": [text()] * 11}], True, False),
    "context with a button": ([{"type": "context", "elements": [button()]}], False, True),
    "task status completed": ([task(status="completed")], True, True),
    "task without id": ([{"type": "task_card", "title": "x", "status": "pending"}], True, True),
    "task details as text": ([task(details="x")], False, True),
    "plan without title": ([{"type": "plan", "tasks": [task()]}], True, True),
    "plan with a wrong task": ([plan(task(status="done"))], False, False),
    "same task_id twice": ([plan(task(), task())], False, False),
    "plan beside a task": ([plan(task()), task(task_id="t2")], False, False),
    "alert in a message": ([{"type": "alert", "text": text()}], False, False),
    "markdown too long": ([{"type": "markdown", "text": "x" * 12_001}], True, False),
    "feedback without its other side": (
        [{"type": "context_actions", "elements": [{"type": "feedback_buttons", "action_id": "f"}]}],
        True,
        True,
    ),
    "feedback in actions": (actions(feedback()[0]["elements"][0]), False, True),
    "image without alt": ([{"type": "image", "image_url": "https://a.example/i.png"}], True, True),
    "rich text of nothing known": ([{"type": "rich_text", "elements": [{"type": "paragraph"}]}], False, True),
    "101 options": (actions(select(101)), True, False),
    "options and groups missing": (actions({"type": "static_select", "action_id": "s"}), True, False),
    "placeholder too long": (
        actions({"type": "external_select", "action_id": "e", "placeholder": text("x" * 151, "plain_text")}),
        True,
        False,
    ),
    "input without label": (
        [{"type": "input", "element": {"type": "plain_text_input", "action_id": "w"}}],
        True,
        True,
    ),
    "input of a button": (
        [{"type": "input", "label": text("x", "plain_text"), "element": button()}],
        True,
        True,
    ),
}


@pytest.mark.parametrize("name", sorted(FINE))
def test_all_three_accept_what_is_fine(name: str) -> None:
    assert [e.message for e in SCHEMA.iter_errors(FINE[name])] == []
    assert not sdk_refuses(FINE[name])
    assert block_problems(FINE[name]) == []


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_ours_refuses_all_that_either_of_the_others_refuses_and_more(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    blocks, by_sdk, by_types = BROKEN[name]
    assert block_problems(blocks) != []
    assert (sdk_refuses(blocks), typescript_refuses(blocks)) == (by_sdk, by_types)


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": text("T", "plain_text"), "blocks": [{"type": "divider"}], **more}


def test_views_have_their_own_limits() -> None:
    alert = {"type": "alert", "text": text("careful"), "level": "warning"}
    assert view_problems(modal(blocks=[alert])) == []
    assert view_problems(modal(blocks=[{"type": "divider"}] * 100)) == []
    broken: dict[str, Callable[[], Json]] = {
        "title": lambda: modal(title=text("x" * 25, "plain_text")),
        "submit": lambda: modal(submit=text("x" * 25, "plain_text")),
        "metadata": lambda: modal(private_metadata="x" * 3001),
        "blocks": lambda: modal(blocks=[{"type": "divider"}] * 101),
        "input without submit": lambda: modal(blocks=FINE["input"]),
        "unknown": lambda: modal(size="large"),
        "kind": lambda: {"type": "drawer", "blocks": []},
        "home with a title": lambda: {"type": "home", "title": text("T", "plain_text"), "blocks": []},
    }
    for name, make in broken.items():
        assert view_problems(make()) != [], name


def test_a_refused_post_names_the_place(slack: WebClient) -> None:
    with pytest.raises(SlackApiError) as error:
        slack.chat_postMessage(channel=PAYMENTS, text="x", blocks=actions(button(value="x" * 2001)))
    answer = error.value.response
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"
    ]


def test_blocks_validate_answers_for_blocks_messages_and_views(slack: WebClient, sim: Control) -> None:
    assert slack.blocks_validate(blocks=MESSAGES["M1_card_working"]["blocks"])["ok"]
    assert slack.blocks_validate(message=MESSAGES["M6_ready"])["ok"]
    for given, code in (
        ({"blocks": [{"type": "sparkles"}]}, "invalid_blocks"),
        ({"message": {"blocks": [{"type": "sparkles"}]}}, "invalid_message"),
        ({"view": {"type": "modal"}}, "invalid_view"),
        ({}, "invalid_arguments"),
    ):
        with pytest.raises(SlackApiError) as error:
            slack.blocks_validate(**given)
        assert error.value.response["error"] == code
    assert sim.get(f"channels/{PAYMENTS}/messages")["messages"] == []
