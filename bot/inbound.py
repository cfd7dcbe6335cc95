"""What reaches us, typed and verified: the values that intake routes. No vendor's payload goes further than this."""

from dataclasses import dataclass

from integrations.types.chat import ChatFile, MessageRef, ThreadRef
from tasks.domain.remarks import Remark
from tasks.domain.request import Account, Person
from tasks.domain.undoing import Change


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook arriving. `semantic_key` names what it is about when two deliveries may say the same thing ("" = nothing)."""

    source: str
    id: str
    semantic_key: str = ""


@dataclass(frozen=True, slots=True)
class Speech:
    """A message somebody wrote. `text` is without our mention; `addressed` when it mentions us or is written in a direct message.

    `by_app` when a program wrote it, `restricted` for guests and strangers of a shared channel.
    """

    delivery: Delivery
    by: Person
    text: str
    thread: ThreadRef
    message: MessageRef
    addressed: bool
    direct: bool = False
    by_app: bool = False
    restricted: bool = False
    files: tuple[ChatFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Typed:
    """`/sortie …`, typed into a channel: it stands nowhere, so nobody but `by` has seen it. `member` whether we are in there."""

    delivery: Delivery
    by: Person
    text: str
    channel: str
    restricted: bool = False
    member: bool = True


@dataclass(frozen=True, slots=True)
class Pointed:
    """A shortcut was used: on a message, as it stood then, or on none. `member` whether we are in its channel."""

    delivery: Delivery
    by: Person
    message: MessageRef | None = None
    thread: ThreadRef | None = None
    author: str = ""
    text: str = ""
    member: bool = True
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """A form in which a run is asked for was sent off. `draft` is what it says it belongs to; nothing it says is trusted.

    `channel` is where people are to be told, where that could be chosen, and `member` whether we are in it or in the message's.
    """

    delivery: Delivery
    by: Person
    draft: str
    text: str
    repo: str
    sla: str
    plan: bool
    channel: str = ""
    member: bool = True
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class ChannelSet:
    """The form with what holds in a channel was sent off. Nothing it says is trusted."""

    delivery: Delivery
    by: Person
    channel: str
    repo: str
    steer: str
    verbosity: str
    switches: frozenset[str]
    owner: str = ""
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """A button under something that has not begun yet; `choice` is what was pressed."""

    delivery: Delivery
    by: Person
    draft: str
    choice: str
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Press:
    """A button, or a dialogue's Submit. `choice` is what was chosen or written; None where the button says it all.

    `run_id` and `question` are empty for a search box, which carries none: the open question of its thread is meant.
    `version` is the run's sequence number when the button was drawn; `good` and `chips` are of feedback alone; `submitted`
    when a dialogue was sent off; `said` names the message whose words a button is about.
    """

    delivery: Delivery
    by: Person
    thread: ThreadRef
    action: str
    run_id: str = ""
    question: int | None = None
    choice: str | None = None
    restricted: bool = False
    version: int | None = None
    good: bool = True
    chips: tuple[str, ...] = ()
    submitted: bool = False
    said: str = ""


@dataclass(frozen=True, slots=True)
class Reacted:
    """A reaction was added to a message, or taken off it; `name` is Slack's, without colons."""

    delivery: Delivery
    by: Person
    name: str
    message: MessageRef
    restricted: bool = False
    added: bool = True


@dataclass(frozen=True, slots=True)
class SessionStopped:
    """Somebody pressed the chat's own Stop on the thread."""

    delivery: Delivery
    by: Person
    thread: ThreadRef
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """A person looks at our home tab."""

    delivery: Delivery
    by: Person


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A person edited a message of theirs, or (`deleted`) it is gone. `text` is the new one, without our mention."""

    delivery: Delivery
    by: Person
    thread: ThreadRef
    message: MessageRef
    text: str
    deleted: bool = False
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class PagePress:
    """A button on a run's page, pressed by somebody who may see it."""

    delivery: Delivery
    by: Person
    action: str
    run_id: str


@dataclass(frozen=True, slots=True)
class ChecksMoved:
    """Something about the checks of one commit moved on the code host."""

    delivery: Delivery
    repo: str
    head_oid: str


@dataclass(frozen=True, slots=True)
class PullRequestChanged:
    """A pull request was closed, merged, reopened or got another head. `state` is "open" or "closed".

    `elsewhere_only` where it can be news only to a run whose head it shares: it was opened, or its text or base changed.
    `landed` is what it says, where it was merged into the default branch and may take something back.
    """

    delivery: Delivery
    repo: str
    number: int
    state: str
    merged: bool
    head_oid: str
    by: str = ""
    elsewhere_only: bool = False
    merge_oid: str = ""
    landed: Change | None = None


@dataclass(frozen=True, slots=True)
class Landed:
    """Changes reached the default branch that say they take something back, or mend it."""

    delivery: Delivery
    repo: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class HostSpeech:
    """Somebody wrote on a pull request or an issue of the code host. `title` and `text` are what that says of itself just now."""

    delivery: Delivery
    repo: str
    number: int
    on_pull: bool
    remark: Remark
    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class HostPress:
    """A button of one of our check runs, as the remark it stands for. `run_id` is what the check run says it belongs to."""

    delivery: Delivery
    repo: str
    run_id: str
    remark: Remark


@dataclass(frozen=True, slots=True)
class ApprovalWithdrawn:
    """A review of a pull request no longer counts."""

    delivery: Delivery
    repo: str
    number: int


@dataclass(frozen=True, slots=True)
class AccountLinked:
    """Somebody of the chat has proven which account of the code host is theirs. The delivery's id is the number of the link."""

    delivery: Delivery
    by: Person
    account: Account


FromPerson = (
    Speech
    | Typed
    | Pointed
    | Filled
    | ChannelSet
    | Decided
    | Press
    | Reacted
    | SessionStopped
    | HomeOpened
    | MessageChanged
)
FromHost = ChecksMoved | PullRequestChanged | Landed | HostSpeech | HostPress | ApprovalWithdrawn
Inbound = FromPerson | PagePress | FromHost | AccountLinked
