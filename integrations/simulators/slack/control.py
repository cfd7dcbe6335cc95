"""The control API under `/_sim`: people act, faults are ordered, logs are read. Not part of Slack."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict

from integrations.simulators.slack import events, interactions, modals, posting
from integrations.simulators.slack.config import Json
from integrations.simulators.slack.delivery import Delivery
from integrations.simulators.slack.interactions import Click
from integrations.simulators.slack.posting import Content
from integrations.simulators.slack.richtext import rich_text_block, with_mentions
from integrations.simulators.slack.simulator import Simulator
from integrations.simulators.slack.workspace import Conversation, Message

router = APIRouter(prefix="/_sim")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewFile(_Body):
    """`content` is text; `size` makes a file of so many zeros instead."""

    name: str
    mimetype: str = "text/plain"
    content: str = ""
    size: int = 0


class NewMessage(_Body):
    """`typed` escapes `& < >` and wraps links, as the composer does; otherwise `text` is wire text."""

    user: str
    channel: str
    text: str
    thread_ts: str | None = None
    typed: bool = False
    files: list[NewFile] = []


class Reaction(_Body):
    user: str
    channel: str
    ts: str
    name: str
    remove: bool = False


class Edit(_Body):
    channel: str
    ts: str
    text: str


class Deletion(_Body):
    channel: str
    ts: str


class ClickBody(_Body):
    user: str
    action_id: str
    channel: str | None = None
    ts: str | None = None
    view_id: str | None = None
    block_id: str | None = None
    value: Any = None

    def click(self) -> Click:
        return Click(**self.model_dump())


class OptionsBody(ClickBody):
    query: str = ""

    def click(self) -> Click:
        return Click(**self.model_dump(exclude={"query"}))


class Submission(_Body):
    user: str
    view_id: str
    values: dict[str, Any] = {}


class Closing(_Body):
    user: str
    view_id: str


class SessionStop(_Body):
    user: str
    channel: str
    thread_ts: str


class Command(_Body):
    user: str
    channel: str
    command: str
    text: str = ""


class ShortcutUse(_Body):
    user: str
    callback_id: str
    channel: str | None = None
    ts: str | None = None


class HomeOpening(_Body):
    user: str
    tab: str = "home"


class Membership(_Body):
    user: str
    channel: str


@router.post("/messages")
async def say(body: NewMessage, request: Request) -> Json:
    """A person writes; `@handle` of a known user becomes a mention. Answers channel and ts."""
    sim = simulator(request)
    conversation = _conversation(sim, body.channel, body.user)
    if body.thread_ts is not None and body.thread_ts not in conversation.messages:
        raise HTTPException(404, "thread_not_found")
    thread_ts = conversation.messages[body.thread_ts].root_ts if body.thread_ts else None
    text = posting.as_typed(body.text) if body.typed else body.text
    files = tuple(
        posting.upload(
            sim, body.user, name=f.name, mimetype=f.mimetype, content=f.content.encode() or b"0" * f.size
        )
        for f in body.files
    )
    message = posting.say(sim, conversation, body.user, text, thread_ts=thread_ts, files=files)
    return {"ok": True, "channel": message.channel, "ts": message.ts, "thread_ts": message.thread_ts}


@router.post("/reactions")
async def react(body: Reaction, request: Request) -> Json:
    sim = simulator(request)
    _conversation(sim, body.channel, body.user)
    message = _message(sim, body.channel, body.ts)
    return {"ok": posting.react(sim, message, body.name.strip(":"), user=body.user, add=not body.remove)}


@router.post("/edit")
async def edit(body: Edit, request: Request) -> Json:
    """The author changes the text of a message."""
    sim = simulator(request)
    message = _message(sim, body.channel, body.ts)
    wire = with_mentions(body.text, sim.workspace.users.values())
    content = Content(text=wire, blocks=[rich_text_block(wire, posting.new_block_id(sim))])
    posting.edit(sim, message, content, by=message.user)
    return {"ok": True}


@router.post("/delete")
async def delete(body: Deletion, request: Request) -> Json:
    sim = simulator(request)
    posting.delete(sim, _message(sim, body.channel, body.ts))
    return {"ok": True}


@router.post("/click")
async def click(body: ClickBody, request: Request) -> Json:
    """Use a button or menu (`value`: the chosen option's value); waits for the app's answer."""
    return _delivered(await interactions.click(simulator(request), body.click()))


@router.post("/options")
async def options(body: OptionsBody, request: Request) -> Json:
    """Type into an external_select; answers the options the app offers."""
    return {
        "ok": True,
        "options": await interactions.options(simulator(request), body.click(), query=body.query),
    }


@router.post("/views/submit")
async def submit(body: Submission, request: Request) -> Json:
    """Submit an open modal; `values` maps action_id to what was entered."""
    sim = simulator(request)
    delivery = await modals.submit(sim, user=body.user, view_id=body.view_id, values=body.values)
    view = sim.workspace.views[body.view_id]
    if delivery is None:
        return {"ok": False, "errors": view.errors}
    return {**_delivered(delivery), "errors": view.errors}


@router.post("/views/close")
async def close_view(body: Closing, request: Request) -> Json:
    delivery = await modals.close(simulator(request), user=body.user, view_id=body.view_id)
    return {"ok": True} if delivery is None else _delivered(delivery)


@router.post("/sessions/stop")
async def stop_session(body: SessionStop, request: Request) -> Json:
    """A person presses the native Stop of a processing session."""
    sim = simulator(request)
    _conversation(sim, body.channel, body.user)
    session = sim.workspace.sessions.get((body.channel, body.thread_ts))
    if session is None or session.status != "processing":
        raise HTTPException(409, "the session is not processing, so there is no Stop")
    events.session_stopped(sim, channel=body.channel, thread_ts=body.thread_ts, user=body.user)
    return {"ok": True}


@router.post("/commands")
async def command(body: Command, request: Request) -> Json:
    """A person sends a slash command from a channel (Slack hides custom ones inside threads)."""
    sim = simulator(request)
    conversation = _conversation(sim, body.channel, body.user)
    if body.command not in sim.config.commands:
        raise HTTPException(404, f"{body.command} is not a valid command")
    delivery = await interactions.command(
        sim, user=body.user, conversation=conversation, name=body.command, text=body.text
    )
    return _delivered(delivery)


@router.post("/shortcuts")
async def shortcut(body: ShortcutUse, request: Request) -> Json:
    """A global shortcut, or with channel and ts a message shortcut."""
    sim = simulator(request)
    message = _message(sim, body.channel, body.ts or "") if body.channel else None
    delivery = await interactions.shortcut(sim, user=body.user, callback_id=body.callback_id, message=message)
    return _delivered(delivery)


@router.post("/home")
async def open_home(body: HomeOpening, request: Request) -> Json:
    """A person opens the app's home (or messages) tab."""
    sim = simulator(request)
    if body.user not in sim.workspace.users:
        raise HTTPException(404, "user_not_found")
    events.home_opened(sim, user=body.user, tab=body.tab)
    return {"ok": True}


@router.post("/members")
async def add_member(body: Membership, request: Request) -> Json:
    """Someone (or the bot, after /invite) joins a channel."""
    sim = simulator(request)
    conversation = sim.workspace.conversations.get(body.channel)
    if conversation is None or body.user not in sim.workspace.users:
        raise HTTPException(404, "channel_not_found or user_not_found")
    if body.user not in conversation.members:
        conversation.members.append(body.user)
        sim.workspace.touch()
        events.member_joined(sim, conversation, body.user)
    return {"ok": True}


def simulator(request: Request) -> Simulator:
    sim: Simulator = request.app.state.sim
    return sim


def _conversation(sim: Simulator, channel: str, user: str) -> Conversation:
    """The conversation by id or `#name`, seen by a member; 404 otherwise."""
    name = channel.removeprefix("#")
    for conversation in sim.workspace.conversations.values():
        if channel == conversation.id or (name and name == conversation.seed.name):
            if user in conversation.members:
                return conversation
            raise HTTPException(403, f"{user} is not in {channel}")
    raise HTTPException(404, f"channel_not_found: {channel}")


def _message(sim: Simulator, channel: str, ts: str) -> Message:
    message = sim.workspace.find(channel, ts)
    if message is None:
        raise HTTPException(404, "message_not_found")
    return message


def _delivered(delivery: Delivery) -> Json:
    """`ok` is whether the app answered 2xx in time; a person would see a warning sign otherwise."""
    last = delivery.attempts[-1] if delivery.attempts else None
    return {
        "ok": delivery.state == "delivered",
        "delivery": delivery.id,
        "status": last.status if last else None,
        "reason": last.reason if last else delivery.state,
        "answer": delivery.answer,
    }
