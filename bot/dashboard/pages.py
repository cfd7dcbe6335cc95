"""The pages: a list of runs, one run, logging in. GET shows, POST acts."""

import asyncio
import re
import secrets
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from bot.dashboard.auth import Guard
from bot.dashboard.entry import Names
from bot.dashboard.render import page, problem
from bot.dashboard.view import TONES, Reader, RunPage, run_page
from bot.inbound import Delivery, PagePress
from bot.intake import Intake
from bot.wire import read_form
from tasks.domain.receipt import Receipt, document, receipt
from tasks.domain.request import Person
from tasks.domain.run import RunState
from tasks.messages.words import STATE_WORDS
from tasks.store.accounts import Accounts
from tasks.store.store import Store
from tasks.store.streams import RunRow

RUN_ID = re.compile(r"R-\d{1,12}")
WRONG_TOKEN_S = 0.5
LISTED = 100
FILTERS = ("", "people", "problems")


def dashboard_router(store: Store, intake: Intake, guard: Guard, *, accounts: Accounts) -> APIRouter:
    """Every route answers 404 to strangers of a local page, and the login form to those without a session."""
    router = APIRouter()

    def let_in(request: Request) -> Response | None:
        if guard.admits(request):
            return None
        if not guard.asks:
            raise HTTPException(404)
        return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)

    @router.get("/")
    async def runs(request: Request) -> Response:
        if stranger := let_in(request):
            return stranger
        rows, names = await run_in_threadpool(_recent, store, accounts)
        return page(
            "runs.html",
            rows=rows,
            words=STATE_WORDS,
            tones=TONES,
            states=RunState,
            logins={user: login for (_, user), login in names.items()},
        )

    @router.get("/t/{run_id}")
    async def run(request: Request, run_id: str, show: str = "") -> Response:
        if stranger := let_in(request):
            return stranger
        found = await run_in_threadpool(_load, store, run_id, show, accounts)
        if found is None:
            return problem(404, "REQ-404", f"There is no run {run_id[:20]}.")
        return page("run.html", **_values(found, guard, show))

    @router.get("/t/{run_id}/live")
    async def live(request: Request, run_id: str, seen: str = "", show: str = "") -> Response:
        """The page's body once something happened since `seen`; 204 while nothing did."""
        if not guard.admits(request):
            raise HTTPException(401 if guard.asks else 404)
        found = await run_in_threadpool(_load, store, run_id, show, accounts)
        if found is None:
            raise HTTPException(404)
        if found.stamp == seen:
            return Response(status_code=204)
        return page("_run.html", **_values(found, guard, show))

    @router.get("/t/{run_id}/receipt.json")
    async def evidence(request: Request, run_id: str) -> Response:
        """The receipt as JSON; 404 where there is none."""
        if stranger := let_in(request):
            return stranger
        made = await run_in_threadpool(_receipt, store, run_id)
        if made is None:
            return problem(404, "REQ-404", f"There is no receipt of {run_id[:20]}.")
        return JSONResponse(document(made))

    @router.post("/t/{run_id}/stop")
    async def stop(request: Request, run_id: str) -> Response:
        if stranger := let_in(request):
            return stranger
        form = await read_form(request)
        if not guard.trusts(request, form.get("token", ""), purpose=f"stop:{run_id}"):
            return problem(403, "AUTH-403", "This form is too old, or another site sent it. Reload the page.")
        await intake.take(_stop_from_page(run_id))
        return RedirectResponse(f"/t/{run_id}", 303)

    @router.get("/login")
    async def login_form(next: str = "/") -> HTMLResponse:
        return page("login.html", next=_own_path(next), wrong=False)

    @router.post("/login")
    async def login(request: Request) -> Response:
        form = await read_form(request)
        where = _own_path(form.get("next", "/"))
        if not guard.accepts(form.get("token", "")):
            await asyncio.sleep(WRONG_TOKEN_S)
            return page("login.html", status=401, next=where, wrong=True)
        answer = RedirectResponse(where, 303)
        guard.let_in(answer)
        return answer

    return router


def _values(found: RunPage, guard: Guard, show: str) -> dict[str, Any]:
    token = guard.form_token(f"stop:{found.run.id}")
    return {"page": found, "run": found.run, "token": token, "show": show if show in FILTERS else ""}


def _stop_from_page(run_id: str) -> PagePress:
    delivery = Delivery("page", f"stop:{run_id}:{secrets.token_hex(8)}")
    return PagePress(delivery, Person("web", "", "page", "someone on the run page"), "stop", run_id)


def _own_path(path: str) -> str:
    """A path on this site, "/" for anything that could lead elsewhere."""
    return path if re.fullmatch(r"/(?:[\w.~-][\w./~-]*)?", path) else "/"


def _recent(store: Store, accounts: Accounts) -> tuple[tuple[RunRow, ...], Names]:
    with store.reading() as tx:
        return tx.recent(LISTED), accounts.names(tx.conn)


def _receipt(store: Store, run_id: str) -> Receipt | None:
    if not RUN_ID.fullmatch(run_id):
        return None
    with store.reading() as tx:
        return receipt(run_id, tx.events(run_id))


def _load(store: Store, run_id: str, show: str, accounts: Accounts) -> RunPage | None:
    if not RUN_ID.fullmatch(run_id):
        return None
    with store.reading() as tx:
        run = tx.load(run_id)
        if run is None:
            return None
        reader = Reader(tx.now, show, accounts.names(tx.conn))
        return run_page(run, tx.events(run_id), tx.outbox(run_id), reader=reader)
