"""create_app(): everything that hears, as one ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.cli.credentials import secret_values
from bot.dashboard.auth import Guard
from bot.dashboard.pages import dashboard_router
from bot.dashboard.render import STATIC, problem
from bot.headers import SecurityHeaders
from bot.intake import Intake, Wakes
from bot.routes import health
from bot.routes.api import api_router
from bot.routes.github import github_router
from bot.routes.link import link_router
from bot.slack.door import SlackDoor
from bot.slack.listeners import Listeners, bolt_app
from bot.slack.people import People
from bot.slack.places import Places
from bot.slack.socket import SocketLine
from bot.slack.whispers import Draw, DrawCard, Whispers
from integrations.redaction import Redactor
from integrations.slack.blocks import Profile, blocks
from tasks.messages.chat import card
from tasks.messages.errors import CODES
from tasks.messages.words import Links
from tasks.settings import Settings
from tasks.store.accounts import Accounts
from tasks.store.clock import Clock
from tasks.store.codec import UnknownEvent
from tasks.store.errors import StoreDown
from tasks.store.store import Store
from tasks.store.workspaces import profile_of

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
RETRY_AFTER_S = "5"
"""Where SQL is down: when a sender may try again."""
NOT_HEARD = "Slack is not heard: neither SORTIE_SLACK__APP_TOKEN nor SORTIE_SLACK__SIGNING_SECRET is set"


def create_app(settings: Settings, *, store: Store, waker: Wakes) -> FastAPI:
    """The web process's application. `waker` is told which run has something to do (tasks.queue.Waker)."""
    intake = Intake(store, waker, settings)
    client = AsyncWebClient(
        token=settings.slack.bot_token.get_secret_value() or None,
        base_url=settings.slack.api_url,
        timeout=5,
    )
    redact = Redactor(secret_values(settings))
    whispers = Whispers(client, card_drawer(store, settings), drawer(settings), redact)
    people = People(client)
    listeners = Listeners(
        intake=intake, whispers=whispers, people=people, places=Places(client), settings=settings
    )
    bolt = bolt_app(listeners)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        looking = asyncio.create_task(keep_looking_at(store.clock))
        async with hearing_slack(bolt, client, settings):
            yield
        looking.cancel()
        await whispers.drain()
        intake.close()

    app = FastAPI(title="Sortie", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.store = store
    app.add_middleware(SecurityHeaders)
    app.router.routes.append(SlackDoor(bolt, listeners, settings.slack).route())
    app.include_router(github_router(intake, settings.github))
    app.include_router(health.router)
    app.include_router(api_router(store, settings))
    app.include_router(link_router(store, intake, people, settings))
    accounts = Accounts(settings.policy().written)
    app.include_router(dashboard_router(store, intake, Guard(settings), accounts=accounts))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(StoreDown, _store_down)
    app.add_exception_handler(UnknownEvent, _newer)
    app.add_exception_handler(Exception, _our_bug)
    return app


async def keep_looking_at(clock: Clock, *, every_s: float = LOOK_EVERY_S) -> None:
    """A jump of the clock is told from a true time by when it was first seen, and nobody may ask anything of us for hours."""
    while True:
        clock()
        await asyncio.sleep(every_s)


@asynccontextmanager
async def hearing_slack(bolt: AsyncApp, client: AsyncWebClient, settings: Settings) -> AsyncIterator[None]:
    """Says in which way Slack is heard and, in Socket Mode, keeps the connection for as long as the block."""
    slack = settings.slack
    if not slack.socket_mode:
        heard = bool(slack.signing_secret.get_secret_value().strip())
        log.info(f"Slack: HTTP events at {settings.public_url}/slack/events" if heard else NOT_HEARD)
        yield
        return
    line = asyncio.create_task(SocketLine(bolt, client, slack.app_token.get_secret_value().strip()).run())
    try:
        yield
    finally:
        line.cancel()
        with suppress(asyncio.CancelledError):
            await line


def card_drawer(store: Store, settings: Settings) -> DrawCard:
    """Draws a run's card for one person, exactly as the publisher draws it for all."""
    links, redact = Links(settings.public_url), Redactor(secret_values(settings))

    def draw(run_id: str) -> list[dict[str, Any]] | None:
        with store.reading() as tx:
            run, now, known = tx.load(run_id), tx.now, profile_of(tx.conn)
        if run is None:
            return None
        return blocks(card(run, now=now, links=links), profile=_profile(settings, known), redact=redact)

    return draw


def drawer(settings: Settings) -> Draw:
    """Draws any message as the publisher does."""
    redact = Redactor(secret_values(settings))
    return partial(blocks, profile=_profile(settings, ""), redact=redact)


def _profile(settings: Settings, known: str) -> Profile:
    """As set, else as the publisher found it."""
    wanted = settings.slack.card_profile
    return "classic" if (known if wanted == "auto" else wanted) == "classic" else "plan"


async def _store_down(request: Request, _error: Exception) -> Response:
    """Nothing was stored: whoever sent it may send it again."""
    return _said(
        request, 503, "SYS-004", "The database does not answer, so nothing can be shown or accepted."
    )


async def _newer(request: Request, error: Exception) -> Response:
    """The run was carried on by a newer version: that one answers, once it serves the pages too."""
    log.info("left to a newer version", path=request.url.path, newer=str(error))
    return _said(request, 503, "SYS-005", CODES["SYS-005"].sentence)


async def _our_bug(request: Request, error: Exception) -> Response:
    """A bug of ours: logged and reported by the telemetry; the answer says a code and nothing else."""
    log.error("request failed", path=request.url.path, exc_info=error)
    return _said(request, 500, "SYS-500", "This page broke. It is reported.")


def _said(request: Request, status: int, code: str, sentence: str) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        answer: Response = problem(status, code, sentence)
    else:
        answer = JSONResponse({"error": code}, status)
    if status == 503:
        answer.headers["retry-after"] = RETRY_AFTER_S
    return answer
