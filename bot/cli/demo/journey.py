"""One request, watched from outside until the run is ready, or is not going to be."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from bot.cli.demo.document import document
from bot.cli.demo.thread import SlackThread
from bot.cli.demo.world import CHANNEL, TEAM, World
from tasks.domain.run import ENDED, Run, RunState
from tasks.store.engine import open_engine
from tasks.store.outbox import PENDING, SENDING
from tasks.store.store import Store

READY, FAILED, NEEDS_PERSON, LATE = 0, 1, 3, 4
ASKS = (RunState.needs_input, RunState.disputed)


class NeverStarted(Exception):
    """The request was posted and no run began in time."""


@dataclass(frozen=True, slots=True)
class Journey:
    """What came of it: the exit code, and the document to print."""

    code: int
    document: dict[str, Any]


def travel(
    world: World, request: str, *, say: Callable[[str], None], timeout_s: float, stopped: Callable[[], bool]
) -> Journey:
    """Posts the request and tells the thread as it happens. Raises NeverStarted, StartFailed."""
    engine = open_engine(world.settings.database, pool_size=2)
    store = Store(engine)
    deadline = time.monotonic() + timeout_s
    with httpx2.Client(timeout=10, trust_env=False) as http:
        thread = SlackThread(world.urls.slack, http)
        asked_at = time.time()
        thread.ask(request)
        say(f"thread    {thread.page}")
        code: int | None = None
        while code is None:
            world.check()
            for line in thread.news():
                say(line)
            code = LATE if time.monotonic() > deadline or stopped() else outcome(store, thread.ts)
            time.sleep(0.15)
        for line in thread.news():
            say(line)
        run = _run(store, thread.ts)
        if run is None:
            raise NeverStarted(f"No run began within {timeout_s:g} s.")
        with store.reading() as tx:
            events = tx.events(run.id)
        found = document(run, events, thread, asked_at=asked_at)
    engine.dispose()
    return Journey(code, found)


def outcome(store: Store, thread_ts: str) -> int | None:
    """The exit code once nothing more will happen by itself, and everything that is to be said has been said."""
    run = _run(store, thread_ts)
    if run is None or not _told(store, run.id):
        return None
    if run.state is RunState.ready:
        return READY
    if run.state in ASKS:
        return NEEDS_PERSON
    return FAILED if run.state in ENDED else None


def _told(store: Store, run_id: str) -> bool:
    with store.reading() as tx:
        return all(intent.state not in (PENDING, SENDING) for intent in tx.outbox(run_id))


def _run(store: Store, thread_ts: str) -> Run | None:
    with store.reading() as tx:
        runs = tx.runs_in_thread(TEAM, CHANNEL, thread_ts)
    return runs[0] if runs else None
