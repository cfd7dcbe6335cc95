"""conversations.*: https://docs.slack.dev/reference/methods?family=conversations"""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from integrations.simulators.slack import events
from integrations.simulators.slack.config import Json
from integrations.simulators.slack.shapes import conversation_json, history_json
from integrations.simulators.slack.web_api.call import Call, SlackError
from integrations.simulators.slack.workspace import Message

Row = TypeVar("Row")
_LIMIT_MAX = 1000


def history(call: Call) -> Json:
    """Newest first, replies left out."""
    conversation = call.conversation(member=True)
    inside = [m for m in conversation.roots() if _within(call, m)]
    page, cursor = paged(call, inside[::-1], default=100)
    return _messages(call, page, cursor)


def replies(call: Call) -> Json:
    """The root first, then its replies, oldest first. A reply's ts answers that reply's thread."""
    conversation = call.conversation(member=True)
    named = conversation.messages.get(call.need("ts"))
    if named is None:
        raise SlackError("thread_not_found")
    root = conversation.messages.get(named.root_ts)
    thread = conversation.replies(named.root_ts)
    inside = [m for m in thread if _within(call, m)]
    page, cursor = paged(call, ([root] if root else []) + inside, default=1000)
    return _messages(call, page, cursor)


def info(call: Call) -> Json:
    return {"channel": conversation_json(call.conversation(), call.sim.config)}


def list_all(call: Call) -> Json:
    """Public channels by default; private ones and direct messages only where the bot is a member."""
    kinds = {"public_channel": "channel", "private_channel": "group", "im": "im"}
    asked = {
        kinds[t.strip()] for t in (call.text("types") or "public_channel").split(",") if t.strip() in kinds
    }
    bot = call.sim.config.bot_user_id
    visible = [
        c
        for c in call.sim.workspace.conversations.values()
        if c.kind in asked
        and (c.kind == "channel" or bot in c.members)
        and not (call.flag("exclude_archived") and c.seed.is_archived)
    ]
    page, cursor = paged(call, visible, default=100)
    channels = [conversation_json(c, call.sim.config) for c in page]
    return {"channels": channels, "response_metadata": {"next_cursor": cursor}}


def members(call: Call) -> Json:
    page, cursor = paged(call, call.conversation().members, default=100)
    return {"members": list(page), "response_metadata": {"next_cursor": cursor}}


def open_dm(call: Call) -> Json:
    users = [u for u in call.text("users").split(",") if u]
    if call.text("channel"):
        conversation = call.conversation()
    elif len(users) != 1:
        raise SlackError("users_list_not_supplied" if not users else "too_many_users")
    elif users[0] not in call.sim.workspace.users:
        raise SlackError("user_not_found")
    else:
        conversation = call.sim.workspace.direct_message(users[0])
    if call.flag("return_im"):
        return {"channel": conversation_json(conversation, call.sim.config)}
    return {"channel": {"id": conversation.id}}


def join(call: Call) -> Json:
    conversation = call.conversation()
    if conversation.seed.is_im:
        raise SlackError("method_not_supported_for_channel_type")
    bot = call.sim.config.bot_user_id
    if bot in conversation.members:
        call.warnings.append("already_in_channel")
    else:
        conversation.members.append(bot)
        call.sim.workspace.touch()
        events.member_joined(call.sim, conversation, bot)
    return {"channel": conversation_json(conversation, call.sim.config)}


def paged(call: Call, rows: Sequence[Row], *, default: int) -> tuple[Sequence[Row], str]:
    """One page of `rows` by `cursor` and `limit`, and the next cursor (empty at the end)."""
    limit = call.number("limit", default)
    if not 0 < limit <= _LIMIT_MAX:
        raise SlackError("invalid_limit")
    start = _offset(call.text("cursor"))
    following = start + limit
    cursor = base64.b64encode(f"next:{following}".encode()).decode() if following < len(rows) else ""
    return rows[start:following], cursor


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except (binascii.Error, ValueError) as error:
        raise SlackError("invalid_cursor") from error


def _within(call: Call, message: Message) -> bool:
    inclusive = call.flag("inclusive")
    oldest, latest = call.text("oldest"), call.text("latest")
    ts = message.ts
    if oldest and not (_key(ts) > _key(oldest) or (inclusive and _key(ts) == _key(oldest))):
        return False
    return not latest or _key(ts) < _key(latest) or (inclusive and _key(ts) == _key(latest))


def _key(ts: str) -> tuple[int, int]:
    """Timestamps compare as numbers; floats would lose the last digits."""
    seconds, _, fraction = ts.partition(".")
    try:
        return int(seconds), int(f"{fraction:0<6}"[:6])
    except ValueError as error:
        raise SlackError("invalid_ts_latest") from error


def _messages(call: Call, page: Sequence[Message], cursor: str) -> Json:
    metadata = call.flag("include_all_metadata")
    body: Json = {
        "messages": [history_json(m, call.sim.workspace, metadata=metadata) for m in page],
        "has_more": bool(cursor),
    }
    if call.method == "conversations.history":
        body |= {"pin_count": 0, "channel_actions_ts": None, "channel_actions_count": 0}
    if cursor:
        body["response_metadata"] = {"next_cursor": cursor}
    return body
