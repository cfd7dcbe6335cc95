"""What programs may ask of us, with the dashboard's token: for now the kill switch."""

import hmac
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, StrictBool, StrictStr, ValidationError
from starlette.concurrency import run_in_threadpool

from bot.wire import FORM_CAP, FORM_TIMEOUT_S, read_body
from integrations.untrusted import visible
from tasks.settings import Settings
from tasks.store import switches
from tasks.store.store import Store


class Turn(BaseModel):
    """`on` stops every landing; `reason` is kept with it."""

    model_config = ConfigDict(extra="forbid")

    on: StrictBool
    reason: StrictStr = ""


def api_router(store: Store, settings: Settings) -> APIRouter:
    """GET and POST /api/kill-switch. Without a dashboard token set, nobody may."""
    router = APIRouter(prefix="/api")
    token = settings.dashboard_token.get_secret_value().strip()

    def admits(request: Request) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        return bool(token) and hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())

    @router.get("/kill-switch")
    async def shown(request: Request) -> JSONResponse:
        if not admits(request):
            return _denied()
        return JSONResponse(await run_in_threadpool(_state, store))

    @router.post("/kill-switch")
    async def turned(request: Request) -> JSONResponse:
        if not admits(request):
            return _denied()
        raw = await read_body(request, cap=FORM_CAP, timeout_s=FORM_TIMEOUT_S)
        try:
            turn = Turn.model_validate_json(raw)
        except ValidationError as wrong:
            return _unreadable(wrong)
        await run_in_threadpool(_turn, store, turn)
        return JSONResponse(await run_in_threadpool(_state, store))

    return router


def _denied() -> JSONResponse:
    return JSONResponse({"error": "AUTH-004", "message": "That token is not accepted here."}, 403)


def _unreadable(wrong: ValidationError) -> JSONResponse:
    """What was sent is not sent back: not all of it can be."""
    named = {".".join(str(part) for part in fault["loc"]) for fault in wrong.errors(include_input=False)}
    fields = [ascii(field)[1:-1][:80] for field in sorted(named)][:10]
    sentence = "The body of the request is not what this address reads."
    return JSONResponse({"error": "REQ-422", "message": sentence, "fields": fields}, 422)


def _turn(store: Store, turn: Turn) -> None:
    with store.writing() as tx:
        switches.turn(tx.conn, tx.now, on=turn.on, by="API", reason=visible(turn.reason))


def _state(store: Store) -> dict[str, Any]:
    with store.reading() as tx:
        last = switches.turns(tx.conn)
        turns = [{**asdict(t), "at": t.at.isoformat()} for t in last]
        return {"state": switches.state(tx.conn).value, "turns": turns}
