"""Slack's deliveries: verified over the raw bytes, then parsed into typed values. No I/O; junk never raises."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from integrations.signatures import Headers, SignatureCheck, decoded, same, single
from integrations.slack.inbound import (
    ButtonPressed,
    CommandTyped,
    FormSent,
    HomeOpened,
    Ignored,
    Inbound,
    MessageEdited,
    MessageHeard,
    OptionsAsked,
    ReactionHeard,
    SessionStopped,
    ShortcutUsed,
    UrlVerification,
)
from integrations.types.chat import ChatFile, MessageRef, ThreadRef

_MOST_FILES = 20
_TOKEN = re.compile(r"<([^<>]{1,3000})>")


@dataclass(frozen=True, slots=True)
class SlackSignature:
    """Slack's v0 scheme (https://docs.slack.dev/authentication/verifying-requests-from-slack).

    `max_age_s` is the window on both sides of our clock. Raises ValueError when the secret is empty.
    """

    secret: str
    max_age_s: int = 300

    def __post_init__(self) -> None:
        if not self.secret.strip():
            raise ValueError("the Slack signing secret is empty")

    def check(self, headers: Headers, body: bytes, *, now: float) -> SignatureCheck:
        """`now` is UNIX time in seconds. `headers` as pairs lets a repeated header be seen."""
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        stamp = single(pairs, "x-slack-request-timestamp")
        signature = single(pairs, "x-slack-signature")
        if stamp is None or signature is None:
            return SignatureCheck.missing
        if not re.fullmatch(r"[0-9]{1,12}", stamp) or not re.fullmatch(r"v0=[0-9a-f]{64}", signature):
            return SignatureCheck.malformed
        if abs(now - int(stamp)) > self.max_age_s:
            return SignatureCheck.stale
        base = b"v0:" + stamp.encode() + b":" + body
        digest = hmac.new(self.secret.encode(), base, hashlib.sha256).hexdigest()
        return SignatureCheck.ok if same(f"v0={digest}", signature) else SignatureCheck.mismatch


@dataclass(frozen=True, slots=True)
class SlackDelivery:
    """How this delivery came: `retry_num` is 0 at the first try, 1–3 when Slack tries again."""

    retry_num: int = 0
    retry_reason: str = ""


def delivery(headers: Headers) -> SlackDelivery:
    """The retry headers, zero and empty when they are missing or junk."""
    pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
    number = single(pairs, "x-slack-retry-num") or ""
    reason = single(pairs, "x-slack-retry-reason") or ""
    return SlackDelivery(int(number) if re.fullmatch(r"[0-9]{1,4}", number) else 0, reason)


def parse(body: bytes, *, bot_user_id: str) -> Inbound:
    """Any verified request body: JSON events, and interactions as the form field `payload`. Junk is Ignored."""
    if body.lstrip()[:1] == b"{":
        return parse_event(decoded(body), bot_user_id=bot_user_id)
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=100)
    except ValueError:
        return Ignored("neither JSON nor a form")
    payload = fields.get("payload", [""])[0]
    return parse_interaction(decoded(payload.encode())) if payload else Ignored("a form without payload")


def parse_event(payload: object, *, bot_user_id: str) -> Inbound:
    """An Events API request body (https://docs.slack.dev/apis/events-api), decoded from JSON."""
    body = _map(payload)
    if body.get("type") == "url_verification":
        return UrlVerification(_str(body, "challenge"))
    if body.get("type") != "event_callback":
        return Ignored("not an event")
    event = _map(body.get("event"))
    kind = _str(event, "type")
    if kind in ("app_mention", "message"):
        return _message(body, event, bot_user_id)
    if kind in ("reaction_added", "reaction_removed"):
        return _reaction(body, event, bot_user_id)
    if kind == "app_home_opened" and _str(event, "tab") == "home":
        return HomeOpened(_str(body, "event_id"), _str(body, "team_id"), _str(event, "user"))
    if kind == "agent_session_stopped":
        return _stopped(body, event)
    return Ignored(f"event {kind[:60]}" if kind else "no event type")


def parse_command(fields: object) -> CommandTyped | Ignored:
    """A slash command's form fields (https://docs.slack.dev/interactivity/implementing-slash-commands)."""
    body = _map(fields)
    typed = CommandTyped(
        command=_str(body, "command"),
        text=readable(_str(body, "text")),
        team=_str(body, "team_id"),
        channel=_str(body, "channel_id"),
        user=_str(body, "user_id"),
        trigger_id=_str(body, "trigger_id"),
        response_url=_str(body, "response_url"),
    )
    whole = typed.team and typed.channel and typed.user and typed.trigger_id
    return typed if whole else Ignored("a command without user, channel or trigger")


def parse_interaction(payload: object) -> Inbound:
    """The decoded `payload` field of an interaction (https://docs.slack.dev/interactivity/handling-user-interaction)."""
    body = _map(payload)
    team = _str(_map(body.get("team")), "id") or _str(_map(body.get("user")), "team_id")
    user = _str(_map(body.get("user")), "id")
    if body.get("type") == "block_suggestion":
        return OptionsAsked(_str(body, "action_id"), _str(body, "value"), team, user)
    if body.get("type") in ("shortcut", "message_action"):
        return _shortcut(body, team, user)
    if body.get("type") == "view_submission":
        return _form(body, team, user)
    if body.get("type") != "block_actions":
        return Ignored(f"interaction {_str(body, 'type')[:60]}")
    actions = body.get("actions")
    action = _map(actions[0]) if isinstance(actions, list) and actions else {}
    container, message = _map(body.get("container")), _map(body.get("message"))
    channel = _str(_map(body.get("channel")), "id") or _str(container, "channel_id")
    ts = _str(message, "ts") or _str(container, "message_ts")
    if not (user and channel and ts and action.get("action_id")):
        return Ignored("a click without user, message or action")
    thread_ts = _str(message, "thread_ts") or _str(container, "thread_ts") or ts
    name = _str(action, "action_id")
    chosen = _str(_map(action.get("selected_option")), "value")
    return ButtonPressed(
        id=f"{team}:{channel}:{ts}:{name}:{_str(action, 'action_ts')}:{user}",
        action=name,
        value=_str(action, "value") or chosen,
        user=user,
        thread=ThreadRef(team, channel, thread_ts),
        ref=MessageRef(channel, ts),
        trigger_id=_str(body, "trigger_id"),
        response_url=_str(body, "response_url"),
    )


def _shortcut(body: Mapping[str, Any], team: str, user: str) -> Inbound:
    """https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload"""
    callback, trigger = _str(body, "callback_id"), _str(body, "trigger_id")
    if not (team and user and callback and trigger):
        return Ignored("a shortcut without user or trigger")
    if body.get("type") == "shortcut":
        return ShortcutUsed(callback, team, user, trigger)
    message, channel = _map(body.get("message")), _str(_map(body.get("channel")), "id")
    ts = _str(message, "ts") or _str(body, "message_ts")
    if not (channel and ts):
        return Ignored("a shortcut on no message")
    named = (
        _str(message, "user") or _str(_map(message.get("bot_profile")), "name") or _str(message, "username")
    )
    thread = ThreadRef(team, channel, _str(message, "thread_ts") or ts)
    text = readable(_str(message, "text"))
    return ShortcutUsed(callback, team, user, trigger, MessageRef(channel, ts), thread, named, text)


def _form(body: Mapping[str, Any], team: str, user: str) -> Inbound:
    """https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload#view_submission"""
    view = _map(body.get("view"))
    entered = _map(_map(view.get("state")).get("values"))
    values = {
        str(action): _entered(_map(value))
        for block in entered.values()
        for action, value in _map(block).items()
    }
    named = f"{_str(view, 'id')}:{_str(view, 'hash')}"
    sent = FormSent(named, _str(view, "callback_id"), _str(view, "private_metadata"), team, user, values)
    return sent if sent.user and sent.callback and _str(view, "id") else Ignored("a view of nobody")


def _entered(value: Mapping[str, Any]) -> str:
    ticked = value.get("selected_options")
    if isinstance(ticked, list):
        return ",".join(_str(_map(option), "value") for option in ticked)
    chosen = _str(_map(value.get("selected_option")), "value")
    return (
        _str(value, "value") or chosen or _str(value, "selected_conversation") or _str(value, "selected_user")
    )


def _message(body: Mapping[str, Any], event: Mapping[str, Any], bot_user_id: str) -> Inbound:
    subtype = _str(event, "subtype")
    if subtype in ("message_changed", "message_deleted"):
        return _edited(body, event, bot_user_id)
    if subtype not in ("", "bot_message", "file_share", "me_message", "thread_broadcast"):
        return Ignored(f"message {subtype[:60]}")
    channel, ts, user = _str(event, "channel"), _str(event, "ts"), _str(event, "user")
    team = _str(body, "team_id") or _str(event, "team")
    if not (channel and ts):
        return Ignored("a message without channel or time")
    is_bot = bool(event.get("bot_id") or event.get("bot_profile")) or subtype == "bot_message"
    is_bot = is_bot or user in ("USLACKBOT", bot_user_id)
    if not user and not is_bot:
        return Ignored("a message of nobody")
    raw = _str(event, "text")
    thread_ts = _str(event, "thread_ts")
    mentioned = bool(bot_user_id) and re.search(rf"<@{re.escape(bot_user_id)}(?:\|[^<>]*)?>", raw) is not None
    home = _str(event, "user_team") or _str(event, "source_team") or team
    return MessageHeard(
        event_id=_str(body, "event_id"),
        thread=ThreadRef(team, channel, thread_ts or ts),
        ref=MessageRef(channel, ts),
        user=user,
        text=readable(raw, bot_user_id=bot_user_id),
        mentioned=mentioned or _str(event, "type") == "app_mention",
        in_thread=bool(thread_ts) and thread_ts != ts,
        kind=_str(event, "channel_type"),
        is_bot=is_bot,
        edited="edited" in event,
        outsider=home != team,
        files=_files(event),
    )


def _files(event: Mapping[str, Any]) -> tuple[ChatFile, ...]:
    """https://docs.slack.dev/reference/objects/file-object: one that is kept elsewhere, or gone, has no content to be had."""
    found = event.get("files")
    files = [_map(item) for item in found[:_MOST_FILES]] if isinstance(found, list) else []
    return tuple(
        ChatFile(
            _str(file, "id"),
            _str(file, "name") or "file",
            _str(file, "mimetype"),
            size if isinstance(size := file.get("size"), int) and not isinstance(size, bool) else 0,
            ""
            if file.get("is_external") is True
            else _str(file, "url_private_download") or _str(file, "url_private"),
        )
        for file in files
        if _str(file, "id")
    )


def _edited(body: Mapping[str, Any], event: Mapping[str, Any], bot_user_id: str) -> Inbound:
    deleted = _str(event, "subtype") == "message_deleted"
    message = _map(event.get("previous_message" if deleted else "message"))
    before = _map(event.get("previous_message"))
    if not deleted and _str(message, "text") == _str(before, "text"):
        return Ignored("an edit that leaves the text as it was")
    if message.get("bot_id"):
        return Ignored("an edit of a bot's message")
    ts = _str(event, "deleted_ts") if deleted else _str(message, "ts")
    return MessageEdited(
        event_id=_str(body, "event_id"),
        team=_str(body, "team_id"),
        ref=MessageRef(_str(event, "channel"), ts),
        user=_str(message, "user"),
        text="" if deleted else readable(_str(message, "text"), bot_user_id=bot_user_id),
        deleted=deleted,
        thread_ts=_str(message, "thread_ts") or ts,
    )


def _reaction(body: Mapping[str, Any], event: Mapping[str, Any], bot_user_id: str) -> Inbound:
    item = _map(event.get("item"))
    user = _str(event, "user")
    if item.get("type") != "message" or user == bot_user_id:
        return Ignored("a reaction of ours or not on a message")
    return ReactionHeard(
        event_id=_str(body, "event_id"),
        team=_str(body, "team_id"),
        ref=MessageRef(_str(item, "channel"), _str(item, "ts")),
        user=user,
        name=_str(event, "reaction").split("::", 1)[0],
        added=_str(event, "type") == "reaction_added",
    )


def _stopped(body: Mapping[str, Any], event: Mapping[str, Any]) -> Inbound:
    channel = _str(event, "channel") or _str(event, "channel_id")
    thread = ThreadRef(_str(body, "team_id"), channel, _str(event, "thread_ts"))
    if not (thread.channel and thread.thread_ts):
        return Ignored("a stop without a thread")
    return SessionStopped(_str(body, "event_id"), thread, _str(event, "user") or _str(event, "user_id"))


def readable(text: str, *, bot_user_id: str = "") -> str:
    """Slack's wire form as a person reads it: our mention gone, links as addresses, &amp; and its kin decoded."""
    bare = re.sub(rf"[ \t]*<@{re.escape(bot_user_id)}(?:\|[^<>]*)?>", "", text) if bot_user_id else text
    shown = _TOKEN.sub(_shown, bare)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _shown(token: re.Match[str]) -> str:
    """https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages"""
    target, _, label = token.group(1).partition("|")
    if target.startswith("@"):
        return f"@{label or target[1:]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or target[1:].split("^", 1)[0]
    if not label or label == target or target in (f"http://{label}", f"https://{label}", f"mailto:{label}"):
        return target.removeprefix("mailto:")
    return f"{label} ({target})"


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _str(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""
