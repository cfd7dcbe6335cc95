"""Starting what people asked for before they had linked an account: each request once, in the transaction that takes it."""

from tasks.domain.facts import RunRequested
from tasks.domain.request import Account
from tasks.domain.run import Run
from tasks.store import kept
from tasks.store.accounts import Accounts, Whose
from tasks.store.store import Tx


def begin(tx: Tx, whose: Whose, account: Account) -> tuple[Run, ...]:
    """Starts what this person asked for within the hour."""
    wanted = kept.take(tx.conn, tx.now, whose, account)
    tx.drop_notices(tuple(f"chat.{lane(event)}" for event in wanted if event.request.chat))
    return tx.start_runs(wanted)


def begin_overdue(tx: Tx) -> tuple[Run, ...]:
    """Starts what was kept in the very moment in which its requester linked an account; drops what waited too long."""
    waiting = kept.overdue(tx.conn, tx.now)
    linked = Accounts({}).all_of(tx.conn, waiting)
    return tuple(run for whose in waiting if whose in linked for run in begin(tx, whose, linked[whose]))


def lane(event: RunRequested) -> str:
    """The lane of what is said of a request while it waits."""
    place = event.request.chat
    return f"kept.{place.origin.ts}"[:34] if place else "kept"
