"""What the page shows, computed from the workspace for one viewer."""

from dataclasses import dataclass

from integrations.simulators.slack.config import Json, SimUser
from integrations.simulators.slack.page.mrkdwn import Names
from integrations.simulators.slack.simulator import Simulator
from integrations.simulators.slack.workspace import Conversation, Ephemeral, Message, Session, View

_GROUP_WITHIN_S = 300


@dataclass(frozen=True, slots=True)
class Tally:
    """One reaction of a message: who gave it, by id and by name."""

    name: str
    user_ids: tuple[str, ...]
    who: str


@dataclass(frozen=True, slots=True)
class Row:
    """One message as shown. `joined` means: same author as just before, so no heading."""

    message: Message | Ephemeral
    author: SimUser
    joined: bool
    new_day: bool
    reply_count: int = 0
    repliers: tuple[SimUser, ...] = ()
    last_reply: str | None = None
    session: Session | None = None
    tallies: tuple[Tally, ...] = ()

    @property
    def ephemeral(self) -> bool:
        return isinstance(self.message, Ephemeral)

    @property
    def key(self) -> str:
        return f"m-{self.message.ts.replace('.', '-')}{'-e' if self.ephemeral else ''}"


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the channel list."""

    id: str
    name: str
    kind: str
    topic: str
    people: int


def names(sim: Simulator) -> Names:
    return Names(
        {user.id: user.real_name for user in sim.workspace.users.values()},
        {c.id: c.seed.name for c in sim.workspace.conversations.values() if not c.seed.is_im},
    )


def people(sim: Simulator) -> list[SimUser]:
    """Those whom a person at the page may act as."""
    return [user for user in sim.workspace.users.values() if not user.is_bot and not user.deleted]


def places(sim: Simulator, viewer: SimUser) -> list[Place]:
    """The conversations the viewer is in: channels first, then direct messages."""
    mine = [c for c in sim.workspace.conversations.values() if viewer.id in c.members]
    return [place(sim, c, viewer) for c in sorted(mine, key=lambda c: c.seed.is_im)]


def place(sim: Simulator, conversation: Conversation, viewer: SimUser) -> Place:
    seed = conversation.seed
    name = seed.name
    if seed.is_im:
        other = next((m for m in conversation.members if m != viewer.id), viewer.id)
        name = sim.workspace.users[other].real_name
    return Place(seed.id, name, conversation.kind, seed.topic, len(conversation.members))


def timeline(sim: Simulator, conversation: Conversation, viewer: SimUser) -> list[Row]:
    """The channel's roots, oldest first, with what only the viewer sees."""
    shown: list[Message | Ephemeral] = [*conversation.roots(), *_private(sim, conversation, viewer, None)]
    return _rows(sim, conversation, shown, counted=True)


def thread(sim: Simulator, conversation: Conversation, viewer: SimUser, root_ts: str) -> list[Row]:
    """The root and its replies, oldest first, with what only the viewer sees."""
    root = conversation.messages.get(root_ts)
    shown: list[Message | Ephemeral] = [
        *([root] if root else []),
        *conversation.replies(root_ts),
        *_private(sim, conversation, viewer, root_ts),
    ]
    return _rows(sim, conversation, shown, counted=False)


def top_modal(sim: Simulator, viewer: SimUser) -> View | None:
    stack = sim.workspace.modal_stacks.get(viewer.id)
    return sim.workspace.views[stack[-1]] if stack else None


def finished(block: Json) -> int:
    """How many tasks of a plan block are complete."""
    return sum(task.get("status") == "complete" for task in block.get("tasks", []))


def _private(
    sim: Simulator, conversation: Conversation, viewer: SimUser, root_ts: str | None
) -> list[Ephemeral]:
    return [
        e
        for e in sim.workspace.ephemerals
        if e.channel == conversation.id and e.user == viewer.id and e.thread_ts == root_ts
    ]


def _rows(
    sim: Simulator, conversation: Conversation, shown: list[Message | Ephemeral], *, counted: bool
) -> list[Row]:
    rows: list[Row] = []
    before: Message | Ephemeral | None = None
    for message in sorted(shown, key=lambda m: m.ts):
        author_id = sim.config.bot_user_id if isinstance(message, Ephemeral) else message.user
        day_changes = before is None or int(float(before.ts) // 86400) != int(float(message.ts) // 86400)
        replies = conversation.replies(message.ts) if counted and isinstance(message, Message) else []
        rows.append(
            Row(
                message=message,
                author=sim.workspace.users[author_id],
                joined=before is not None and not day_changes and _joined(before, message, author_id),
                new_day=day_changes,
                reply_count=len(replies),
                repliers=tuple(sim.workspace.users[u] for u in dict.fromkeys(r.user for r in replies)),
                last_reply=replies[-1].ts if replies else None,
                session=sim.workspace.sessions.get((conversation.id, message.ts)) if replies else None,
                tallies=_tallies(sim, message),
            )
        )
        before = message
    return rows


def _tallies(sim: Simulator, message: Message | Ephemeral) -> tuple[Tally, ...]:
    if isinstance(message, Ephemeral):
        return ()
    users = sim.workspace.users
    return tuple(
        Tally(name, tuple(ids), ", ".join(users[i].real_name for i in ids))
        for name, ids in message.reactions.items()
    )


def _joined(before: Message | Ephemeral, message: Message | Ephemeral, author_id: str) -> bool:
    if isinstance(before, Ephemeral) or isinstance(message, Ephemeral) or message.from_app:
        return False
    return before.user == author_id and float(message.ts) - float(before.ts) < _GROUP_WITHIN_S
