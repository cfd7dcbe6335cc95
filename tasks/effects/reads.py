"""What a message says on which a run is about to start."""

from functools import partial

from integrations.errors import Rejected
from integrations.types.chat import MessageRef, ThreadRef
from tasks.begin import begin
from tasks.domain.drafts import DraftState
from tasks.domain.request import Quotation
from tasks.effects.ports import OutsidePorts, Settled
from tasks.messages.forms import unreadable
from tasks.store import drafts
from tasks.store.outbox import Intent
from tasks.store.store import Store, Tx

LONGEST = 8_000
"""Characters of a message that are kept."""


def read(intent: Intent, ports: OutsidePorts, store: Store) -> Settled | None:
    """Reads the message on which a run is about to start, once; who asked for that is told where it cannot be read.

    News of a reaction may come out of order: one that stands there no more was taken back before we heard that it was put there.
    """
    given = intent.effect.get
    message = MessageRef(given("channel"), given("ts"))
    with store.reading() as tx:
        draft = drafts.of(tx.conn, given("draft"))
    if draft is None or draft.state is not DraftState.open or draft.known:
        return None
    try:
        found = ports.chat.message(message)
    except Rejected:
        found = None
    if found and found.surely_without(given("reaction"), draft.request.requester.id):
        return partial(_dropped, draft=draft.id)
    if found is None or not found.text.strip():
        where = ThreadRef(given("team"), message.channel, message.ts)
        ports.chat.whisper(where, user=draft.request.requester.id, content=unreadable())
        return partial(_dropped, draft=draft.id)
    quoted = Quotation(found.author, found.text[:LONGEST], message)
    return partial(_quoted, draft=draft.id, quoted=quoted, thread_ts=found.thread_ts or message.ts)


def _dropped(tx: Tx, *, draft: str) -> tuple[str, ...]:
    drafts.end(tx.conn, draft, DraftState.dropped)
    return ()


def _quoted(tx: Tx, *, draft: str, quoted: Quotation, thread_ts: str) -> tuple[str, ...]:
    """Where the reading took longer than the grace, it begins here."""
    filled = drafts.quote(tx.conn, draft, quoted, thread_ts=thread_ts)
    return begin(tx, filled) if filled and filled.due_at and filled.due_at <= tx.now else ()
