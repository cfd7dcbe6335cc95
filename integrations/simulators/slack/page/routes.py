"""The page's routes: full pages, the fragments that keep them fresh, and the stream that says when."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zlib import crc32

import jinja2
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.staticfiles import StaticFiles

from integrations.simulators.slack.config import Json, SimUser
from integrations.simulators.slack.page import model
from integrations.simulators.slack.page.emoji import QUICK, picture
from integrations.simulators.slack.page.mrkdwn import Names, plain, to_html
from integrations.simulators.slack.page.rich import markdown, rich_text
from integrations.simulators.slack.simulator import Simulator
from integrations.simulators.slack.workspace import Conversation

_HERE = Path(__file__).parent
_HEARTBEAT_S = 15.0
_AVATARS = 6
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

router = APIRouter()
static = StaticFiles(directory=_HERE / "static")


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "plain": plain,
        "markdown": markdown,
        "picture": picture,
        "initials": lambda user: "".join(word[0] for word in user.real_name.split()[:2]).upper(),
        "tint": lambda user: "bot" if user.is_bot else str(sum(user.id.encode()) % _AVATARS),
        "finished": model.finished,
    }
    environment.filters.update(filters)
    environment.globals["quick"] = QUICK
    return environment


_TEMPLATES = _environment()


@router.get("/")
async def root(request: Request) -> Response:
    sim: Simulator = request.app.state.sim
    first = model.places(sim, _viewer(request))
    return RedirectResponse(f"/c/{first[0].id}" if first else "/app", 303)


@router.get("/archives/{channel}/p{digits}")
async def permalink(channel: str, digits: str, request: Request) -> Response:
    """Where chat.getPermalink leads: the thread of the message."""
    sim: Simulator = request.app.state.sim
    message = sim.workspace.find(channel, f"{digits[:-6]}.{digits[-6:]}")
    if message is None:
        raise HTTPException(404, "no such message")
    anchor = f"#m-{message.ts.replace('.', '-')}"
    return RedirectResponse(f"/c/{channel}/{message.root_ts}{anchor}", 303)


@router.get("/c/{channel}")
async def channel_page(channel: str, request: Request) -> Response:
    return _page(request, channel, None)


@router.get("/c/{channel}/{thread_ts}")
async def thread_page(channel: str, thread_ts: str, request: Request) -> Response:
    return _page(request, channel, thread_ts)


@router.get("/app")
async def home_page(request: Request) -> Response:
    """The app's home tab as the viewer sees it."""
    return _page(request, None, None)


@router.get("/_page/parts")
async def parts(request: Request, channel: str = "", thread_ts: str = "") -> Response:
    """The parts of a page that change, as HTML: rows by key, the session line, the open modal."""
    sim: Simulator = request.app.state.sim
    viewer = _viewer(request)
    conversation = _visible(sim, channel, viewer) if channel else None
    context = _context(sim, viewer, conversation, thread_ts or None)
    return JSONResponse(_parts(context), headers=_HEADERS)


@router.get("/_page/changes")
async def changes(request: Request) -> Response:
    """Server-sent events: the workspace's version whenever it changes."""
    sim: Simulator = request.app.state.sim

    async def versions() -> AsyncIterator[str]:
        seen = -1
        while not sim.workspace.closed:
            version = await sim.workspace.wait_for_change(seen, _HEARTBEAT_S)
            yield f"data: {version}\n\n" if version != seen else ": still here\n\n"
            seen = version

    return StreamingResponse(versions(), media_type="text/event-stream", headers=_HEADERS)


def _page(request: Request, channel: str | None, thread_ts: str | None) -> Response:
    sim: Simulator = request.app.state.sim
    viewer = _viewer(request)
    conversation = _visible(sim, channel, viewer) if channel else None
    if channel and conversation is None and channel not in sim.workspace.conversations:
        raise HTTPException(404, "no such channel")
    context = _context(sim, viewer, conversation, thread_ts)
    context["parts"] = _parts(context)
    status = 403 if channel and conversation is None else 200
    context["hidden"] = status == 403
    return HTMLResponse(_TEMPLATES.get_template("page.html").render(context), status, headers=_HEADERS)


def _context(
    sim: Simulator, viewer: SimUser, conversation: Conversation | None, thread_ts: str | None
) -> dict[str, Any]:
    known = model.names(sim)
    home = sim.workspace.views.get(sim.workspace.homes.get(viewer.id, ""))
    return {
        "sim": sim,
        "config": sim.config,
        "bot": sim.workspace.users[sim.config.bot_user_id],
        "viewer": viewer,
        "people": model.people(sim),
        "places": model.places(sim, viewer),
        "users": sim.workspace.users,
        "here": model.place(sim, conversation, viewer) if conversation else None,
        "home": home,
        "thread_ts": thread_ts,
        "rows": model.timeline(sim, conversation, viewer) if conversation else [],
        "replies": model.thread(sim, conversation, viewer, thread_ts) if conversation and thread_ts else [],
        "session": sim.workspace.sessions.get((conversation.id, thread_ts or "")) if conversation else None,
        "modal": model.top_modal(sim, viewer),
        "mrkdwn": _mrkdwn_filter(known),
        "rich": _rich_filter(known),
    }


def _parts(context: dict[str, Any]) -> Json:
    message = _TEMPLATES.get_template("message.html")

    def rendered(rows: list[model.Row], inside: str) -> list[Json]:
        parts = []
        for row in rows:
            html = message.render({**context, "row": row, "inside": inside})
            parts.append({"key": f"{inside}-{row.key}", "hash": f"{crc32(html.encode()):x}", "html": html})
        return parts

    sim: Simulator = context["sim"]
    modal, home = context["modal"], context["home"]
    return {
        "version": sim.workspace.version,
        "rows": rendered(context["rows"], "c"),
        "replies": rendered(context["replies"], "t"),
        "session": _TEMPLATES.get_template("session.html").render(context),
        "modal": _TEMPLATES.get_template("modal.html").render(context) if modal else "",
        "modal_key": f"{modal.id}:{modal.hash}:{modal.errors}" if modal else "",
        "home": _TEMPLATES.get_template("home.html").render(context) if context["here"] is None else "",
        "home_key": f"{home.id}:{home.hash}" if home else "",
    }


def _mrkdwn_filter(known: Names) -> Any:
    return lambda text: to_html(text, known)


def _rich_filter(known: Names) -> Any:
    return lambda block: rich_text(block, known)


def _viewer(request: Request) -> SimUser:
    """Whom the person at the page acts as: the cookie's choice, else the first person."""
    sim: Simulator = request.app.state.sim
    possible = model.people(sim)
    chosen = request.cookies.get("sim_as")
    return next((user for user in possible if user.id == chosen), possible[0])


def _visible(sim: Simulator, channel: str, viewer: SimUser) -> Conversation | None:
    conversation = sim.workspace.conversations.get(channel)
    return conversation if conversation and viewer.id in conversation.members else None
