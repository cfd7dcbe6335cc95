"""chat.*: posting, changing and deleting messages. https://docs.slack.dev/reference/methods?family=chat"""

from integrations.simulators.slack import posting
from integrations.simulators.slack.blocks.validate import block_problems
from integrations.simulators.slack.config import Json
from integrations.simulators.slack.posting import Content, Options
from integrations.simulators.slack.shapes import message_json
from integrations.simulators.slack.web_api.agents import unknown
from integrations.simulators.slack.web_api.call import Call, SlackError
from integrations.simulators.slack.workspace import Conversation, Ephemeral, Message

_TEXT_KEPT = 40_000
_UPDATE_TEXT_MAX = 40_000


def post_message(call: Call) -> Json:
    conversation = call.conversation(member=True)
    if conversation.seed.is_archived:
        raise SlackError("is_archived")
    content = _content(call)
    text = content.text or ""
    if len(text) > _TEXT_KEPT:
        content = Content(text[:_TEXT_KEPT], content.blocks, content.attachments, content.metadata)
        call.warnings.append("message_truncated")
    message = posting.post(
        call.sim,
        conversation,
        call.sim.config.bot_user_id,
        content,
        options=Options(
            thread_ts=thread_of(call, conversation),
            broadcast=call.flag("reply_broadcast"),
            unfurl_links=call.flag("unfurl_links", True),
        ),
    )
    return {"channel": conversation.id, "ts": message.ts, "message": message_json(message, call.sim.config)}


def update(call: Call) -> Json:
    conversation = call.conversation()
    message = call.message(conversation, call.need("ts"))
    if not message.from_app:
        raise SlackError("cant_update_message")
    window = call.sim.config.edit_window_s
    if window is not None and call.sim.now() - float(message.ts) > window:
        raise SlackError("edit_window_closed")
    content = _content(call)
    if len(content.text or "") > _UPDATE_TEXT_MAX:
        raise SlackError("msg_too_long")
    posting.edit(call.sim, message, content, by=call.sim.config.bot_user_id)
    # As in every published sample: the edited message says neither its ts nor its thread.
    whole = message_json(message, call.sim.config)
    edited = {key: value for key, value in whole.items() if key not in ("ts", "thread_ts")}
    return {
        "channel": conversation.id,
        "ts": message.ts,
        "text": message.text,
        "message": edited,
    }


def delete(call: Call) -> Json:
    conversation = call.conversation()
    message = call.message(conversation, call.need("ts"))
    if not message.from_app:
        raise SlackError("cant_delete_message")
    posting.delete(call.sim, message)
    return {"channel": conversation.id, "ts": message.ts}


def post_ephemeral(call: Call) -> Json:
    conversation = call.conversation(member=True)
    user = call.need("user")
    if user not in call.sim.workspace.users:
        raise SlackError("user_not_found")
    if user not in conversation.members:
        raise SlackError("user_not_in_channel")
    content = _content(call)
    ephemeral = Ephemeral(
        channel=conversation.id,
        ts=call.sim.workspace.new_ts(conversation),
        user=user,
        text=content.text or "",
        thread_ts=thread_of(call, conversation),
        blocks=posting.with_block_ids(call.sim, content.blocks or []),
    )
    call.sim.workspace.ephemerals.append(ephemeral)
    call.sim.workspace.touch()
    return {"message_ts": ephemeral.ts}


def get_permalink(call: Call) -> Json:
    conversation = call.conversation()
    message = call.message(conversation, call.need("message_ts"))
    return {"channel": conversation.id, "permalink": permalink(call.sim.public_url, message)}


def permalink(public_url: str, message: Message) -> str:
    """Slack's path, on the simulator's own host so that the link opens its page."""
    link = f"{public_url}/archives/{message.channel}/p{message.ts.replace('.', '')}"
    return f"{link}?thread_ts={message.thread_ts}&cid={message.channel}" if message.thread_ts else link


def thread_of(call: Call, conversation: Conversation) -> str | None:
    """The root that `thread_ts` names; a reply's ts leads to its root. Unknown threads are refused."""
    named = call.text("thread_ts")
    if not named:
        return None
    parent = conversation.messages.get(named)
    if parent is None:
        raise SlackError("thread_not_found")
    return parent.root_ts


def check_blocks(blocks: list[Json], *, surface: str = "message") -> None:
    """Raise `invalid_blocks` with one line for each problem, as Slack does."""
    problems = block_problems(blocks, surface=surface, at="/blocks")
    if problems:
        lines = [f"{p.message} [json-pointer:{p.pointer}]" for p in problems]
        raise SlackError("invalid_blocks", *(f"[ERROR] {line}" for line in lines), extra={"errors": lines})


def _content(call: Call) -> Content:
    blocks, attachments = call.array("blocks"), call.array("attachments")
    text = call.text("text") if "text" in call.args else None
    markdown = call.text("markdown_text")
    if markdown:
        if blocks or text:
            raise SlackError("markdown_text_conflict")
        blocks, text = [{"type": "markdown", "text": markdown}], markdown
    if not text and not blocks and not attachments:
        raise SlackError("no_text")
    if blocks is not None:
        check_blocks(blocks)
        if unknown(call.sim, blocks):
            raise SlackError("invalid_blocks")
    return Content(text, blocks, attachments, _metadata(call))


def _metadata(call: Call) -> Json | None:
    metadata = call.object("metadata")
    if not metadata:
        return metadata
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}
