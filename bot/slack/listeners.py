"""Bolt's listeners: each turns a verified payload into an inbound value, hands it to intake, and answers."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from starlette.concurrency import run_in_threadpool

from bot import commands, replies, routing
from bot.drafts import GRACE, START_REACTION
from bot.inbound import (
    ChannelSet,
    Decided,
    Filled,
    FromPerson,
    Pointed,
    Press,
    Reacted,
    SessionStopped,
    Speech,
    Typed,
)
from bot.intake import Intake
from bot.slack.arrivals import DIALOGUES, arrival, sent_off
from bot.slack.people import People
from bot.slack.places import Places
from bot.slack.whispers import Whispers
from bot.storable import storable
from bot.taken import Taken
from integrations.slack import inbound as slack
from integrations.slack.forms import START
from integrations.slack.webhook import parse_command, parse_event, parse_interaction
from tasks.messages import channel_form
from tasks.settings import Settings
from tasks.store.codec import UnknownEvent
from tasks.store.errors import StoreDown

log = structlog.get_logger(__name__)

ANYTHING = re.compile(r".*", re.DOTALL)
MAX_OPTIONS = 100
JUST_BEHIND_S = 0.05


class Listeners:
    """What Bolt calls. Every arrival is stored before Slack gets its 200 (process_before_response)."""

    def __init__(
        self, *, intake: Intake, whispers: Whispers, people: People, places: Places, settings: Settings
    ) -> None:
        self._intake = intake
        self._whispers = whispers
        self._people = people
        self._places = places
        self._settings = settings
        self._waiting: set[asyncio.Task[None]] = set()

    async def event(self, body: dict[str, Any]) -> None:
        """Everything of the Events API."""
        heard = parse_event(body, bot_user_id=self._bot_user(body))
        inbound = await self._understood(heard, str(body.get("team_id", "")))
        if inbound is None:
            return
        taken = await self._take(inbound)
        if taken.outcome == "draft" and isinstance(inbound, Reacted):
            waiting = asyncio.create_task(self._begin(GRACE.total_seconds()))
            self._waiting.add(waiting)
            waiting.add_done_callback(self._waiting.discard)
        if taken.reply and isinstance(inbound, Speech | Reacted | SessionStopped):
            self._whispers.to(inbound, taken.reply)

    async def action(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """Buttons and menus. A link button arrives here too and means nothing more."""
        heard = parse_interaction(body)
        inbound = await self._understood(heard, "")
        if isinstance(inbound, Press | Decided) and isinstance(heard, slack.ButtonPressed):
            taken = await self._take(inbound)
            if taken.reply:
                await self._whispers.answer(heard, inbound, taken.reply)
        await ack()

    async def options(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """What the repository search box offers for the letters typed so far: nothing to whom nobody knows."""
        heard = parse_interaction(body)
        asked = heard if isinstance(heard, slack.OptionsAsked) else None
        letters = asked.value.lower() if asked else ""
        whose = (asked.team, asked.user) if asked else ("", "")
        known = await run_in_threadpool(self._intake.is_linked, storable(whose))
        named = self._settings.repos if known else ()
        found = [name for name in named if letters in name.lower()][:MAX_OPTIONS]
        shown = [{"text": {"type": "plain_text", "text": n[:75]}, "value": n} for n in found if len(n) <= 75]
        await ack(options=shown)

    async def submitted(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """A dialogue of ours was sent off: what a button had to be told in words."""
        press = storable(sent_off(body))
        taken = await self._take(press) if press else Taken("ignored")
        if taken.reply:
            await ack(response_action="errors", errors={"reason": taken.reply.text})
        else:
            await ack()

    async def _begin(self, after_s: float) -> None:
        await asyncio.sleep(after_s + JUST_BEHIND_S)
        await self._intake.begin_due()

    async def shortcut(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """What it was used on is stored as it stands, and the form is opened while the trigger lives."""
        heard = parse_interaction(body)
        inbound = await self._understood(heard, "")
        if isinstance(heard, slack.ShortcutUsed) and isinstance(inbound, Pointed):
            if inbound.message:
                inbound = replace(inbound, member=await self._places.member(inbound.message.channel))
            taken = await self._take(inbound)
            if taken.reply and taken.reply.form:
                await self._whispers.open_form(heard.trigger_id, taken.reply.form)
        await ack()

    async def filled(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """The form was sent off: stored, and only then closed."""
        inbound = await self._understood(parse_interaction(body), "")
        taken = Taken("ignored")
        if isinstance(inbound, Filled):
            where = inbound.channel or await self._intake.place_of(inbound.draft)
            taken = await self._take(replace(inbound, member=await self._places.member(where)))
        elif isinstance(inbound, ChannelSet):
            taken = await self._take(inbound)
        if taken.reply:
            await ack(response_action="errors", errors={taken.reply.field: taken.reply.text})
        else:
            await ack()

    async def command(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """`/sortie …`: stored, and only then answered; the 200 itself carries what only this person sees."""
        inbound = await self._understood(parse_command(body), "")
        if not isinstance(inbound, Typed):
            await ack(text=commands.help_text("@sortie", slash=True))
            return
        if inbound.text.strip() and commands.parse(inbound.text) is None:
            inbound = replace(inbound, member=await self._places.member(inbound.channel))
        taken = await self._take(inbound)
        reply = taken.reply or replies.seen_before()
        if reply.fields and await self._whispers.open_fields(str(body.get("trigger_id", "")), reply.fields):
            await ack()
            return
        await ack(text=reply.text, blocks=await self._whispers.drawn(reply))

    async def failed(self, error: Exception) -> BoltResponse:
        """Without SQL, or about a run of a newer version, the answer is 503 and Slack sends it again; else it is our bug."""
        if isinstance(error, StoreDown | UnknownEvent):
            return BoltResponse(status=503, body="")
        log.error("slack listener failed", exc_info=error)
        return BoltResponse(status=500, body="")

    async def _take(self, inbound: FromPerson) -> Taken:
        return await self._intake.take(inbound)

    async def _understood(self, heard: slack.Inbound, team: str) -> FromPerson | None:
        inbound = storable(arrival(heard, team=team))
        if isinstance(inbound, str):
            log.debug("not ours", reason=inbound)
            return None
        if _would_stop(inbound) and await self._people.restricted(inbound.by.id):
            again = storable(arrival(heard, team=team, restricted=True))
            return None if isinstance(again, str) else again
        return inbound

    def _bot_user(self, body: dict[str, Any]) -> str:
        """Our own user id: from the settings, else as Slack says it with every event."""
        if self._settings.slack.bot_user_id:
            return self._settings.slack.bot_user_id
        granted = body.get("authorizations")
        first = granted[0] if isinstance(granted, list) and granted else {}
        return str(first.get("user_id", "")) if isinstance(first, dict) else ""


def _would_stop(inbound: FromPerson) -> bool:
    """Only a stop and feedback need to know whether a person is a guest: all else needs a linked account anyway."""
    match inbound:
        case Typed(text=text):
            return bool(text.strip())
        case Pointed() | Filled() | ChannelSet():
            return True
        case Speech(addressed=True, by_app=False, text=text):
            command = commands.parse(text)
            return command is not None and command.verb == "stop"
        case Press(action="task_stop" | "fb") | SessionStopped():
            return True
        case Reacted(name=name):
            return name in (routing.STOP_REACTION, START_REACTION)
    return False


def bolt_app(listeners: Listeners) -> AsyncApp:
    """A Bolt app without its own signature check: bot/slack/door.py has made it, on the raw bytes."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token="")

    app = AsyncApp(
        name="sortie",
        client=AsyncWebClient(),
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    app.event(ANYTHING)(listeners.event)
    app.action(ANYTHING)(listeners.action)
    app.options(ANYTHING)(listeners.options)
    for dialogue in sorted(DIALOGUES):
        app.view(dialogue)(listeners.submitted)
    app.view(START)(listeners.filled)
    app.view(channel_form.CALLBACK)(listeners.filled)
    app.shortcut(ANYTHING)(listeners.shortcut)
    app.command(ANYTHING)(listeners.command)
    app.error(listeners.failed)
    return app
