"""What people may ask of a run by a button in the chat, and when that can be meant. Whether they may, the code host says. Pure."""

from dataclasses import replace

from tasks.domain import thread_presses
from tasks.domain.checks import GateOutcome
from tasks.domain.facts import (
    DisputeDecided,
    FeedbackGiven,
    PressedInChat,
    QuestionAnswered,
    Replied,
    RepoChanged,
    RetryRequested,
)
from tasks.domain.folds.moved import may_move
from tasks.domain.permission import TABLE, Action, Actor, Allowed, Rule, may
from tasks.domain.remarks import Heard, Place, Remark, Standing, Why
from tasks.domain.request import Person
from tasks.domain.results import PermissionSeen
from tasks.domain.run import CANNOT_FIX, ENDED, Run, RunState
from tasks.domain.thread_events import Muted, NewTextTaken

CHANGE, CLOSE, KEEP, UNTESTED = "request", "close", "keep trying", "open untested"
"""The verbs of buttons: a change is a request like one in a comment."""

FIX_IT, NO_PROBLEM = "fix it", "not a problem"
"""How a dispute is decided. What is called no problem is waived, and asks for the same rights as a waiver in a comment."""

STEER, ANSWER, RETRY, MOVE = "steer", "answer", "retry", "change repo"
"""What somebody else than the requester says or presses in the thread, where the code host says whether they may."""

ACTIONS = {
    CHANGE: Action.change,
    CLOSE: Action.close,
    KEEP: Action.change,
    UNTESTED: Action.change,
    FIX_IT: Action.decide,
    NO_PROBLEM: Action.waive,
    STEER: Action.steer,
    ANSWER: Action.answer,
    RETRY: Action.resume,
    MOVE: Action.steer,
    **thread_presses.ACTIONS,
}
"""Verb → the row of who may (tasks/domain/permission.py)."""

_CLOSABLE = (RunState.ready, RunState.failed, RunState.cancelled)


def fits(run: Run, verb: str) -> bool:
    """Whether a press can do something in a run that stands like this; where it cannot, there is no button."""
    match verb:
        case "request":
            return run.state is RunState.ready and run.pr is not None and run.foreign is None
        case "close":
            return run.state in _CLOSABLE and run.pr is not None
        case "keep trying":
            given_up = run.state is RunState.failed and run.failure and run.failure.code == CANNOT_FIX
            return bool(given_up) and run.pr is not None and run.ci_result == "red" and run.foreign is None
        case "open untested":
            return _unopened(run) and not held_back(run)
        case "fix it" | "not a problem":
            return run.state is RunState.disputed
        case "steer":
            return run.state not in ENDED and run.state is not RunState.ready
        case "answer":
            asks = run.state is RunState.needs_input and run.question is not None
            return asks or thread_presses.assumes(run)
        case "retry":
            return begins_again(run)
        case "change repo":
            return may_move(run)
    return thread_presses.fits(run, verb)


def begins_again(run: Run) -> bool:
    """Whether a retry has something to do: after an end; and where somebody else pushed, from what they pushed."""
    waits = run.foreign is not None and run.state in (RunState.ready, RunState.needs_input)
    return waits or run.state in (RunState.failed, RunState.cancelled)


def _unopened(run: Run) -> bool:
    """A failed run whose last work went through the gates and never got a pull request."""
    gated = run.submission is not None and run.submission.oid == run.gated_oid
    return run.state is RunState.failed and gated and run.pr is None and not run.foreign and not run.held_by


def held_back(run: Run) -> tuple[str, ...]:
    """Names of the gates that keep a change from being opened even untested: what a person must look at first, and whatever the
    change itself shows, a secret for example. Checks that were run and failed are what "untested" is for.
    """
    if not _unopened(run):
        return ()
    bad = (GateOutcome.failed, GateOutcome.broken)
    return tuple(
        g.name
        for g in run.gates
        if g.outcome is GateOutcome.needs_human or (not g.command and g.outcome in bad)
    )


