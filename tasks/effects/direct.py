"""What the outbox gave up to post in a thread, told to the requester in a direct message instead (UX §5.8)."""

from integrations.types.chat import ThreadRef
from tasks.domain.effect import Effect, chat
from tasks.domain.events import Event
from tasks.domain.run import Run
from tasks.effects.ports import Moment, OutsidePorts
from tasks.messages.elsewhere import told_directly

MUST_BE_KNOWN = frozenset({"M2", "M3", "M6", "M7", "M8", "M14", "M19"})
"""Posts that a person waits for, or that wait for a person."""


def direct_instead(effect: Effect, run: Run) -> Effect | None:
    """The direct message in place of this write, where it is one that somebody must hear of."""
    name = effect.get("name")
    if effect.kind != "chat.post" or name not in MUST_BE_KNOWN or run.request.chat is None:
        return None
    return chat("direct", priority=effect.priority, name=name)


def direct(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Once, in the words of the moment it belongs to."""
    place = moment.run.request.chat
    assert place is not None
    where = ThreadRef(place.thread.team, ports.chat.direct(moment.run.request.requester.id), "")
    ours, since = moment.outbox_id, moment.intent.created_at
    if moment.intent.doubtful and ports.chat.find_post(where, outbox_id=ours, since=since):
        return None
    name = moment.intent.effect.get("name")
    content = told_directly(name, moment.then, now=moment.now, links=ports.links)
    ports.chat.post(where, content, outbox_id=ours)
    return None
