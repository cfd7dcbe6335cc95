"""Events API payloads and who gets them: https://docs.slack.dev/apis/events-api"""

import base64
import json

from integrations.simulators.slack.config import Json
from integrations.simulators.slack.shapes import message_json, view_json
from integrations.simulators.slack.simulator import Simulator
from integrations.simulators.slack.workspace import Conversation, Message

_SUBSCRIPTION = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}


def message_posted(sim: Simulator, message: Message) -> None:
    """`message`, and `app_mention` too when a person mentions the app outside a direct message."""
    conversation = sim.workspace.conversations[message.channel]
    body = message_json(message, sim.config)
    if message.thread_ts:
        root = sim.workspace.find(message.channel, message.thread_ts)
        body["parent_user_id"] = root.user if root else message.user
    body |= {"channel": message.channel, "event_ts": message.ts}
    if message.files:
        body["subtype"] = "file_share"
    if message.broadcast:
        body["subtype"] = "thread_broadcast"
    _message_event(sim, conversation, body)
    mentioned = (
        f"<@{sim.config.bot_user_id}>" in message.text or f"<@{sim.config.bot_user_id}|" in message.text
    )
    if mentioned and conversation.kind != "im":
        mention = {k: value for k, value in body.items() if k not in ("parent_user_id", "subtype")}
        _emit(sim, conversation, "app_mention", {**mention, "type": "app_mention"})


def message_changed(sim: Simulator, message: Message, previous: Json) -> None:
    """`message` with subtype `message_changed`; `previous` is the message as it was."""
    conversation = sim.workspace.conversations[message.channel]
    ts = sim.workspace.new_ts(conversation)
    body: Json = {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "message": message_json(message, sim.config),
        "previous_message": previous,
        "channel": message.channel,
        "ts": ts,
        "event_ts": ts,
    }
    _message_event(sim, conversation, body)


def message_deleted(sim: Simulator, message: Message) -> None:
    """`message` with subtype `message_deleted`."""
    conversation = sim.workspace.conversations[message.channel]
    ts = sim.workspace.new_ts(conversation)
    body: Json = {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "deleted_ts": message.ts,
        "previous_message": message_json(message, sim.config),
        "channel": message.channel,
        "ts": ts,
        "event_ts": ts,
    }
    _message_event(sim, conversation, body)


def reaction(sim: Simulator, message: Message, *, name: str, user: str, added: bool) -> None:
    """`reaction_added` or `reaction_removed`."""
    conversation = sim.workspace.conversations[message.channel]
    kind = "reaction_added" if added else "reaction_removed"
    body: Json = {
        "type": kind,
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "item_user": message.user,
        "event_ts": sim.workspace.new_ts(conversation),
    }
    _emit(sim, conversation, kind, body)


def member_joined(sim: Simulator, conversation: Conversation, user: str) -> None:
    """`member_joined_channel`."""
    body: Json = {
        "type": "member_joined_channel",
        "user": user,
        "channel": conversation.id,
        "channel_type": conversation.id[0],
        "team": sim.config.team_id,
        "event_ts": sim.workspace.new_ts(conversation),
    }
    _emit(sim, conversation, "member_joined_channel", body)


def session_stopped(sim: Simulator, *, channel: str, thread_ts: str, user: str) -> None:
    """`agent_session_stopped`: https://docs.slack.dev/reference/events/agent_session_stopped"""
    conversation = sim.workspace.conversations[channel]
    streams = [m for m in conversation.replies(thread_ts) if m.streaming]
    for stream in streams:
        stream.streaming = False
    body: Json = {
        "type": "agent_session_stopped",
        "channel": channel,
        "thread_ts": thread_ts,
        "user": user,
        "streaming_message_ts": [stream.ts for stream in streams],
        "event_ts": sim.workspace.new_ts(conversation),
    }
    _emit(sim, conversation, "agent_session_stopped", body)


def home_opened(sim: Simulator, *, user: str, tab: str) -> None:
    """`app_home_opened`: https://docs.slack.dev/reference/events/app_home_opened"""
    conversation = sim.workspace.direct_message(user)
    body: Json = {
        "type": "app_home_opened",
        "user": user,
        "channel": conversation.id,
        "tab": tab,
        "event_ts": sim.workspace.new_ts(conversation),
    }
    home = sim.workspace.homes.get(user)
    if tab == "home" and home is not None:
        body["view"] = view_json(sim.workspace.views[home], sim.config)
    _emit(sim, conversation, "app_home_opened", body)


def _message_event(sim: Simulator, conversation: Conversation, body: Json) -> None:
    _emit(sim, conversation, _SUBSCRIPTION[conversation.kind], {**body, "channel_type": conversation.kind})


def _emit(sim: Simulator, conversation: Conversation, subscription: str, event: Json) -> None:
    """Deliver one event if the app subscribed to it and its bot is in the conversation."""
    if subscription not in sim.config.subscriptions or sim.config.bot_user_id not in conversation.members:
        return
    payload = _envelope(sim, conversation, event)
    fault = sim.faults.take(f"event:{event['type']}", {**event, "subscription": subscription})
    if fault is None:
        sim.courier.post_event(payload)
    elif fault.kind == "duplicate":
        sim.courier.post_event(payload)
        sim.courier.post_event(payload)
    elif fault.kind == "delay":
        sim.courier.post_event(payload, delay_s=fault.seconds)


def _envelope(sim: Simulator, conversation: Conversation, event: Json) -> Json:
    config = sim.config
    context = {"et": event["type"], "tid": config.team_id, "aid": config.app_id, "cid": conversation.id}
    return {
        "token": config.verification_token,
        "team_id": config.team_id,
        "context_team_id": config.team_id,
        "context_enterprise_id": None,
        "api_app_id": config.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev0{sim.workspace.serial():09d}",
        "event_time": int(sim.now()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": config.team_id,
                "user_id": config.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": conversation.seed.is_ext_shared,
        "event_context": "4-" + base64.urlsafe_b64encode(json.dumps(context).encode()).decode(),
    }
