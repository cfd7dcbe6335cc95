"""What a person asked for, typed: who, where, what and when. Everything here was snapshotted at receipt."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from integrations.types.chat import MessageRef, ThreadRef


class Channel(StrEnum):
    """By which way a request came in."""

    slack_mention = "slack_mention"
    slack_dm = "slack_dm"


@dataclass(frozen=True, slots=True)
class Person:
    """An account of a person somewhere. `account` is the Slack team id or the code host's name."""

    provider: str
    account: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What the person wrote as options; None where nothing was written."""

    repo: str | None = None
    base: str | None = None
    sla_s: int | None = None


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One request. `text` is as written, without the mention; `origin` is the message a reaction goes to."""

    text: str
    requester: Person
    channel: Channel
    thread: ThreadRef
    origin: MessageRef
    received_at: datetime
    sla_s: int
    options: RequestOptions = RequestOptions()
