"""A worker's own disk, kept in order by a thread of its own: only it knows its files, and only SQL who works in them."""

import threading

import structlog

from integrations.errors import Retryable
from tasks.store.errors import StoreDown
from tasks.store.store import Store
from tasks.workspace.eviction import Evictor

log = structlog.get_logger(__name__)


def start_upkeep(
    store: Store, evictor: Evictor, *, every_s: float, over: threading.Event
) -> threading.Thread:
    """One pass at once and one every `every_s` until `over`; a pass that cannot be made is made up for by the next."""

    def work() -> None:
        while True:
            keep_up(store, evictor)
            if over.wait(every_s):
                return

    thread = threading.Thread(target=work, name="upkeep", daemon=True)
    thread.start()
    return thread


def keep_up(store: Store, evictor: Evictor) -> None:
    """One pass. Where several workers share a home, one of them makes it."""
    try:
        done = evictor.evict(lambda: _live(store))
    except (StoreDown, OSError) as why:
        log.warning("upkeep_put_off", error=str(why))
    except Retryable:
        return
    else:
        if done.workspaces or done.checkouts or done.leftovers:
            log.info(
                "disk_cleared",
                workspaces=done.workspaces,
                checkouts=done.checkouts,
                leftovers=done.leftovers,
                bytes_left=done.bytes_left,
            )


def _live(store: Store) -> dict[str, int]:
    with store.reading() as tx:
        return tx.epochs_held()
