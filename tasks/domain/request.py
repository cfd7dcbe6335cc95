"""What a person asked for, typed: who, where, what and when. Everything here was snapshotted at receipt."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from integrations.types.chat import MessageRef, ThreadRef


class Channel(StrEnum):
    """By which way a request came in."""

    slack_mention = "slack_mention"
    slack_dm = "slack_dm"
    slack_command = "slack_command"
    slack_shortcut = "slack_shortcut"
    slack_reaction = "slack_reaction"
    github_issue = "github_issue"
    github_pull = "github_pull"


class Deliver(StrEnum):
    """What a run ends in."""

    new_pr = "new_pr"
    existing_pr = "existing_pr"
    suggestions = "suggestions"
    findings = "findings"
    answer = "answer"


@dataclass(frozen=True, slots=True)
class Person:
    """An account of a person somewhere. `account` is the Slack team id or the code host's name."""

    provider: str
    account: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the code host. `id` never changes; 0 where only the login is known."""

    login: str
    id: int = 0


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What the person wrote as options; None where nothing was written. `plan` when the plan is to be shown before the work."""

    repo: str | None = None
    base: str | None = None
    sla_s: int | None = None
    plan: bool = False


@dataclass(frozen=True, slots=True)
class RepoHints:
    """What the place says of the repository, as it stood when it was asked: the one that a run of the same thread works on, and
    the channel's default. "" for nothing.
    """

    thread: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Quotation:
    """A message that the request points to, as it stood then. Its author may be anybody: it asks for nothing by itself."""

    author: str
    text: str
    message: MessageRef


@dataclass(frozen=True, slots=True)
class ChatPlace:
    """A thread of the chat. `origin` is the message a reaction goes to; `digest` the SHA-256 of what was asked, as it stood then.

    What people make of that message afterwards does not count.
    """

    thread: ThreadRef
    origin: MessageRef
    digest: str = ""


@dataclass(frozen=True, slots=True)
class ChannelPlace:
    """A channel in which a message of ours opens the thread; until that stands, nobody can be told anything there.

    `channel` is "" for a direct message with the person who asked.
    """

    team: str
    channel: str


@dataclass(frozen=True, slots=True)
class HostPlace:
    """An issue or a pull request of the code host. Title and body are as they stood when it was asked; `digest` is their SHA-256.

    What people change there afterwards does not count.
    """

    repo: str
    number: int
    on_pull: bool
    title: str
    body: str
    digest: str


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One request. `text` is as written, without the mention; `place` is where it was asked and where its people are told.

    `quoted` is the message it is about, where it was asked on one. `board` names the list of runs it was asked for together with.
    `account` is what the requester's chat account was linked with when it began; `kept` when it waited
    until they had linked one, or until somebody who may had started it: a lock stands on its message.
    """

    text: str
    requester: Person
    channel: Channel
    place: ChatPlace | HostPlace | ChannelPlace
    received_at: datetime
    sla_s: int
    options: RequestOptions = RequestOptions()
    deliver: Deliver = Deliver.new_pr
    hints: RepoHints = RepoHints()
    quoted: Quotation | None = None
    board: str = ""
    account: Account | None = None
    kept: bool = False

    @property
    def chat(self) -> ChatPlace | None:
        """The thread, where it was asked in the chat and one is open."""
        return self.place if isinstance(self.place, ChatPlace) else None

    @property
    def host(self) -> HostPlace | None:
        """The issue or pull request, where it was asked on the code host."""
        return self.place if isinstance(self.place, HostPlace) else None
