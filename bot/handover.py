"""A request that its author may not start, handed to whoever may: one post in the thread, one button, one run. Pure."""

from dataclasses import replace

from bot import replies
from bot.inbound import Press
from bot.routed import HandedOver, Ignored, Invited, Known, NewRun, Routed
from integrations.types.chat import MessageRef
from tasks.domain.presses import same_person
from tasks.domain.request import ChatPlace
from tasks.domain.run import Run, RunState
from tasks.messages.refusals import ASK_TEAM, OTHER_ACCOUNT, START, may_be_handed_over

ACTIONS = frozenset({ASK_TEAM, START, OTHER_ACCOUNT})


def handed(press: Press, run: Run, known: Known) -> Routed:
    """What one of these buttons means."""
    place = run.request.chat
    if place is None:
        return Ignored("no thread", replies.over_already(run))
    if press.action == OTHER_ACCOUNT:
        return Invited(press.by, ChatPlace(place.thread, MessageRef(place.thread.channel, "")))
    if not may_be_handed_over(run):
        return Ignored("nothing to hand over", replies.over_already(run))
    if press.action == ASK_TEAM:
        own = same_person(press.by, run.request.requester)
        return HandedOver(run) if own else Ignored("not theirs", replies.not_yours(run))
    return _started(press, run, known)


def _started(press: Press, run: Run, known: Known) -> Routed:
    """The same words at the same place, as the request of whoever pressed: whether they may start is judged as for any."""
    taken = next((r for r in known.runs if r.id != run.id and _goes_on(r, run)), None)
    if taken is not None:
        return Ignored("begun already", replies.over_already(taken))
    request = replace(
        run.request, requester=press.by, account=known.account, received_at=known.now, kept=True
    )
    return NewRun(request, run.title)


def _goes_on(other: Run, run: Run) -> bool:
    """Whether the same words in the same thread have become a run that was not declined too."""
    same = other.request.place == run.request.place and other.request.text == run.request.text
    return same and other.state not in (RunState.declined, RunState.cancelled)
