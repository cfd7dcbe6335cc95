"""Nouns of a chat workspace (Slack): where a message stands and what is to be written there."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ThreadRef:
    """One thread. `team` is the workspace id (T…), `channel` the channel id (C…/G…/D…), `thread_ts` the root's ts."""

    team: str
    channel: str
    thread_ts: str


@dataclass(frozen=True, slots=True)
class MessageRef:
    """One message; `ts` is Slack's id of it inside its channel."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message as it will be sent: `text` stands alone on a lock screen, `blocks` are Block Kit dictionaries."""

    text: str
    blocks: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """What a thread holds of us: its ref and the outbox id in its metadata ("" when it has none)."""

    ref: MessageRef
    outbox_id: str = ""


@dataclass(frozen=True, slots=True)
class ChatUser:
    """A person of the workspace. `restricted` covers guests, strangers of a shared channel and deactivated accounts."""

    team: str
    id: str
    name: str
    is_bot: bool = False
    restricted: bool = False
    extra: dict[str, str] = field(default_factory=dict)
