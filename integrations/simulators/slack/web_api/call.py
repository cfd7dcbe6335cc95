"""One Web API call: its arguments, typed access to them, and Slack's way to refuse."""

import json
from dataclasses import dataclass, field
from typing import Any

from integrations.simulators.slack.config import Json
from integrations.simulators.slack.simulator import Simulator
from integrations.simulators.slack.workspace import Conversation, Message

_JSON_ARGUMENTS = ("attachments", "blocks", "chunks", "message", "metadata", "view")


class SlackError(Exception):
    """An `ok: false` answer. `messages` go to response_metadata, `extra` beside the error."""

    def __init__(self, code: str, *messages: str, extra: Json | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.messages = list(messages)
        self.extra = extra or {}


@dataclass(slots=True)
class Call:
    """The arguments of one call. `warnings` and `messages` end in response_metadata; `ts` in the request log."""

    sim: Simulator
    method: str
    args: Json
    warnings: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        """A string argument; empty when it is absent. Numbers become strings, as in forms."""
        value = self.args.get(name)
        if value is None or isinstance(value, (dict, list)):
            return ""
        return str(value)

    def need(self, name: str) -> str:
        """A string argument that must be there, else `invalid_arguments`."""
        value = self.text(name)
        if not value:
            raise SlackError("invalid_arguments", f"[ERROR] missing required field: {name}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.args.get(name, default)
        return str(value).lower() in ("1", "true", "yes")

    def number(self, name: str, default: int) -> int:
        value = self.text(name)
        if not value:
            return default
        try:
            return int(float(value))
        except ValueError as error:
            raise SlackError("invalid_arguments", f"[ERROR] {name} must be a number") from error

    def object(self, name: str) -> Json | None:
        """A JSON object argument, decoded already or as a string; None when absent."""
        value = self._decoded(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise SlackError("invalid_arguments", f"[ERROR] {name} must be an object")
        return value

    def array(self, name: str) -> list[Json] | None:
        """A JSON array argument, decoded already or as a string; None when absent."""
        value = self._decoded(name)
        if value is None:
            return None
        if not isinstance(value, list):
            code = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
            raise SlackError(code, f"[ERROR] {name} must be an array")
        return value

    def conversation(self, name: str = "channel", *, member: bool = False) -> Conversation:
        """The conversation named by id, or by user id for a direct message; `channel_not_found` else.

        With `member` the bot must be in it: `not_in_channel`. A private channel it is not in does not exist for it.
        """
        named = self.text(name)
        workspace = self.sim.workspace
        if named in workspace.users and named != self.sim.config.bot_user_id:
            return workspace.direct_message(named)
        found = workspace.conversations.get(named)
        bot_is_in = found is not None and self.sim.config.bot_user_id in found.members
        if found is None or (not bot_is_in and found.kind != "channel"):
            raise SlackError("channel_not_found")
        if member and not bot_is_in:
            raise SlackError("not_in_channel")
        return found

    def message(self, conversation: Conversation, ts: str) -> Message:
        found = conversation.messages.get(ts)
        if found is None:
            raise SlackError("message_not_found")
        return found

    def _decoded(self, name: str) -> Any:
        value = self.args.get(name)
        if isinstance(value, str) and name in _JSON_ARGUMENTS:
            if not value:
                return None
            try:
                return json.loads(value)
            except ValueError as error:
                code = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
                raise SlackError(code, f"[ERROR] {name} is not valid JSON") from error
        return value
