"""A post that could not be written where it belongs, as a direct message: the same words, and only buttons that open something."""

from dataclasses import replace
from datetime import datetime

from integrations.types.chat import (
    Button,
    Buttons,
    ChannelMention,
    Context,
    Feedback,
    OutgoingMessage,
    Part,
    Plain,
)
from tasks.domain.run import Run
from tasks.messages import chat
from tasks.messages.words import Links


def told_directly(name: str, run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """Orders are given in the thread, where others see them: here are only links."""
    message = chat.post(name, run, now=now, links=links)
    place = run.request.chat
    where = (ChannelMention(place.thread.channel),) if place else (Plain("the thread"),)
    why = Context("why", (Plain("I could not post this in "), *where, Plain(", so I tell you here.")))
    return replace(message, parts=(*(p for part in message.parts if (p := _links_only(part))), why))


def _links_only(part: Part) -> Part | None:
    if isinstance(part, Feedback):
        return None
    if not isinstance(part, Buttons):
        return part
    kept = tuple(item for item in part.items if isinstance(item, Button) and item.url)
    return Buttons(part.key, kept) if kept else None
