"""Several requests at once: the offer, and the one message that lists the runs. Its first post is what lets them begin."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

from integrations.errors import Rejected
from integrations.types.chat import MessageRef, ThreadRef
from tasks.begin import title
from tasks.domain.drafts import Draft, DraftState
from tasks.domain.options import BadOption, options_of
from tasks.domain.request import ChannelPlace, ChatPlace, RequestOptions, RunRequest
from tasks.effects.ports import OutsidePorts, Settled
from tasks.messages import several as messages
from tasks.store import drafts
from tasks.store.boards import moved
from tasks.store.outbox import Intent
from tasks.store.store import Store, Tx

EARLIER = timedelta(minutes=1)


def offer(intent: Intent, ports: OutsidePorts, store: Store) -> Settled | None:
    """Asks whoever wrote the list, where it was written."""
    draft = _draft(intent, store)
    place = draft.request.chat if draft else None
    if draft and place and draft.state is DraftState.open:
        ports.chat.whisper(place.thread, user=draft.request.requester.id, content=messages.offer(draft))
    return None


def board(intent: Intent, ports: OutsidePorts, store: Store) -> Settled | None:
    """Posts the list once, and the runs begin with it; edits it from then on, always as they stand now."""
    draft = _draft(intent, store)
    if draft is None or draft.state is not DraftState.begun:
        return None
    if draft.board is None:
        thread, message = _posted(intent, draft, ports)
        return partial(_begun, draft=draft.id, thread=thread, message=message)
    with store.reading() as tx:
        runs = tx.readable(draft.runs)
    if runs:
        newest = max(sum(run.seq for run in runs), 1)
        ports.chat.update(draft.board, messages.board(draft, runs, version=newest))
    return None


def _draft(intent: Intent, store: Store) -> Draft | None:
    with store.reading() as tx:
        return drafts.of(tx.conn, intent.effect.get("draft"))


def _posted(intent: Intent, draft: Draft, ports: OutsidePorts) -> tuple[ThreadRef, MessageRef]:
    """Where the list stands, and the thread that its runs are told in."""
    ours, content = f"board:{draft.id}", messages.board(draft, (), version=1)
    for place in _places(draft, ports, looking=intent.doubtful):
        if intent.doubtful:
            found = ports.chat.find_post(place, outbox_id=ours, since=intent.created_at - EARLIER)
            if found:
                return _thread(place, found.ref), found.ref
    for place in _places(draft, ports, looking=False):
        try:
            message = ports.chat.post(place, content, outbox_id=ours)
        except Rejected:
            continue
        return _thread(place, message), message
    direct = ThreadRef(draft.request.requester.account, ports.chat.direct(draft.request.requester.id), "")
    message = ports.chat.post(direct, content, outbox_id=ours)
    return _thread(direct, message), message


def _places(draft: Draft, ports: OutsidePorts, *, looking: bool) -> list[ThreadRef]:
    """The thread or the channel where it was asked; looked for in the direct message too."""
    request = draft.request
    team = request.requester.account
    places = [request.place.thread] if isinstance(request.place, ChatPlace) else []
    if isinstance(request.place, ChannelPlace) and request.place.channel:
        places = [ThreadRef(team, request.place.channel, "")]
    return [*places, ThreadRef(team, ports.chat.direct(request.requester.id), "")] if looking else places


def _thread(place: ThreadRef, message: MessageRef) -> ThreadRef:
    return ThreadRef(place.team, message.channel, place.thread_ts or message.ts)


def _begun(tx: Tx, *, draft: str, thread: ThreadRef, message: MessageRef) -> tuple[str, ...]:
    """In the transaction that says the list stands: all of its runs, or none."""
    found = drafts.of(tx.conn, draft)
    if found is None or found.runs:
        return ()
    requests = [_request(found, item, ChatPlace(thread, message)) for item in found.items]
    runs = tuple(tx.start_run(request, title(request)).id for request in requests)
    drafts.write(tx.conn, replace(found, runs=runs, board=message))
    moved(tx.conn, tx.now, draft)
    return runs


def _request(draft: Draft, item: str, place: ChatPlace) -> RunRequest:
    """One of them: with its own options, and those of the words above the list."""
    lead = draft.request.text.partition(draft.items[0].split()[0])[0]
    own, shared = _options(item), _options(lead)
    return replace(
        draft.request,
        text=item,
        place=place,
        options=RequestOptions(
            own.repo or shared.repo,
            own.base or shared.base,
            own.sla_s or shared.sla_s,
            own.plan or shared.plan,
        ),
        sla_s=own.sla_s or shared.sla_s or draft.usual_s,
        board=draft.id,
    )


def _options(text: str) -> RequestOptions:
    found = options_of(text)
    return RequestOptions() if isinstance(found, BadOption) else found
