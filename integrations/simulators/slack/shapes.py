"""Slack's JSON shapes of the simulator's state: users, conversations, bots, messages, views."""

from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from integrations.simulators.slack.config import Json, SimUser, SlackSimConfig
from integrations.simulators.slack.workspace import Conversation, File, Message, View, Workspace

_CREATED = 1_700_000_000


def user_json(user: SimUser, config: SlackSimConfig) -> Json:
    """https://docs.slack.dev/reference/objects/user-object"""
    here = datetime.fromtimestamp(config.now(), ZoneInfo(user.tz))
    profile: Json = {
        "real_name": user.real_name,
        "display_name": user.name,
        "real_name_normalized": user.real_name,
        "display_name_normalized": user.name,
        "team": config.team_id,
    }
    if user.email and not user.is_bot:
        profile["email"] = user.email
    if user.id == config.bot_user_id:
        profile |= {"api_app_id": config.app_id, "bot_id": config.bot_id}
    return {
        "id": user.id,
        "team_id": config.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": user.tz,
        "tz_offset": int((here.utcoffset() or timedelta()).total_seconds()),
        "profile": profile,
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_stranger": user.is_stranger,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": _CREATED,
    }


def conversation_json(conversation: Conversation, config: SlackSimConfig) -> Json:
    """https://docs.slack.dev/reference/objects/conversation-object"""
    seed = conversation.seed
    base: Json = {
        "id": seed.id,
        "created": _CREATED,
        "is_archived": seed.is_archived,
        "is_im": seed.is_im,
        "is_org_shared": False,
        "context_team_id": config.team_id,
    }
    if seed.is_im:
        other = next(m for m in conversation.members if m != config.bot_user_id)
        return {**base, "user": other, "is_user_deleted": False, "priority": 0}
    return {
        **base,
        "name": seed.name,
        "name_normalized": seed.name,
        "is_channel": not seed.is_private,
        "is_group": seed.is_private,
        "is_mpim": False,
        "is_private": seed.is_private,
        "is_general": False,
        "is_shared": seed.is_ext_shared,
        "is_ext_shared": seed.is_ext_shared,
        "is_pending_ext_shared": False,
        "is_member": config.bot_user_id in conversation.members,
        "creator": conversation.members[0] if conversation.members else "",
        "topic": {"value": seed.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(conversation.members),
    }


def bot_json(config: SlackSimConfig, name: str) -> Json:
    """The `bot_profile` of messages and the `bot` of bots.info."""
    return {
        "id": config.bot_id,
        "app_id": config.app_id,
        "name": name,
        "icons": {"image_36": "", "image_48": "", "image_72": ""},
        "deleted": False,
        "updated": _CREATED,
        "team_id": config.team_id,
    }


def message_json(message: Message, config: SlackSimConfig, *, metadata: bool = True) -> Json:
    """A message as Web API answers and events carry it, without thread counters and reactions."""
    body: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text}
    body["team"] = config.team_id
    if message.from_app:
        name = next((u.real_name for u in config.users if u.id == config.bot_user_id), "app")
        body |= {"bot_id": config.bot_id, "app_id": config.app_id, "bot_profile": bot_json(config, name)}
    if message.client_msg_id:
        body["client_msg_id"] = message.client_msg_id
    if message.thread_ts:
        body["thread_ts"] = message.thread_ts
    if message.files:
        body["files"] = [file_json(file, config) for file in message.files]
        body["upload"] = False
    if message.blocks:
        body["blocks"] = message.blocks
    if message.attachments:
        body["attachments"] = message.attachments
    if message.edited:
        body["edited"] = message.edited
    if message.metadata and metadata:
        body["metadata"] = message.metadata
    if message.streaming:
        body["streaming_state"] = "in_progress"
    return body


def file_json(file: File, config: SlackSimConfig) -> Json:
    """https://docs.slack.dev/reference/objects/file-object"""
    url = f"{config.public_url or ''}/files-pri/{config.team_id}-{file.id}/{quote(file.name)}"
    return {
        "id": file.id,
        "created": int(config.now()),
        "name": file.name,
        "title": file.name,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2],
        "user": file.user,
        "size": len(file.content),
        "mode": "hosted",
        "is_external": False,
        "is_public": True,
        "url_private": url,
        "url_private_download": f"{url}?download=1",
    }


def history_json(message: Message, workspace: Workspace, *, metadata: bool) -> Json:
    """A message as conversations.history and .replies list it: with reactions and thread counters."""
    body = message_json(message, workspace.config, metadata=metadata)
    if message.reactions:
        body["reactions"] = reactions_json(message)
    if message.thread_ts is not None:
        root = workspace.find(message.channel, message.thread_ts)
        return {**body, "parent_user_id": root.user} if root else body
    replies = workspace.conversations[message.channel].replies(message.ts)
    if replies:
        people = list(dict.fromkeys(reply.user for reply in replies))
        body |= {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users_count": len(people),
            "latest_reply": replies[-1].ts,
            "reply_users": people,
            "is_locked": False,
            "subscribed": False,
        }
    return body


def reactions_json(message: Message) -> list[Json]:
    return [
        {"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions.items()
    ]


def view_json(view: View, config: SlackSimConfig) -> Json:
    """https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload"""
    defaults: Json = {
        "private_metadata": "",
        "callback_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "close": None,
        "submit": None,
        "external_id": "",
    }
    return {
        "id": view.id,
        "team_id": config.team_id,
        **defaults,
        **view.body,
        "state": {"values": view.values},
        "hash": view.hash,
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": config.app_id,
        "app_installed_team_id": config.team_id,
        "bot_id": config.bot_id,
    }
