"""The state of the simulated workspace, in memory: conversations, messages, sessions, views, triggers."""

import asyncio
import itertools
import secrets
from dataclasses import dataclass, field

from integrations.simulators.slack.config import Json, SimChannel, SimUser, SlackSimConfig


@dataclass(slots=True)
class File:
    """A file that somebody uploaded; its content is handed out to whoever has the bot's token."""

    id: str
    name: str
    mimetype: str
    content: bytes
    user: str


@dataclass(slots=True)
class Message:
    """One message. `thread_ts` names the root for a reply and is None for a root."""

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str | None = None
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    from_app: bool = False
    client_msg_id: str | None = None
    edited: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    streaming: bool = False
    broadcast: bool = False
    unfurl_links: bool = True
    edits: int = 0
    files: list[File] = field(default_factory=list)

    @property
    def root_ts(self) -> str:
        return self.thread_ts or self.ts


@dataclass(slots=True)
class Ephemeral:
    """A message only one person sees; it is not in any history and has no reactions."""

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str | None
    blocks: list[Json]


@dataclass(slots=True)
class Conversation:
    """A channel, private channel or direct message with its messages by ts."""

    seed: SimChannel
    members: list[str]
    messages: dict[str, Message] = field(default_factory=dict)
    last_ts: tuple[int, int] = (0, 0)

    @property
    def id(self) -> str:
        return self.seed.id

    @property
    def kind(self) -> str:
        """`im`, `group` or `channel`: the `channel_type` of message events."""
        if self.seed.is_im:
            return "im"
        return "group" if self.seed.is_private else "channel"

    def roots(self) -> list[Message]:
        return [m for m in self.messages.values() if m.thread_ts is None or m.broadcast]

    def replies(self, root_ts: str) -> list[Message]:
        return [m for m in self.messages.values() if m.thread_ts == root_ts]


@dataclass(slots=True)
class Session:
    """An agent session: https://docs.slack.dev/ai/agent-sessions."""

    channel: str
    thread_ts: str
    status: str
    title: str | None
    initiator: str | None
    history: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class View:
    """An open modal or a published home tab. `values` is what the person has entered so far."""

    id: str
    user: str
    body: Json
    root_id: str
    previous_id: str | None = None
    hash: str = ""
    values: Json = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class ResponseTarget:
    """What a response_url stands for: five uses within 30 minutes."""

    channel: str
    user: str
    ts: str | None
    thread_ts: str | None
    ephemeral: bool
    expires_at: float
    uses_left: int = 5


class Workspace:
    """All state of one team. Not thread-safe: it lives in one event loop."""

    def __init__(self, config: SlackSimConfig) -> None:
        self.config = config
        self.users: dict[str, SimUser] = {user.id: user for user in config.users}
        self.conversations: dict[str, Conversation] = {
            seed.id: Conversation(seed, list(seed.members)) for seed in config.channels
        }
        self.ephemerals: list[Ephemeral] = []
        self.sessions: dict[tuple[str, str], Session] = {}
        self.views: dict[str, View] = {}
        self.modal_stacks: dict[str, list[str]] = {}
        self.homes: dict[str, str] = {}
        self.files: dict[str, File] = {}
        self.triggers: dict[str, tuple[str, float]] = {}
        self.response_targets: dict[str, ResponseTarget] = {}
        self.offered: dict[tuple[str, str], list[Json]] = {}
        self.version = 0
        self.closed = False
        self._changed = asyncio.Event()
        self._serial = itertools.count(1)

    def touch(self) -> None:
        """Tell watchers that something a person could see has changed."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def close(self) -> None:
        """Let every watcher finish: the simulator is stopping."""
        self.closed = True
        self.touch()

    async def wait_for_change(self, seen: int, timeout_s: float) -> int:
        """The version as soon as it differs from `seen`, or after `timeout_s`."""
        if self.version == seen:
            try:
                await asyncio.wait_for(self._changed.wait(), timeout_s)
            except TimeoutError:
                return self.version
        return self.version

    def serial(self) -> int:
        return next(self._serial)

    def new_ts(self, conversation: Conversation) -> str:
        """A timestamp that is unique in its conversation and always grows: `1795185120.000100`."""
        second = int(self.config.now())
        last_second, count = conversation.last_ts
        second, count = (second, 1) if second > last_second else (last_second, count + 1)
        conversation.last_ts = (second, count)
        return f"{second}.{count * 100:06d}"

    def add_message(self, message: Message) -> Message:
        self.conversations[message.channel].messages[message.ts] = message
        self.touch()
        return message

    def find(self, channel: str, ts: str) -> Message | None:
        conversation = self.conversations.get(channel)
        return conversation.messages.get(ts) if conversation else None

    def find_ephemeral(self, channel: str, ts: str) -> Ephemeral | None:
        return next((e for e in self.ephemerals if e.channel == channel and e.ts == ts), None)

    def direct_message(self, user: str) -> Conversation:
        """The conversation between the bot and `user`, made when there is none."""
        bot = self.config.bot_user_id
        for conversation in self.conversations.values():
            if conversation.seed.is_im and set(conversation.members) == {user, bot}:
                return conversation
        seed = SimChannel(f"D0{self.serial():08d}", "", (user, bot), is_im=True)
        self.conversations[seed.id] = Conversation(seed, [user, bot])
        self.touch()
        return self.conversations[seed.id]

    def new_trigger(self, user: str) -> str:
        """A trigger_id for `user`; it opens one view within `trigger_lifetime_s`."""
        trigger = f"{self.serial()}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.triggers[trigger] = (user, self.config.now() + self.config.trigger_lifetime_s)
        return trigger
