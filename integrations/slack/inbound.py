"""What Slack tells us, typed. Text is what the person wrote, with mentions and links made readable."""

from dataclasses import dataclass
from typing import Any

from integrations.types.chat import ChatFile, MessageRef, ThreadRef, UserKind


@dataclass(frozen=True, slots=True)
class MessageHeard:
    """A message in a conversation. `mentioned` when our bot is named; its mention is taken out of `text`.

    `thread` is the thread it stands in, or the one an answer to it would open. `kind` is channel, group, im or mpim
    ("" where Slack does not say). `is_bot` covers every app and Slackbot; `outsider` a person of another workspace.
    """

    event_id: str
    thread: ThreadRef
    ref: MessageRef
    user: str
    text: str
    mentioned: bool
    in_thread: bool
    kind: str = ""
    is_bot: bool = False
    edited: bool = False
    outsider: bool = False
    files: tuple[ChatFile, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """A person changed or deleted a message (`deleted`); `text` is the new text, `thread_ts` the root of its thread."""

    event_id: str
    team: str
    ref: MessageRef
    user: str
    text: str
    deleted: bool = False
    thread_ts: str = ""


@dataclass(frozen=True, slots=True)
class ReactionHeard:
    """A person put a reaction on a message, or took it off (`added` False)."""

    event_id: str
    team: str
    ref: MessageRef
    user: str
    name: str
    added: bool = True


@dataclass(frozen=True, slots=True)
class SessionStopped:
    """Someone pressed Slack's own Stop in a thread."""

    event_id: str
    thread: ThreadRef
    user: str


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """A click on one of our buttons or a choice in our search box.

    `value` is the JSON we put there (untrusted all the same: whoever has the signing secret wrote it), `id` is unique per
    click. `thread` is the thread of the message that carried the button.
    """

    id: str
    action: str
    value: str
    user: str
    thread: ThreadRef
    ref: MessageRef
    trigger_id: str = ""
    response_url: str = ""


@dataclass(frozen=True, slots=True)
class CommandTyped:
    """A slash command. Slack gives it no id of its own: `trigger_id` is unique for each."""

    command: str
    text: str
    team: str
    channel: str
    user: str
    trigger_id: str = ""
    response_url: str = ""


@dataclass(frozen=True, slots=True)
class ShortcutUsed:
    """A shortcut: a global one, or one on a message (`ref`), of which everything is said as it stands now.

    `author` is the user's id, or the name of the app that wrote it.
    """

    callback: str
    team: str
    user: str
    trigger_id: str
    ref: MessageRef | None = None
    thread: ThreadRef | None = None
    author: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class FormSent:
    """A view of ours was sent off. `about` is its private_metadata; `values` what was entered, by action
    ("" for nothing; several choices joined by commas)."""

    id: str
    callback: str
    about: str
    team: str
    user: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """A person looks at our home tab."""

    event_id: str
    team: str
    user: str


@dataclass(frozen=True, slots=True)
class OptionsAsked:
    """Someone types into our search box; `value` is what stands there so far."""

    action: str
    value: str
    team: str
    user: str


@dataclass(frozen=True, slots=True)
class UrlVerification:
    """Slack asks whether the address is ours: answer with `challenge`."""

    challenge: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing of ours; `reason` is a short phrase for logs and counters."""

    reason: str


Inbound = (
    MessageHeard
    | MessageEdited
    | ReactionHeard
    | SessionStopped
    | ButtonPressed
    | CommandTyped
    | ShortcutUsed
    | HomeOpened
    | FormSent
    | OptionsAsked
    | UrlVerification
    | Ignored
)


def kind_of(found: dict[str, Any]) -> UserKind:
    """What users.info says an account is (https://docs.slack.dev/reference/objects/user-object); names and e-mail say nothing."""
    if found.get("deleted"):
        return UserKind.deactivated
    if found.get("is_bot") or found.get("is_workflow_bot") or found.get("id") == "USLACKBOT":
        return UserKind.program
    if found.get("is_stranger"):
        return UserKind.stranger
    if found.get("is_restricted") or found.get("is_ultra_restricted"):
        return UserKind.guest
    return UserKind.member
