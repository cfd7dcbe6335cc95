"""chat.startStream, .appendStream and .stopStream: https://docs.slack.dev/reference/methods/chat.startStream"""

from integrations.simulators.slack import posting
from integrations.simulators.slack.config import Json
from integrations.simulators.slack.posting import Content, Options
from integrations.simulators.slack.shapes import message_json
from integrations.simulators.slack.web_api.agents import STATUSES, move_session
from integrations.simulators.slack.web_api.call import Call, SlackError
from integrations.simulators.slack.web_api.chat import check_blocks, thread_of
from integrations.simulators.slack.workspace import Message

_MARKDOWN_MAX = 12_000


def start(call: Call) -> Json:
    conversation = call.conversation(member=True)
    thread_ts = thread_of(call, conversation)
    if thread_ts is None:
        raise SlackError("invalid_arguments", "[ERROR] missing required field: thread_ts")
    if conversation.kind != "im":
        for name in ("recipient_user_id", "recipient_team_id"):
            if not call.text(name):
                raise SlackError(f"missing_{name}")
    options = Options(thread_ts=thread_ts, streaming=True)
    bot = call.sim.config.bot_user_id
    message = posting.post(call.sim, conversation, bot, Content(text=""), options=options)
    _append(call, message)
    return {"channel": conversation.id, "ts": message.ts}


def append(call: Call) -> Json:
    message = _streaming(call)
    _append(call, message)
    return {"channel": message.channel, "ts": message.ts}


def stop(call: Call) -> Json:
    """Ends the stream; `blocks` are put below what was streamed, `session_status` moves the thread's session."""
    message = _streaming(call)
    status = call.text("session_status")
    if status and status not in STATUSES:
        raise SlackError("invalid_arguments", f"[ERROR] session_status must be one of {', '.join(STATUSES)}")
    blocks = call.array("blocks") or []
    check_blocks(blocks)
    _append(call, message)
    message.streaming = False
    content = Content(blocks=[*message.blocks, *blocks], metadata=call.object("metadata"))
    posting.edit(call.sim, message, content, by=call.sim.config.bot_user_id)
    session = call.sim.workspace.sessions.get((message.channel, message.root_ts))
    if status and session is not None:
        move_session(call.sim, session, status)
    return {"channel": message.channel, "ts": message.ts, "message": message_json(message, call.sim.config)}


def _streaming(call: Call) -> Message:
    message = call.message(call.conversation(member=True), call.need("ts"))
    if not message.streaming:
        raise SlackError("message_not_in_streaming_state")
    return message


def _append(call: Call, message: Message) -> None:
    added = call.text("markdown_text")
    if len(added) > _MARKDOWN_MAX:
        raise SlackError("msg_too_long")
    chunks = call.array("chunks") or []
    added += "".join(str(c.get("text", "")) for c in chunks if c.get("type") == "markdown_text")
    message.text += added
    tasks: dict[str, Json] = {t["task_id"]: t for b in message.blocks for t in b.get("tasks", [])}
    title = next((b["title"] for b in message.blocks if b["type"] == "plan"), "Plan")
    extra: list[Json] = []
    for chunk in chunks:
        if chunk.get("type") == "task_update":
            tasks[chunk["id"]] = _task(chunk)
        elif chunk.get("type") == "plan_update":
            title = str(chunk.get("title", title))
        elif chunk.get("type") == "blocks":
            extra += chunk.get("blocks", [])
    blocks: list[Json] = [{"type": "plan", "title": title, "tasks": list(tasks.values())}] if tasks else []
    if message.text:
        blocks.append({"type": "markdown", "text": message.text})
    message.blocks = posting.with_block_ids(call.sim, [*blocks, *extra])
    call.sim.workspace.touch()


def _task(chunk: Json) -> Json:
    task = {"type": "task_card", "task_id": chunk["id"], "title": chunk["title"], "status": chunk["status"]}
    for name in ("details", "output"):
        if chunk.get(name):
            words = [{"type": "text", "text": str(chunk[name])}]
            section = {"type": "rich_text_section", "elements": words}
            task[name] = {"type": "rich_text", "elements": [section]}
    return task
