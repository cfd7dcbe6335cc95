"""The changes to messages that both the app and people make, each with the events it causes."""

import uuid
from dataclasses import dataclass, field

from integrations.simulators.slack import events
from integrations.simulators.slack.config import Json
from integrations.simulators.slack.richtext import rich_text_block, typed, with_mentions
from integrations.simulators.slack.shapes import message_json
from integrations.simulators.slack.simulator import Simulator
from integrations.simulators.slack.workspace import Conversation, File, Message


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says. None keeps what an edited message had."""

    text: str | None = None
    blocks: list[Json] | None = None
    attachments: list[Json] | None = None
    metadata: Json | None = None


@dataclass(frozen=True, slots=True)
class Options:
    thread_ts: str | None = None
    broadcast: bool = False
    streaming: bool = False
    unfurl_links: bool = True
    client_msg_id: str | None = field(default=None)
    files: tuple[File, ...] = ()


def post(
    sim: Simulator, conversation: Conversation, user: str, content: Content, *, options: Options = Options()
) -> Message:
    """A new message by `user`; a reply when the options name a thread."""
    message = Message(
        channel=conversation.id,
        ts=sim.workspace.new_ts(conversation),
        user=user,
        text=content.text or "",
        thread_ts=options.thread_ts,
        blocks=with_block_ids(sim, content.blocks or []),
        attachments=content.attachments or [],
        metadata=content.metadata,
        from_app=user == sim.config.bot_user_id,
        client_msg_id=options.client_msg_id,
        streaming=options.streaming,
        broadcast=options.broadcast,
        unfurl_links=options.unfurl_links,
        files=list(options.files),
    )
    sim.workspace.add_message(message)
    events.message_posted(sim, message)
    return message


def upload(sim: Simulator, user: str, *, name: str, mimetype: str, content: bytes) -> File:
    """A file that is in the workspace, and not yet on a message."""
    file = File(f"F0{sim.workspace.serial():08d}", name, mimetype, content, user)
    sim.workspace.files[file.id] = file
    return file


def say(
    sim: Simulator,
    conversation: Conversation,
    user: str,
    text: str,
    *,
    thread_ts: str | None,
    files: tuple[File, ...] = (),
) -> Message:
    """A person's message: `@handles` become mentions and Slack's rich_text block is added."""
    wire = with_mentions(text, sim.workspace.users.values())
    content = Content(text=wire, blocks=[rich_text_block(wire, new_block_id(sim))])
    return post(
        sim,
        conversation,
        user,
        content,
        options=Options(thread_ts=thread_ts, client_msg_id=str(uuid.uuid4()), files=files),
    )


def as_typed(text: str) -> str:
    """What a person typed into the composer, in wire form but for mentions."""
    return typed(text)


def edit(sim: Simulator, message: Message, content: Content, *, by: str) -> Message:
    """Change a message in place; nothing is notified but `message_changed`."""
    previous = message_json(message, sim.config)
    if content.text is not None:
        message.text = content.text
    if content.blocks is not None:
        message.blocks = with_block_ids(sim, content.blocks)
    if content.attachments is not None:
        message.attachments = content.attachments
    if content.metadata is not None:
        message.metadata = content.metadata
    conversation = sim.workspace.conversations[message.channel]
    message.edits += 1
    message.edited = {"user": by, "ts": sim.workspace.new_ts(conversation)}
    sim.workspace.touch()
    events.message_changed(sim, message, previous)
    return message


def delete(sim: Simulator, message: Message) -> None:
    conversation = sim.workspace.conversations[message.channel]
    del conversation.messages[message.ts]
    sim.workspace.touch()
    events.message_deleted(sim, message)


def react(sim: Simulator, message: Message, name: str, *, user: str, add: bool = True) -> bool:
    """Add or remove one reaction; False when there was nothing to change."""
    users = message.reactions.get(name, [])
    if (user in users) == add:
        return False
    if add:
        message.reactions[name] = [*users, user]
    else:
        message.reactions[name] = [u for u in users if u != user]
        if not message.reactions[name]:
            del message.reactions[name]
    sim.workspace.touch()
    events.reaction(sim, message, name=name, user=user, added=add)
    return True


def new_block_id(sim: Simulator) -> str:
    return f"b{sim.workspace.serial():04x}"


def with_block_ids(sim: Simulator, blocks: list[Json]) -> list[Json]:
    """Slack names every block that came without a block_id, and every element without an action_id."""
    named = []
    for block in blocks:
        block = {"block_id": new_block_id(sim), **block}
        if isinstance(block.get("elements"), list) and block["type"] in ("actions", "context_actions"):
            block["elements"] = [{"action_id": new_block_id(sim), **element} for element in block["elements"]]
        named.append(block)
    return named
