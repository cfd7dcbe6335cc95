"""/login/oauth: the page on which a person lets an application know who they are, and the exchange of its code."""

from __future__ import annotations

import json
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from integrations.simulators.github.control import same_site
from integrations.simulators.github.model.oauth import Refusal, back
from integrations.simulators.github.sim import Sim
from integrations.simulators.github.web.frame import CSP, Frame

ASKED = ("client_id", "redirect_uri", "state", "scope", "login", "code_challenge", "code_challenge_method")
NO_APP = "There is no application of that client id here."


class Consent:
    """The flow of one simulator's application."""

    def __init__(self, sim: Sim) -> None:
        self._sim, self._frame = sim, Frame(sim)

    def authorize(self, request: Request) -> Response:
        """One button for each person; nobody has a password here."""
        asked = {name: request.query_params.get(name, "") for name in ASKED}
        if not self._sim.oauth.known(asked["client_id"]):
            return self._problem(request, 404, NO_APP)
        try:
            where = self._sim.oauth.redirect_uri(asked["redirect_uri"])
        except Refusal as refused:
            return RedirectResponse(self._refused(refused, asked["state"]), 302)
        if asked["code_challenge"] and asked["code_challenge_method"] != "S256":
            return self._problem(request, 400, "Only the S256 code challenge method is supported.")
        response = self._frame.render(request, "authorize.html", asked=asked, where=where)
        parts = urlsplit(where)
        origin = f"{parts.scheme}://{parts.netloc}"
        response.headers["Content-Security-Policy"] = CSP.replace(
            "form-action 'self'", f"form-action 'self' {origin}"
        )
        return response

    def decided(self, request: Request, form: dict[str, str]) -> Response:
        """The person pressed a button of that page."""
        if not self._sim.oauth.known(form.get("client_id", "")):
            return self._problem(request, 404, NO_APP)
        try:
            where = self._sim.oauth.redirect_uri(form.get("redirect_uri", ""))
            user = self._sim.world.find_user(form.get("as", ""))
            if user is None:
                denied = {"error": "access_denied", "error_description": "The user has denied access"}
                return RedirectResponse(back(where, **denied, state=form.get("state", "")), 302)
            return RedirectResponse(self._sim.oauth.agreed(form, user), 302)
        except Refusal as refused:
            return RedirectResponse(self._refused(refused, form.get("state", "")), 302)

    def _refused(self, refused: Refusal, state: str) -> str:
        return back(self._sim.config.callback_url, **refused.body(), state=state)

    def _problem(self, request: Request, status: int, message: str) -> Response:
        response = self._frame.render(request, "error.html", status=status, message=message)
        response.status_code = status
        return response


def routes(sim: Sim) -> list[Route]:
    """Pages and the exchange; they come before a repository's owner of that name."""
    consent = Consent(sim)

    async def authorize(request: Request) -> Response:
        if request.method == "GET":
            return await run_in_threadpool(consent.authorize, request)
        if not same_site(request):
            return PlainTextResponse("Refused: this request came from another site.", 403)
        form = {k: v for k, v in (await request.form()).items() if isinstance(v, str)}
        return await run_in_threadpool(consent.decided, request, form)

    async def access_token(request: Request) -> Response:
        """Answers 200 also where it refuses, as a form where JSON is not asked for."""
        given: dict[str, str] = dict(request.query_params)
        if "json" in request.headers.get("content-type", ""):
            try:
                sent = json.loads(await request.body() or b"{}")
            except ValueError:
                sent = {}
            given |= {str(k): str(v) for k, v in sent.items()} if isinstance(sent, dict) else {}
        else:
            given |= {k: v for k, v in (await request.form()).items() if isinstance(v, str)}
        fault = sim.faults.take(request.method, request.url.path)
        if fault is not None and fault.kind != "delay":
            return fault.response()
        try:
            with sim.world.lock:
                answer = sim.oauth.exchange(given)
        except Refusal as refused:
            answer = {**refused.body()}
        if "json" in request.headers.get("accept", ""):
            return JSONResponse(answer)
        return PlainTextResponse(urlencode(answer), media_type="application/x-www-form-urlencoded")

    return [
        Route("/login/oauth/authorize", authorize, methods=["GET", "POST"]),
        Route("/login/oauth/access_token", access_token, methods=["POST"]),
    ]
