"""/healthz: this process answers. /readyz: it can also store what it hears."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from tasks.store.store import Store

router = APIRouter()


@router.get("/healthz")
async def healthz() -> JSONResponse:
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """200 when SQL answers; StoreDown becomes 503 in the app's handlers."""
    store: Store = request.app.state.store
    await run_in_threadpool(_touch, store)
    return JSONResponse({"status": "ready"})


def _touch(store: Store) -> None:
    with store.reading() as tx:
        tx.recent(1)
