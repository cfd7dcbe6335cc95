"""Writes to the chat: the card, the posts, the one reaction, the session status."""

from integrations.errors import Unknown
from integrations.types.chat import MessageRef, OutgoingMessage
from tasks.domain.effects import reaction_of, session_of
from tasks.domain.events import Event
from tasks.domain.request import ChatPlace
from tasks.domain.results import CardPosted, Posted
from tasks.domain.run import ENDED, RunState
from tasks.domain.thread_effects import APPLIED, QUEUED
from tasks.effects.direct import direct
from tasks.effects.people import readable_options
from tasks.effects.ports import EffectFunction, Moment, OutsidePorts
from tasks.effects.root import ROOT_EFFECTS
from tasks.effects.thread import THREAD_EFFECTS, out_of_date
from tasks.messages import chat as messages
from tasks.messages import presses as pressed
from tasks.messages.phases import wanted

LOCKED = "lock"
REDRAWN = frozenset({"M6", "M19"})
"""Posts that can be drawn in any state."""
UNREPEATABLE = frozenset({"chat.whisper", "chat.connect"})
"""What cannot be looked up after a lost answer: it stays unknown."""


def card(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Posts the card once, then edits it; always as the run stands now."""
    content = messages.card(moment.run, now=moment.now, links=ports.links)
    if moment.run.card:
        ports.chat.update(moment.run.card, content)
        return None
    return CardPosted(_post_once(moment, ports, content))


def post(moment: Moment, ports: OutsidePorts) -> Event | None:
    """One post, in the words of the moment it belongs to."""
    name = moment.intent.effect.get("name")
    if _out_of_date(name, moment) or not wanted(name, moment.channel().verbosity):
        return None
    then = readable_options(moment.then, ports) if name == "M2" else moment.then
    content = messages.post(name, then, now=moment.now, links=ports.links)
    return Posted(name, _post_once(moment, ports, content))


def amend(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Brings a post up to date with what turned out to be left behind after it was written."""
    name = moment.intent.effect.get("name")
    posted = [ref for posted_name, ref in moment.run.posts if posted_name == name]
    if posted and (name in REDRAWN or moment.run.state is moment.then.state):
        ports.chat.update(posted[-1], messages.post(name, moment.run, now=moment.now, links=ports.links))
    return None


def settle(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Edits a question or dispute to its answer; it loses its buttons."""
    effect = moment.intent.effect
    names = {effect.get("name")} if effect.get("name") else {"M2", "M3"}
    posted = [ref for name, ref in moment.run.posts if name in names]
    if posted:
        content = messages.settled(answer=effect.get("answer"), by=effect.get("by"))
        ports.chat.update(posted[-1], content)
    return None


def whisper(moment: Moment, ports: OutsidePorts) -> Event | None:
    """An ephemeral refusal, to the requester or to whoever pressed a button. It cannot be looked up, so it is never said twice."""
    if moment.intent.doubtful:
        raise Unknown("It may have been said already, and a whisper cannot be looked up.", code="OUT-006")
    request, place = moment.run.request, _place(moment)
    if heard := moment.then.heard(moment.intent.effect.get("remark")):
        told = pressed.declined(moment.then, heard)
        to = moment.intent.effect.get("to") or heard.remark.by.id
        ports.chat.whisper(place.thread, user=to, content=told)
        return None
    content = messages.refusal(moment.then, now=moment.now, links=ports.links)
    ports.chat.whisper(place.thread, user=request.requester.id, content=content)
    return None


def reaction(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Makes the state's reaction our only one on the originating message."""
    name = reaction_of(moment.run)
    left = (*moment.reactions, LOCKED) if moment.run.request.kept else moment.reactions
    previous = tuple(other for other in left if other != name)
    ports.chat.set_reaction(_place(moment).origin, name=name, previous=previous)
    return None


def ack(moment: Moment, ports: OutsidePorts) -> Event | None:
    """Marks what was written in the thread: taken, heard by the agent, only kept, or refused."""
    effect = moment.intent.effect
    message, name = MessageRef(effect.get("channel"), effect.get("ts")), effect.get("name") or QUEUED
    if message != _place(moment).origin:
        ports.chat.set_reaction(message, name=name, previous=(QUEUED,) if name == APPLIED else ())
    return None


def session(moment: Moment, ports: OutsidePorts) -> Event | None:
    """The native agent-session status of the thread."""
    run = moment.run
    ports.chat.set_session(
        _place(moment).thread,
        status=session_of(run),
        title=f"{run.id} · {run.title}"[:200],
        user=run.request.requester.id,
    )
    return None


def _out_of_date(name: str, moment: Moment) -> bool:
    """Whether the run went on meanwhile: nobody is asked what is answered, or sent to look at what was stopped."""
    run = moment.run
    match name:
        case "M2" | "M3" | "owner":
            return run.question is None or str(run.question.number) != moment.intent.effect.get("question")
        case "M7":
            return run.state is not RunState.disputed
        case "M13":
            return run.state in ENDED or run.pr is not None
        case "M5" | "M6":
            return run.state in ENDED
    return "." in name and out_of_date(name, run)


def _place(moment: Moment) -> ChatPlace:
    """No effect of the chat follows from a run that was asked for elsewhere."""
    place = moment.run.request.chat
    assert place is not None
    return place


def _post_once(moment: Moment, ports: OutsidePorts, content: OutgoingMessage) -> MessageRef:
    thread = _place(moment).thread
    if moment.intent.doubtful:
        found = ports.chat.find_post(thread, outbox_id=moment.outbox_id)
        if found:
            return found.ref
    moment.insist()
    return ports.chat.post(thread, content, outbox_id=moment.outbox_id)


CHAT_EFFECTS: dict[str, EffectFunction] = {
    "chat.card": card,
    "chat.post": post,
    "chat.phase": post,
    "chat.direct": direct,
    "chat.amend": amend,
    "chat.settle": settle,
    "chat.whisper": whisper,
    "chat.reaction": reaction,
    "chat.ack": ack,
    "chat.session": session,
    **ROOT_EFFECTS,
    **THREAD_EFFECTS,
}
