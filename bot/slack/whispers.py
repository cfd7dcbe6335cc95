"""Immediate answers to one person: private, best effort, and never on the way of the 200 that Slack waits for."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient
from starlette.concurrency import run_in_threadpool

from bot.inbound import Decided, Press, Reacted, SessionStopped, Speech
from bot.replies import Reply
from integrations.slack import inbound as slack
from integrations.slack.forms import fields_form, start_form
from integrations.slack.modals import modal
from integrations.slack.mrkdwn import Redact
from integrations.types.chat import Dialogue, Form, OutgoingMessage, StartForm
from tasks.store.codec import UnknownEvent
from tasks.store.errors import StoreDown

log = structlog.get_logger(__name__)

Json = dict[str, Any]
DrawCard = Callable[[str], list[Json] | None]
"""Run id → its card as Block Kit, None where it cannot be shown; may ask SQL."""

Draw = Callable[[OutgoingMessage], list[Json]]
"""A message as Block Kit, secrets masked."""


class Whispers:
    """Sends replies in the background; `drain` waits for what is still under way."""

    def __init__(self, client: AsyncWebClient, draw_card: DrawCard, draw: Draw, redact: Redact) -> None:
        self._client = client
        self._redact = redact
        self._draw = draw
        self._draw_card = draw_card
        self._under_way: set[asyncio.Task[None]] = set()

    def to(self, heard: Speech | Reacted | SessionStopped, reply: Reply) -> None:
        """An ephemeral message where the person spoke."""
        if not self._client.token:
            return
        message = heard.message if not isinstance(heard, SessionStopped) else None
        thread = heard.thread if not isinstance(heard, Reacted) else None
        channel = message.channel if message else thread.channel if thread else ""
        place: Json = {"channel": channel, "user": heard.by.id}
        if thread and (message is None or thread.thread_ts != message.ts):
            place["thread_ts"] = thread.thread_ts
        self._later(self._post(place, reply))

    async def answer(self, pressed: slack.ButtonPressed, press: Press | Decided, reply: Reply) -> None:
        """To the person who pressed: a dialogue, or a sentence."""
        if (
            isinstance(press, Press)
            and reply.dialogue
            and await self._opened(pressed, press, reply.dialogue, reply)
        ):
            return
        if pressed.response_url:
            self._later(self._respond(pressed.response_url, reply))

    async def open_form(self, trigger_id: str, form: StartForm) -> bool:
        """Whether it was opened; the trigger lives three seconds."""
        return await self._open(trigger_id, start_form(form, redact=self._redact))

    async def open_fields(self, trigger_id: str, form: Form) -> bool:
        """The same for a form of fields."""
        return await self._open(trigger_id, fields_form(form, redact=self._redact))

    async def drain(self) -> None:
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _post(self, place: Json, reply: Reply) -> None:
        try:
            await self._client.chat_postEphemeral(**place, text=reply.text, blocks=await self.drawn(reply))
        except (SlackClientError, OSError, TimeoutError) as failure:
            log.warning("whisper not delivered", failure=type(failure).__name__)

    async def _respond(self, url: str, reply: Reply) -> None:
        try:
            await AsyncWebhookClient(url, timeout=5).send(
                text=reply.text,
                response_type="ephemeral",
                replace_original=reply.replaces,
                blocks=await self.drawn(reply),
            )
        except (SlackClientError, OSError, TimeoutError) as failure:
            log.warning("answer not delivered", failure=type(failure).__name__)

    async def drawn(self, reply: Reply) -> list[Json] | None:
        """What a reply shows besides its sentence."""
        if reply.content:
            return self._draw(reply.content)
        if not reply.card_of:
            return stop_buttons(reply)
        try:
            return await run_in_threadpool(self._draw_card, reply.card_of)
        except (StoreDown, UnknownEvent):
            return None

    async def _opened(
        self, pressed: slack.ButtonPressed, press: Press, dialogue: Dialogue, reply: Reply
    ) -> bool:
        """Opens the dialogue; the trigger lives three seconds (https://docs.slack.dev/surfaces/modals)."""
        if not (self._client.token and pressed.trigger_id):
            return False
        where = press.thread
        about = {"t": reply.run_id, "team": where.team, "channel": where.channel, "thread": where.thread_ts}
        held = {**about, "v": reply.version} if reply.version is not None else about
        return await self._open(pressed.trigger_id, modal(dialogue, held))

    async def _open(self, trigger_id: str, view: Json) -> bool:
        if not (self._client.token and trigger_id):
            return False
        try:
            async with asyncio.timeout(2.0):
                await self._client.views_open(trigger_id=trigger_id, view=view)
        except (SlackClientError, OSError, TimeoutError) as failure:
            log.warning("dialogue not opened", failure=type(failure).__name__)
            return False
        return True


def stop_buttons(reply: Reply) -> list[Json] | None:
    """None where the sentence is all there is."""
    if not reply.stop_choices:
        return _choices(reply)
    buttons = [
        {
            "type": "button",
            "action_id": "task_stop",
            "style": "danger",
            "text": {"type": "plain_text", "text": f"Stop {run_id}"},
            "value": json.dumps({"t": run_id}),
        }
        for run_id in reply.stop_choices[:5]
    ]
    return [
        {"type": "section", "text": {"type": "plain_text", "text": reply.text}},
        {
            "type": "actions",
            "elements": [{**b, "action_id": f"task_stop_{n}"} for n, b in enumerate(buttons)],
        },
    ]


def _choices(reply: Reply) -> list[Json] | None:
    if not reply.choices:
        return None
    buttons = [
        {
            "type": "button",
            "action_id": choice.action,
            "text": {"type": "plain_text", "text": choice.label},
            "value": choice.value,
        }
        for choice in reply.choices
    ]
    said = {"type": "section", "text": {"type": "plain_text", "text": reply.text}}
    return [said, {"type": "actions", "elements": buttons}]
