"""What an arrival can mean, and what that may be decided from."""

from dataclasses import dataclass
from datetime import datetime

from bot.replies import Reply
from integrations.types.chat import ThreadRef
from tasks.domain.channel import USUAL, ChannelSettings
from tasks.domain.drafts import Draft, DraftState
from tasks.domain.effect import Effect
from tasks.domain.events import Event
from tasks.domain.policy import Policy
from tasks.domain.remarks import Remark
from tasks.domain.request import Account, ChatPlace, Person, RunRequest
from tasks.domain.run import Run

NO_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Known:
    """What a decision may rest on: the runs the arrival is about (newest first), and who is speaking when.

    `linked` when the speaker has a linked account of the code host, `login` and `account_id` (0 where only the login is known),
    and `operator` when that one is an operator's; `can_link` when people can link one themselves;
    `sla_s` is the promise a new run starts with, in seconds. `repos` are the repositories we work on, () for every one that
    lets us. `refused` and `unheard` count what the speaker asked for on the code host lately: what was refused, and what
    nobody has looked at yet; `asked` counts all of it. `channel` is how the channel stands where it was said, `draft` what the
    arrival says it belongs to, `taker` the account of whoever a run is to be handed to.
    """

    runs: tuple[Run, ...]
    linked: bool
    now: datetime
    sla_s: int
    mention: str = "@sortie"
    login: str = ""
    operator: bool = False
    repos: tuple[str, ...] = ()
    refused: int = 0
    unheard: int = 0
    asked: int = 0
    taker: Account | None = None
    channel: ChannelSettings = USUAL
    policy: Policy = NO_POLICY
    draft: Draft | None = None
    account_id: int = 0
    can_link: bool = False

    @property
    def account(self) -> Account | None:
        """The speaker's linked account."""
        return Account(self.login, self.account_id) if self.login else None


@dataclass(frozen=True, slots=True)
class NewRun:
    """`then` is a fact right after its first event."""

    request: RunRequest
    title: str
    remark: Remark | None = None
    reply: Reply | None = None
    then: Event | None = None


@dataclass(frozen=True, slots=True)
class DraftKept:
    """Something may begin later. `effects` follow where it was not there before."""

    draft: Draft
    reply: Reply | None = None
    effects: tuple[Effect, ...] = ()
    again: Reply | None = None


@dataclass(frozen=True, slots=True)
class DraftEnded:
    """A draft begins, as these runs or by these effects, or is dropped: once. `late` is said where that has happened before."""

    draft: Draft
    state: DraftState
    new: tuple[NewRun, ...] = ()
    reply: Reply | None = None
    late: Reply | None = None
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class HomeWanted:
    """A person's home tab is to be shown, and kept up to date from now on."""

    by: Person


@dataclass(frozen=True, slots=True)
class ChannelChanged:
    """What holds in a channel from now on, and who says so."""

    by: Person
    login: str
    channel: str
    settings: ChannelSettings


@dataclass(frozen=True, slots=True)
class Fact:
    """One event for each of these runs."""

    run_ids: tuple[str, ...]
    event: Event
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Several events, each for its runs."""

    each: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is appended; `reply` is what the person reads, None for silence."""

    reason: str
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class SwitchTurned:
    """The kill switch is turned by an operator, or (`on` None) asked how it stands. Confirmed in the thread."""

    by: Person
    login: str
    thread: ThreadRef
    on: bool | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A request of somebody without a linked account: it waits an hour for one, where they can link one themselves."""

    request: RunRequest
    title: str
    can_link: bool


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody wants to connect an account, or another one."""

    by: Person
    place: ChatPlace
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Whoever may is asked in the thread to start what this declined run was about."""

    run: Run


@dataclass(frozen=True, slots=True)
class Linked:
    """This account belongs to this person of the chat."""

    by: Person
    account: Account


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Somebody wants no account to be linked with theirs any more."""

    by: Person


Routed = (
    NewRun
    | DraftKept
    | DraftEnded
    | ChannelChanged
    | HomeWanted
    | Fact
    | Facts
    | Ignored
    | SwitchTurned
    | Kept
    | Invited
    | HandedOver
    | Linked
    | Unlinked
)
