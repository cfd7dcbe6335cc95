"""/link: a person of the chat proves by GitHub's own login which account is theirs, and says so once more before it counts."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from bot.dashboard.render import page, problem
from bot.inbound import AccountLinked, Delivery
from bot.intake import Intake
from bot.storable import storable
from bot.wire import read_form
from integrations.errors import Rejected, Retryable
from integrations.github.oauth import WhoIsIt
from tasks.domain.request import Account, Person
from tasks.messages.errors import CODES
from tasks.seals import Bad, Note, Purpose, Seals
from tasks.settings import Settings
from tasks.store import deliveries
from tasks.store.store import Store

log = structlog.get_logger(__name__)

SOURCE, COOKIE, PKCE = "link", "sortie_link", "pkce"
COOKIE_S = 600
NOT_READ = {Bad.forged: "AUTH-006", Bad.expired: "AUTH-007"}


class Named(Protocol):
    """What a person of the chat is called there."""

    async def name(self, user: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Linking:
    """What the pages need. `back` is the address GitHub sends people to."""

    store: Store
    intake: Intake
    people: Named
    seals: Seals
    github: WhoIsIt
    back: str
    secure: bool


class _No(Exception):
    """Nothing is linked, and why: a stable code."""


def link_router(store: Store, intake: Intake, people: Named, settings: Settings) -> APIRouter:
    """Open to whoever holds a link: it names one chat account, and GitHub says whose the browser is."""
    github = settings.github
    linking = Linking(
        store,
        intake,
        people,
        Seals(github.connect_secret),
        WhoIsIt(
            github.client_id.strip(),
            github.connect_secret,
            web_url=github.git_url,
            api_url=github.api_url,
        ),
        f"{settings.public_url.rstrip('/')}/link/callback",
        urlsplit(settings.public_url).scheme == "https",
    )
    router = APIRouter(prefix="/link")

    @router.get("/callback")
    async def back(request: Request, code: str = "", state: str = "") -> Response:
        try:
            return await _returned(linking, request, code=code, state=state)
        except _No as no:
            return _refused(str(no))

    @router.post("/confirm")
    async def confirm(request: Request) -> Response:
        try:
            return await _confirmed(linking, request)
        except _No as no:
            return _refused(str(no))

    @router.get("/{note}")
    async def begin(request: Request, note: str) -> Response:
        try:
            return await _begun(linking, note)
        except _No as no:
            return _refused(str(no))

    return router


async def _begun(linking: Linking, text: str) -> Response:
    """Sends the browser to GitHub, and remembers in it that it began here. Opening a link uses nothing up."""
    note = await _fresh(linking, Purpose.offer, text)
    mine = secrets.token_urlsafe(24)
    state = linking.seals.seal(Purpose.state, replace(note, more={"browser": _mark(mine)}))
    verifier = linking.seals.derived(PKCE, state)
    answer = RedirectResponse(
        linking.github.authorize_url(back=linking.back, state=state, verifier=verifier), 302
    )
    answer.set_cookie(
        COOKIE, mine, max_age=COOKIE_S, path="/link", httponly=True, samesite="lax", secure=linking.secure
    )
    return answer


async def _returned(linking: Linking, request: Request, *, code: str, state: str) -> Response:
    """GitHub sent the browser back: who it is, GitHub is asked, and then the person whether that is meant."""
    note = await _fresh(linking, Purpose.state, state)
    _same_browser(request, note)
    if not code:
        raise _No("AUTH-010")
    verifier = linking.seals.derived(PKCE, state)
    try:
        known = await linking.github.who(code=code, back=linking.back, verifier=verifier)
    except Retryable as away:
        log.warning("github does not say who it is", why=away.message)
        raise _No("OUT-010") from None
    except Rejected as refused:
        log.warning("github does not say who it is", why=refused.message)
        raise _No("AUTH-010") from None
    agreed = {**note.more, "id": str(known.id), "login": known.login}
    return page(
        "link_confirm.html",
        who=await _called(linking, note),
        team=note.team,
        login=known.login,
        agreed=linking.seals.seal(Purpose.agreed, replace(note, more=agreed)),
    )


async def _confirmed(linking: Linking, request: Request) -> Response:
    """Stores the link, once."""
    form = await read_form(request)
    origin = urlsplit(request.headers.get("origin", ""))
    if origin.netloc and origin.netloc != request.url.netloc:
        raise _No("AUTH-403")
    note = await _fresh(linking, Purpose.agreed, form.get("agreed", ""))
    _same_browser(request, note)
    account = Account(note.more["login"], int(note.more["id"]))
    by = Person("slack", note.team, note.user)
    taken = await linking.intake.take(storable(AccountLinked(Delivery(SOURCE, note.number), by, account)))
    if taken.outcome == "seen":
        raise _No("AUTH-008")
    log.info("account linked", team=note.team, user=note.user, account=account.id, runs=len(taken.run_ids))
    who = await _called(linking, note)
    return page("link_done.html", who=who, login=account.login, started=len(taken.run_ids))


async def _fresh(linking: Linking, purpose: Purpose, text: str) -> Note:
    """The note, where it is one of ours, counts still, and was not used."""
    if not linking.seals.usable:
        raise _No("AUTH-011")
    return await run_in_threadpool(_read, linking, purpose, text)


def _read(linking: Linking, purpose: Purpose, text: str) -> Note:
    with linking.store.reading() as tx:
        note = linking.seals.read(purpose, text, tx.now)
        if isinstance(note, Bad):
            raise _No(NOT_READ[note])
        if deliveries.known(tx.conn, SOURCE, note.number):
            raise _No("AUTH-008")
    return note


def _same_browser(request: Request, note: Note) -> None:
    """A link that somebody else began, and sent on in the middle, ends here."""
    mine = request.cookies.get(COOKIE, "")
    if not hmac.compare_digest(_mark(mine), note.more.get("browser", "")):
        raise _No("AUTH-009")


def _mark(mine: str) -> str:
    return hashlib.sha256(mine.encode("utf-8", "replace")).hexdigest()


async def _called(linking: Linking, note: Note) -> str:
    """The name they gave themselves, and their id, which nobody gives themselves."""
    name = await linking.people.name(note.user)
    return f"{name} ({note.user})" if name else note.user


def _refused(code: str) -> Response:
    status = {"AUTH-403": 403, "OUT-010": 503}.get(code, 400)
    return problem(status, code, CODES[code].sentence)
