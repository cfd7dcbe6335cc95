"""Messages as Slack would get them, checked by slack_sdk's own models and by the simulator's rules."""

from typing import Any

from slack_sdk.models.blocks import Block

from integrations.redaction import Redactor
from integrations.simulators.slack.blocks.validate import block_problems
from integrations.slack.blocks import Profile, blocks
from integrations.slack.mrkdwn import sentence
from integrations.types.chat import OutgoingMessage

REDACT = Redactor(["a-canary-secret-4417"])


def rendered(message: OutgoingMessage, profile: Profile = "plan") -> tuple[str, list[dict[str, Any]]]:
    """(text, blocks); fails where anybody's validator would refuse them."""
    text = sentence(message.text, redact=REDACT)
    shown = blocks(message, profile=profile, redact=REDACT)
    assert text.strip() and len(text) < 4000
    assert not block_problems(shown), block_problems(shown)
    for block in shown:
        parsed = Block.parse(block)
        assert parsed is not None, f"slack_sdk knows no such block: {block['type']}"
        parsed.validate_json()
    assert len({b["block_id"] for b in shown}) == len(shown)
    return text, shown


def words_of(shown: list[dict[str, Any]]) -> str:
    """Everything a reader sees, as one text."""
    found: list[str] = []

    def walk(value: Any, key: str = "") -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(inner, name)
        elif isinstance(value, list):
            for inner in value:
                walk(inner, key)
        elif isinstance(value, str) and key in ("text", "title"):
            found.append(value)

    walk(shown)
    return "\n".join(found)


def actions_of(shown: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Everything that can be clicked, by action_id."""
    return {
        element["action_id"]: element
        for block in shown
        for element in block.get("elements", [])
        if isinstance(element, dict) and "action_id" in element
    }


def parsed_by_slack(shown: list[dict[str, Any]]) -> str:
    """Every mrkdwn text: the only places where Slack looks for mentions, links and formats."""
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if value.get("type") == "mrkdwn":
                found.append(value["text"])
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(shown)
    return "\n".join(found)
