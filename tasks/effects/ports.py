"""What an effect is handed: the run then and now, and the only ports that may write to the world."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from integrations.ports import Chat, CodeHost
from tasks.domain.channel import USUAL, ChannelSettings
from tasks.domain.events import Event
from tasks.domain.run import Run
from tasks.messages.words import Links
from tasks.seals import UNUSABLE, Seals
from tasks.store.outbox import Intent
from tasks.store.store import Store, Tx
from tasks.workspace.workspaces import Workspaces


@dataclass(frozen=True, slots=True)
class OutsidePorts:
    """The publisher's hands. No other process holds a client that can write.

    `reviewer_cap` is how many of our pull requests may wait for one person; 0: any number. `seals` sign links to connect an account.
    `user_repo` are people's default repositories, by their id in the chat.
    """

    chat: Chat
    code_host: CodeHost
    workspaces: Workspaces
    links: Links
    reviewer_cap: int = 0
    seals: Seals = UNUSABLE
    user_repo: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moment:
    """One intent to carry out: `then` is the run right after the event it follows from, `run` the run as it stands.

    `insist` is called right before a write that must not happen any more once the run was stopped: it asks SQL again and
    raises Cancelled. `waiting_for` counts the other pull requests of ours that this login was asked to review.
    `channel` says what its people set for it. `reactions` are all reactions that earlier states of this run may have left on its message.
    """

    intent: Intent
    then: Run
    run: Run
    now: datetime
    reactions: tuple[str, ...]
    insist: Callable[[], None]
    waiting_for: Callable[[str], int]
    channel: Callable[[], ChannelSettings] = lambda: USUAL

    @property
    def outbox_id(self) -> str:
        """Our id of this write, carried in the metadata of a post."""
        return f"{self.run.id}:{self.intent.id}"


Settled = Callable[[Tx], tuple[str, ...]]
"""What is stored with the end of a write that belongs to no run; returns the runs that somebody must be rung for."""

NoticeFunction = Callable[[Intent, OutsidePorts, Store], Settled | None]
EffectFunction = Callable[[Moment, OutsidePorts], Event | None]
