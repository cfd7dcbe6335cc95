"""Runs that were asked for where no thread is: where theirs is, once our own message has opened it."""

from dataclasses import replace

from integrations.types.chat import ThreadRef
from tasks.domain.request import ChannelPlace, ChatPlace
from tasks.domain.results import ThreadOpened
from tasks.domain.run import Run


def without_thread(run: Run) -> ChannelPlace | None:
    """The channel in which the run's thread is still to be opened."""
    place = run.request.place
    return place if isinstance(place, ChannelPlace) else None


def opened(run: Run, event: ThreadOpened) -> Run:
    """From here on it is a run of this thread, and our message stands for the one that asked. The first one counts."""
    place = without_thread(run)
    if place is None:
        return run
    message = event.message
    thread = ThreadRef(place.team, message.channel, message.ts)
    return replace(run, request=replace(run.request, place=ChatPlace(thread, message)))
