"""Keeps the claims of writes in flight: a slow fetch or push must not be taken for a publisher that died."""

import threading

import structlog

from tasks.store.errors import StoreDown
from tasks.store.store import Store

log = structlog.get_logger(__name__)


class ClaimKeeper:
    """One per publisher. A claim that is not extended any more is taken over as doubtful after `ttl_s` seconds."""

    def __init__(self, store: Store, *, ttl_s: float) -> None:
        self._store, self._ttl_s = store, ttl_s
        self._claims: set[str] = set()
        self._lock = threading.Lock()

    def add(self, claim: str) -> None:
        with self._lock:
            self._claims.add(claim)

    def drop(self, claim: str) -> None:
        with self._lock:
            self._claims.discard(claim)

    def run(self, over: threading.Event) -> None:
        """Extends what is in flight, three times in each claim's life, until `over` is set."""
        while not over.wait(self._ttl_s / 3):
            try:
                self.once()
            except StoreDown as down:
                log.warning("claims_not_extended", error=str(down))

    def once(self) -> None:
        with self._lock:
            claims = tuple(self._claims)
        if claims:
            with self._store.writing() as tx:
                tx.extend_claims(claims, ttl_s=self._ttl_s)