def remark_of(run: Run, pressed: PressedInChat, seq: int) -> Remark:
    """The press as a remark. Its number is its place in the stream, so no two are the same."""
    by = replace(pressed.by, name=pressed.login)
    row = TABLE[ACTIONS[pressed.verb]] if pressed.verb in ACTIONS else TABLE[Action.change]
    owner = row.owner
    return Remark(Place.chat, seq, by, pressed.words, pressed.verb, pressed.words, row.role, owner)


def refusal(run: Run, heard: Heard, seen: PermissionSeen) -> str:
    """Why this person of the chat may not, "" where they may."""
    if seen.unasked:
        return Why.unasked
    if seen.user_id and heard.account_id not in (0, seen.user_id):
        return Why.account
    asked = same_person(heard.remark.by, run.request.requester)
    actor = Actor(seen.person, True, seen.role, asked, seen.owner)
    verdict = may(actor, ACTIONS.get(heard.remark.verb, Action.change))
    return "" if isinstance(verdict, Allowed) else _WHYS.get(verdict.rule, Why.person)


_WHYS = {Rule.role: Why.role, Rule.owner: Why.owner}


def same_person(one: Person, other: Person) -> bool:
    return (one.provider, one.account, one.id) == (other.provider, other.account, other.id)


Meant = DisputeDecided | Replied | QuestionAnswered | RetryRequested | RepoChanged | NewTextTaken | Muted


def standing(run: Run, heard: Heard) -> tuple[Standing, str]:
    """What an allowed press comes to: a change waits for a round, everything else is done at once."""
    remark = heard.remark
    if not fits(run, remark.verb) or _of_an_earlier_dispute(run, remark) or _of_another_question(run, heard):
        return Standing.moot, Why.moved_on
    return (Standing.waiting if remark.verb == CHANGE else Standing.done), ""


def decision(run: Run, heard: Heard) -> Meant | None:
    """The fact that an allowed press stands for, where the requester could have told it at once."""
    remark = heard.remark
    if standing(run, heard)[0] is not Standing.done:
        return None
    match remark.verb:
        case "fix it" | "not a problem":
            return DisputeDecided(remark.by, remark.verb == FIX_IT, remark.words)
        case "retry":
            return RetryRequested(remark.by)
        case "change repo":
            return RepoChanged(remark.by, remark.words)
        case "answer":
            return QuestionAnswered(heard.question, remark.words, remark.by)
        case "steer" if heard.message:
            return Replied(remark.by, remark.words, heard.message, True)
    return thread_presses.decision(remark)


def _of_an_earlier_dispute(run: Run, remark: Remark) -> bool:
    return remark.verb in (FIX_IT, NO_PROBLEM) and run.state_seq > remark.id


def _of_another_question(run: Run, heard: Heard) -> bool:
    asked = run.question.number if run.question else 0
    late = thread_presses.assumes(run, heard.question)
    return heard.remark.verb == ANSWER and heard.question != asked and not late


def carried_out(run: Run, remark: Remark) -> Run:
    """What an allowed press does to the run itself."""
    match remark.verb:
        case "close":
            return replace(run, closing=remark.by)
        case "fix it":
            return replace(run, granted_by=remark.by)
        case "keep trying":
            return replace(_one_more_round(run), granted_by=remark.by)
        case "open untested":
            freed = replace(run, step_failure=None, effect_failure=None)
            return replace(freed, state=RunState.verifying, untested=remark.by, granted_by=remark.by)
    return thread_presses.carried_out(run, remark)


def _one_more_round(run: Run) -> Run:
    """Back to the repair of CI where it was given up; everything else stands as it did."""
    granted = replace(run, state=RunState.ci_fixing, granted_ci=run.granted_ci + 1, failure=None)
    return replace(granted, step_failure=None, effect_failure=None, ci_rounds=run.ci_rounds + 1)


def with_feedback(run: Run, given: FeedbackGiven) -> Run:
    """The last word of each person counts."""
    others = tuple(f for f in run.feedback if not same_person(f.by, given.by))
    return replace(run, feedback=(*others, given))
