"""Nouns of a chat workspace (Slack): where a message stands, and what is to be written there, in no vendor's words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ThreadRef:
    """One thread. `team` is the workspace id (T…), `channel` the channel id (C…/G…/D…), `thread_ts` the root's ts.

    To post with "" for `thread_ts` is to post into the channel itself.
    """

    team: str
    channel: str
    thread_ts: str


@dataclass(frozen=True, slots=True)
class MessageRef:
    """One message; `ts` is Slack's id of it inside its channel."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """What a thread holds of us: its ref and the outbox id in its metadata ("" when it has none)."""

    ref: MessageRef
    outbox_id: str = ""


class UserKind(StrEnum):
    """What an account of the workspace is. `stranger`: of another workspace, in a shared channel; `unknown` where it is not said."""

    member = "member"
    guest = "guest"
    stranger = "stranger"
    deactivated = "deactivated"
    program = "program"
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class SeenReaction:
    """A reaction on a message and who put it there; not `whole` where the chat names only some of them."""

    name: str
    users: tuple[str, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A message as it stands: who wrote it (a user's id or an app's name), its words as people read them, its thread ("" for none)."""

    author: str
    text: str
    thread_ts: str = ""
    reactions: tuple[SeenReaction, ...] = ()

    def surely_without(self, name: str, user: str) -> bool:
        """Whether this reaction of this person is surely not there."""
        seen = next((reaction for reaction in self.reactions if reaction.name == name), None)
        return seen is None or (seen.whole and user not in seen.users)


@dataclass(frozen=True, slots=True)
class ChatFile:
    """A file that hangs on a message. `size` is in bytes, `url` where its content can be had ("" where it cannot)."""

    id: str
    name: str
    kind: str
    size: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class ChatUser:
    """An account of the workspace. `name` is what it calls itself, which proves nothing."""

    team: str
    id: str
    name: str
    kind: UserKind = UserKind.member

    @property
    def is_bot(self) -> bool:
        return self.kind is UserKind.program

    @property
    def restricted(self) -> bool:
        return self.kind is not UserKind.member


@dataclass(frozen=True, slots=True)
class Rate:
    """How often one thing may be done: `per_minute` for the workspace, or for each channel of it."""

    what: str
    per_minute: float
    by_channel: bool = False

    def key(self, channel: str) -> str:
        """Which limit this is, in the words of RateLimited.what."""
        return f"{self.what}:{channel}" if self.by_channel else self.what


# --- text: a line is a tuple of spans; only these can carry meaning ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plain:
    """Our own words. Shown as they are: nothing in them can become a link, a mention or a format."""

    text: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Quoted:
    """Words of a person, an agent or a vendor: untrusted.

    Put on one line, cut to `limit` characters, secrets masked, hidden characters removed; a pair of backticks is the
    only format it keeps.
    """

    text: str
    bold: bool = False
    limit: int = 300


@dataclass(frozen=True, slots=True)
class Code:
    """A name of the repository's world (branch, path, command), untrusted as Quoted is."""

    text: str
    limit: int = 120


@dataclass(frozen=True, slots=True)
class Link:
    """A link that we built; only http and https addresses become links. The label is treated as Quoted."""

    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Mention:
    """Notifies one person; `user` is the workspace's id of them (U…)."""

    user: str


@dataclass(frozen=True, slots=True)
class ChannelMention:
    """The name of a channel, for those who may see it; notifies nobody."""

    channel: str


@dataclass(frozen=True, slots=True)
class When:
    """A moment, shown as the time of day in the reader's own zone. `at` is aware; UTC where dates are not supported."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Break:
    """A new line."""


Span = Plain | Quoted | Code | Link | Mention | ChannelMention | When | Break
Text = tuple[Span, ...]

# --- parts of a message, in the order they are read ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section:
    """A paragraph. `key` names the part; renderers make ids of it."""

    key: str
    text: Text


@dataclass(frozen=True, slots=True)
class Fields:
    """Up to ten short texts side by side."""

    key: str
    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Untrusted lines (a log) shown letter by letter; at most `lines` of them and `chars` characters, the last ones."""

    key: str
    text: str
    lines: int = 12
    chars: int = 1_600


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of a plan: status is pending, in_progress, complete or error; title and output are untrusted."""

    id: str
    title: str
    status: str
    output: str = ""


@dataclass(frozen=True, slots=True)
class PlanPart:
    """The plan a person watches."""

    key: str
    title: str
    steps: tuple[PlanStep, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """One small line."""

    key: str
    text: Text


@dataclass(frozen=True, slots=True)
class Confirm:
    """Asked before a click counts; plain words of ours."""

    title: str
    text: str
    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class Button:
    """A button that opens `url`, or sends `value` (JSON) back under `action`. Style: "", primary or danger."""

    action: str
    label: str
    url: str = ""
    value: str = ""
    style: str = ""
    hint: str = ""
    confirm: Confirm | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """A box to search among more than fits on buttons; its options are asked of us while the person types."""

    action: str
    placeholder: str
    min_letters: int = 2


@dataclass(frozen=True, slots=True)
class Buttons:
    """A row of things to click."""

    key: str
    items: tuple[Button | Search, ...]


@dataclass(frozen=True, slots=True)
class Feedback:
    """Thumbs up and down; `good` and `bad` are the values sent back, `about` says of what."""

    key: str
    action: str
    good: str
    bad: str
    about: str


Part = Section | Fields | Excerpt | PlanPart | Context | Buttons | Feedback


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message as it will be sent: `text` is a sentence that stands alone on a lock screen.

    `version` makes the ids of this edit differ from those of the one before.
    """

    text: str
    parts: tuple[Part, ...] = ()
    version: int = 1


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What a person is asked in a window of their own: words, and before them choices (value, label) of which any may be taken.

    `action` names it when it is sent off. The title holds at most 24 characters, the words at most `longest`.
    With `search` one of our repositories is searched for instead of written.
    """

    action: str
    title: str
    submit: str
    label: str
    hint: str
    choices: tuple[tuple[str, str], ...] = ()
    choose: str = ""
    longest: int = 3_000
    search: bool = False


@dataclass(frozen=True, slots=True)
class StartForm:
    """The window in which a person asks for a run. `draft` is what it carries back; `about` the message it is about, "" for none.

    `repo` is chosen beforehand, and `reason` says why; `promises` are (value, label) of which the first is the usual one.
    With `asks_where` a channel is to be chosen. `warning` is said above everything, "" for nothing.
    """

    draft: str
    promises: tuple[tuple[str, str], ...]
    about: str = ""
    author: str = ""
    repo: str = ""
    reason: str = ""
    asks_where: bool = False
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several (value, label)."""

    action: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class Ticks:
    """Any of several (value, label)."""

    action: str
    label: str
    options: tuple[tuple[str, str], ...]
    ticked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RepoField:
    """One of our repositories, or none."""

    action: str
    label: str
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class PersonField:
    """A person of the workspace, or none."""

    action: str
    label: str
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """A window with fields; `about` comes back with them, and is not to be trusted then. The title holds at most 24 characters."""

    callback: str
    title: str
    submit: str
    about: str
    fields: tuple[Choice | Ticks | RepoField | PersonField, ...]
    note: str = ""
