"""agents.sessions.* and blocks.validate: https://docs.slack.dev/ai/agent-sessions"""

from typing import Any

from integrations.simulators.slack.blocks.rules import Problem
from integrations.simulators.slack.blocks.validate import block_problems, view_problems
from integrations.simulators.slack.config import Json
from integrations.simulators.slack.simulator import Simulator
from integrations.simulators.slack.web_api.call import Call, SlackError
from integrations.simulators.slack.workspace import Session

STATUSES = ("active", "processing", "suspended", "closed")
_TITLE_MAX = 200
_NO_STOP = "missing_agent_session_stopped_event_subscription"


def set_status(call: Call) -> Json:
    """Creates the thread's session when there is none; title and initiator count only then."""
    conversation = call.conversation("channel_id", member=True)
    status = call.need("status")
    if status not in STATUSES:
        raise SlackError("invalid_arguments", f"[ERROR] status must be one of {', '.join(STATUSES)}")
    thread_ts = call.need("thread_ts")
    root = conversation.messages.get(thread_ts)
    if root is None or root.thread_ts is not None:
        raise SlackError("thread_not_found")
    title = call.text("title") or None
    if title and len(title) > _TITLE_MAX:
        raise SlackError("invalid_arguments", f"[ERROR] title must be at most {_TITLE_MAX} characters")
    initiator = call.text("initiator_user_id") or None
    if initiator and initiator not in conversation.members:
        raise SlackError("user_not_in_channel")
    sessions = call.sim.workspace.sessions
    session = sessions.setdefault(
        (conversation.id, thread_ts), Session(conversation.id, thread_ts, status, title, initiator)
    )
    move_session(call.sim, session, status)
    if "agent_session_stopped" not in call.sim.config.subscriptions:
        call.warnings.append(_NO_STOP)
    return {"status": session.status, "agent_status": session.status, "title": session.title}


def rename(call: Call) -> Json:
    title = call.need("title")
    if len(title) > _TITLE_MAX:
        raise SlackError("invalid_arguments", f"[ERROR] title must be at most {_TITLE_MAX} characters")
    conversation = call.conversation("channel_id", member=True)
    session = call.sim.workspace.sessions.get((conversation.id, call.need("thread_ts")))
    if session is None:
        raise SlackError("not_authorized")
    session.title = title
    call.sim.workspace.touch()
    return {"title": title, "status": session.status}


def move_session(sim: Simulator, session: Session, status: str) -> None:
    session.status = status
    session.history.append({"status": status, "at": sim.now()})
    sim.workspace.touch()


def validate(call: Call) -> Json:
    """Exactly one of `blocks`, `message` and `view`: https://docs.slack.dev/reference/methods/blocks.validate"""
    given = [name for name in ("blocks", "message", "view") if call.args.get(name)]
    if len(given) != 1:
        raise SlackError("invalid_arguments", "[ERROR] provide exactly one of blocks, view, or message")
    problems, code = _problems(call, given[0])
    if problems:
        rows = [{"pointer": p.pointer, "code": p.code, "message": p.message} for p in problems]
        raise SlackError(code, extra={"errors": rows})
    return {}


def _problems(call: Call, given: str) -> tuple[list[Problem], str]:
    if given == "blocks":
        blocks = call.array("blocks")
        return [*block_problems(blocks), *unknown(call.sim, blocks)], "invalid_blocks"
    if given == "view":
        return view_problems(call.object("view")), "invalid_view"
    blocks = (call.object("message") or {}).get("blocks", [])
    return [
        *block_problems(blocks, at="/blocks"),
        *unknown(call.sim, blocks, at="/blocks"),
    ], "invalid_message"


def unknown(sim: Simulator, blocks: Any, *, at: str = "") -> list[Problem]:
    """Blocks of types that this workspace does not have yet."""
    rows = blocks if isinstance(blocks, list) else []
    types = [block.get("type") if isinstance(block, dict) else None for block in rows]
    return [
        Problem(f"{at}/{n}/type", "unsupported_type", f"unsupported type: {kind}")
        for n, kind in enumerate(types)
        if kind in sim.config.unknown_blocks
    ]
