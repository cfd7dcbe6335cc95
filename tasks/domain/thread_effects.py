"""What is written because of what people do in the thread beside the work: questions, reminders, acks, the end of a branch. Pure."""

from tasks.domain.decisions import Accepted, Explained, TurnTaken
from tasks.domain.effect import Effect, chat, host
from tasks.domain.events import Event
from tasks.domain.facts import QuestionAnswered, Replied
from tasks.domain.files import Attached
from tasks.domain.in_thread import Nudge
from tasks.domain.remarks import Heard
from tasks.domain.run import ENDED, Run, RunState
from tasks.domain.thread_events import (
    Assumed,
    BranchDiscarded,
    FilesGiven,
    Nudged,
    PlanProposed,
    RequestEdited,
)
from tasks.domain.thread_presses import HAND_OFF

STOP = "stop"
"""The lane of a stop's confirmation, which waits behind no other post of its run."""

LOUD = frozenset({"M2", "M3", "M6", "M7", "M8", "M14", "M18", "M19", "owner", "handed"})
"""The posts that a muted run makes all the same: it is ready, failed or over, or it waits for somebody."""

QUEUED, APPLIED, KEPT = "eyes", "saluting_face", "memo"
"""Reactions on what people write in the thread: taken, heard by the agent, kept and not heard."""

_UNDECIDED = (RunState.received, RunState.triaging, *ENDED)


def thread_effects(before: Run, event: Event, after: Run) -> tuple[Effect, ...]:
    """The writes that only the thread causes."""
    return (*_said(before, event, after), *_settled(before, event, after))


def _said(before: Run, event: Event, after: Run) -> list[Effect]:
    match event:
        case PlanProposed(number) if after.state is RunState.needs_input:
            return [chat("post", priority=1, name=f"M4.{number}", question=str(number))]
        case Assumed(number) if after.thread.assumption(number):
            return [chat("post", priority=2, name=f"M3.{number}")]
        case Nudged() if len(after.thread.nudges) > len(before.thread.nudges):
            return _nudged(before, event, after)
        case RequestEdited(_, _, True) if after.state not in ENDED:
            return [chat("tell", priority=2, about="deleted", user=after.request.requester.id)]
        case Explained() if after.state is RunState.answered:
            return [chat("post", priority=2, name="M18")]
        case TurnTaken():
            return _heard(before, after)
        case Replied(_, _, message, False) if before.thread.context == 0 and after.thread.context == 1:
            return [_ack(message.channel, message.ts, KEPT)]
        case FilesGiven() if after.inspection is not None and after.state not in _UNDECIDED:
            return _files(after.thread.files[len(before.thread.files) :])
        case Accepted():
            return _files(after.thread.files)
        case BranchDiscarded() if after.thread.discarded and not before.thread.discarded:
            return [_stop_told(), chat("card", slot="card")]
        case BranchDiscarded():
            return [chat("card", slot="card")]
    return []


def _files(given: tuple[Attached, ...]) -> list[Effect]:
    """Nothing is read for somebody of whom nobody knows yet whether they may ask."""
    return [chat("file", file=a.file.id) for a in given if a.awaited]


def _nudged(before: Run, event: Nudged, after: Run) -> list[Effect]:
    match event.what:
        case Nudge.reminded:
            return [chat("tell", priority=2, about="reminder", user=after.request.requester.id)]
        case Nudge.handed_over:
            return [chat("post", priority=1, name="owner", question=str(event.question))]
    closed = [
        chat("settle", question=str(event.question), answer="", by=""),
        chat("post", priority=1, lane=STOP, name="M14"),
    ]
    written = [host("stopped_comment"), host("progress", slot="progress")] if before.pr else []
    return [*closed, *written]


def _heard(before: Run, after: Run) -> list[Effect]:
    """Words that the agent has read by now."""
    fresh = (s for s in after.steering if before.steering_seen < s.seq <= after.steering_seen)
    return [_ack(s.message.channel, s.message.ts, APPLIED) for s in fresh if s.message]


def _settled(before: Run, event: Event, after: Run) -> list[Effect]:
    """Questions with a default lose their buttons once answered, and once an answer could change nothing any more."""
    known = before.thread
    if isinstance(event, QuestionAnswered) and (asked := known.assumption(event.question)):
        told = after.thread.assumption(event.question)
        fresh = told and told.answer and not asked.answer
        return [chat("settle", name=asked.post, answer=event.answer, by=event.by.id)] if fresh else []
    over = (RunState.ready, *ENDED)
    if after.state not in over or before.state in over:
        return []
    return [chat("settle", name=a.post, answer=a.default, by="") for a in known.assumptions if not a.answer]


def judged(heard: Heard, before: Run, after: Run) -> list[Effect]:
    """What an allowed press in the thread asks for; `before` is the run it was made in."""
    match heard.remark.verb:
        case "approve plan":
            return [_plan_settled(before, "Approve and build", heard)]
        case "change plan":
            return [_plan_settled(before, heard.remark.words, heard)]
        case "discard":
            return [host("discard", priority=1, oid=after.pushed_oid, branch=after.branch)]
        case "take over":
            return [chat("post", priority=2, name="handed"), chat("card", slot="card")]
    return []


def _plan_settled(before: Run, answer: str, heard: Heard) -> Effect:
    number = before.question.number if before.question else 0
    return chat("settle", name=f"M4.{number}", answer=answer, by=heard.remark.by.id)


def refused_to(heard: Heard) -> str:
    """Who hears that it was refused: whoever asked for it, which in a hand-over is not the one it is about."""
    return heard.remark.words if heard.remark.verb == HAND_OFF else heard.remark.by.id


def audible(effect: Effect, run: Run) -> bool:
    """Whether a muted run writes this."""
    name = effect.get("name")
    return not run.thread.muted or effect.kind != "chat.post" or name in LOUD or name.startswith("M4.")


def shown(run: Run) -> tuple[object, ...]:
    """What the card shows of the thread."""
    thread = run.thread
    assumed = tuple((a.number, a.answer) for a in thread.assumptions)
    read = tuple((a.awaited, a.problem) for a in thread.files)
    return (
        read,
        thread.muted,
        thread.edited,
        thread.discarded,
        assumed,
        run.request.requester,
        thread.helper,
        thread.follows,
    )


def _stop_told() -> Effect:
    return chat("amend", priority=2, lane=STOP, name="M14")


def _ack(channel: str, ts: str, name: str) -> Effect:
    return chat("ack", channel=channel, ts=ts, name=name)
