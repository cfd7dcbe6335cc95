"""Drafts whose time has come, begun by whoever notices first: the web process, the publisher or the sweep."""

from tasks.domain.drafts import Draft, DraftState
from tasks.domain.policy import words_of
from tasks.domain.request import RunRequest
from tasks.domain.titles import title_of
from tasks.store import drafts
from tasks.store.store import Tx


def begin_due(tx: Tx) -> tuple[str, ...]:
    """Ids of the runs that begin now: each draft begins once."""
    return tuple(run_id for draft in drafts.due(tx.conn, tx.now) for run_id in begin(tx, draft))


def begin(tx: Tx, draft: Draft) -> tuple[str, ...]:
    """The run that a draft becomes; none where it has begun or was dropped."""
    if not drafts.end(tx.conn, draft.id, DraftState.begun):
        return ()
    return (tx.start_run(draft.request, title(draft.request)).id,)


def title(request: RunRequest) -> str:
    """Of somebody who only pointed to a message, that message says what it is about."""
    return title_of(request.quoted.text if request.quoted else words_of(request))
