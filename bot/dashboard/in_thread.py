"""What people do in a run's thread beside asking and answering, as lines of the timeline. Pure."""

from bot.dashboard.entry import Entry, Names, by_agent, by_person, by_us, name
from tasks.domain.events import Event
from tasks.domain.facts import RepoChanged
from tasks.domain.in_thread import Nudge
from tasks.domain.results import ThreadOpened
from tasks.domain.thread_events import (
    Assumed,
    BranchDiscarded,
    FileRead,
    FilesGiven,
    FollowsUp,
    Muted,
    NewTextTaken,
    Nudged,
    PlanProposed,
    ReplyEdited,
    RequestEdited,
)
from tasks.messages.words import clock_time, count

_NUDGES = {
    Nudge.reminded: "Reminded the requester of the open question.",
    Nudge.handed_over: "Asked the channel's owner as well.",
    Nudge.given_up: "Closed: nobody answered.",
}


def in_the_thread(event: Event, names: Names) -> Entry | None:
    """One event as one line, None where it is about something else."""
    match event:
        case RepoChanged(by, repo):
            return by_person(f"{name(by, names)} meant another repository: {repo}.")
        case Muted(by, on):
            return by_person(f"{name(by, names)} {'muted' if on else 'unmuted'} the run.")
        case RequestEdited(by, _, True):
            return by_person(f"{name(by, names)} deleted the message that asked; nothing is stopped by that.")
        case RequestEdited(by, text):
            return by_person(f"{name(by, names)} edited the request; it counts as it was.", text)
        case NewTextTaken(by):
            return by_person(f"{name(by, names)} let the edited request count.")
        case ReplyEdited(by, _, ""):
            return by_person(f"{name(by, names)} took words back.")
        case ReplyEdited(by, _, text):
            return by_person(f"{name(by, names)} edited words.", text)
    return _asked(event) or _done(event)


def _asked(event: Event) -> Entry | None:
    match event:
        case PlanProposed(_, items):
            return by_agent("Showed its plan and waits for a yes.", "\n".join(f"• {item}" for item in items))
        case Assumed(_, text, _, default, until):
            return by_agent(f"Asked and went on: {text}", f"Going with {default} at {clock_time(until)}.")
        case Nudged(_, what):
            return by_us(_NUDGES[what], problem=what is Nudge.given_up)
    return None


def _done(event: Event) -> Entry | None:
    match event:
        case ThreadOpened():
            return by_us("Opened its thread.")
        case FollowsUp(run_id):
            return by_us(f"Goes on from {run_id}.")
        case FilesGiven(files):
            return by_us(f"Got {count(len(files), 'file')}.", "\n".join(f.name for f in files))
        case FileRead(_, _, problem) if problem:
            return by_us(f"Could not read a file: {problem}.", problem=True)
        case FileRead(_, text):
            return by_us(f"Read a file of {count(len(text), 'character')}.")
        case BranchDiscarded(branch, _, problem) if problem:
            return by_us(f"Did not discard {branch}.", problem, problem=True)
        case BranchDiscarded(branch, oid):
            return by_us(f"Discarded {branch}, which was at {oid[:7]}.")
    return None
