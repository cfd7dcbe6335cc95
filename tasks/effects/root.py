"""The message of ours that opens a run's thread: in the channel where it was asked or, where we may not write, in a direct message."""

from datetime import timedelta

from integrations.errors import Rejected
from integrations.types.chat import MessageRef, ThreadRef
from tasks.domain.events import Event
from tasks.domain.folds.opened import without_thread
from tasks.domain.results import ThreadOpened
from tasks.effects.ports import EffectFunction, Moment, OutsidePorts
from tasks.messages import roots as messages

EARLIER = timedelta(minutes=1)
"""Nothing of ours was posted longer than this before it was wanted."""


def root(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Posts it once. What may have been posted already is looked for in both places before anything is posted again."""
    place = without_thread(moment.run)
    if place is None:
        return None
    if moment.intent.doubtful and (found := opened_after_all(moment, ports)):
        return found
    moment.insist()
    if place.channel:
        try:
            return ThreadOpened(_post(moment, ports, place.channel))
        except Rejected:
            moment.insist()
    direct = ports.chat.direct(moment.run.request.requester.id)
    return ThreadOpened(_post(moment, ports, direct, away_from=place.channel), bool(place.channel))


def opened_after_all(moment: Moment, ports: OutsidePorts) -> Event | None:
    """The one that stands, if one does."""
    place = without_thread(moment.run)
    if place is None:
        return None
    since = moment.intent.created_at - EARLIER
    direct = ports.chat.direct(moment.run.request.requester.id)
    for channel in filter(None, (place.channel, direct)):
        where = ThreadRef(place.team, channel, "")
        if found := ports.chat.find_post(where, outbox_id=moment.outbox_id, since=since):
            return ThreadOpened(found.ref, bool(place.channel) and channel == direct)
    return None


def _post(moment: Moment, ports: OutsidePorts, channel: str, *, away_from: str = "") -> MessageRef:
    request = moment.run.request
    content = messages.root(moment.run, away_from=away_from)
    where = ThreadRef(request.requester.account, channel, "")
    return ports.chat.post(where, content, outbox_id=moment.outbox_id)


ROOT_EFFECTS: dict[str, EffectFunction] = {"chat.root": root}
