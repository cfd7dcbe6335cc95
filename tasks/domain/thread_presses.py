"""What people may ask of a run in its thread that only the code host can allow, beside what stands in presses.py. Pure."""

from dataclasses import replace

from tasks.domain.in_thread import PLAN
from tasks.domain.permission import Action
from tasks.domain.remarks import Remark
from tasks.domain.request import Account
from tasks.domain.run import ENDED, Run, RunState
from tasks.domain.thread_events import Muted, NewTextTaken

APPROVE, CHANGE_PLAN, DISCARD, HAND_OFF = "approve plan", "change plan", "discard", "take over"

TAKE_TEXT, MUTE, UNMUTE = "use the new text", "mute", "unmute"
"""What the requester may do at once, and somebody else once the code host has been asked."""

ACTIONS = {
    APPROVE: Action.approve_plan,
    CHANGE_PLAN: Action.approve_plan,
    DISCARD: Action.discard,
    HAND_OFF: Action.start,
    TAKE_TEXT: Action.steer,
    MUTE: Action.steer,
    UNMUTE: Action.steer,
}
"""Verb → the row of who may. Of a hand-over it is the new requester that is asked about."""

_LEFT_BEHIND = (RunState.cancelled, RunState.failed, RunState.closed)


def fits(run: Run, verb: str) -> bool:
    """Whether it can do something in a run that stands like this."""
    match verb:
        case "approve plan" | "change plan":
            asked = run.question is not None and run.question.kind == PLAN
            return asked and run.state is RunState.needs_input
        case "discard":
            return run.state in _LEFT_BEHIND and discardable(run) and run.thread.discarding is None
        case "take over":
            return run.state not in ENDED and bool(run.repo)
        case "use the new text":
            edited = run.thread.edited
            return edited is not None and not edited.taken and run.state not in (*ENDED, RunState.ready)
        case "mute" | "unmute":
            return run.state not in ENDED and run.thread.muted is (verb == UNMUTE)
    return False


def assumes(run: Run, number: int = 0) -> bool:
    """Whether a question with a default can still be answered: this one, or any."""
    over = run.state in ENDED or run.state is RunState.ready
    return not over and any(not a.answer for a in run.thread.assumptions if number in (0, a.number))


def decision(remark: Remark) -> NewTextTaken | Muted | None:
    """The fact that an allowed press stands for, where the requester could have told it at once."""
    match remark.verb:
        case "use the new text":
            return NewTextTaken(remark.by)
        case "mute" | "unmute":
            return Muted(remark.by, remark.verb == MUTE)
    return None


def discardable(run: Run) -> bool:
    """Whether a branch is left that is ours alone, and that no open pull request needs."""
    closed = run.pr is None or run.state is RunState.closed
    ours = not (run.is_theirs or run.foreign or run.adopted)
    return bool(run.pushed_oid and run.branch) and closed and ours


def carried_out(run: Run, remark: Remark) -> Run:
    """What an allowed press does to the run itself. `by.name` is the login of whoever it is about."""
    match remark.verb:
        case "approve plan":
            shown = run.thread.proposal
            agreed = replace(shown, approved_by=remark.by) if shown else None
            return _going_on(replace(run, thread=replace(run.thread, proposal=agreed)), "")
        case "change plan":
            return _going_on(run, remark.words)
        case "discard":
            return replace(run, thread=replace(run.thread, discarding=remark.by))
        case "take over":
            heard = run.heard(remark.key)
            account = Account(remark.by.name, heard.account_id if heard else 0)
            request = replace(run.request, requester=replace(remark.by, name=""), account=account)
            giver = replace(remark.by, id=remark.words, name="")
            return replace(
                run, request=request, login=remark.by.name, thread=replace(run.thread, given_by=giver)
            )
    return run


def _going_on(run: Run, answer: str) -> Run:
    return replace(run, state=RunState.coding, question=None, answer=answer)


def plan_due(run: Run) -> bool:
    """Whether a plan must be approved before anything is built: it was asked for, and nobody has said yes in this attempt."""
    wanted = run.request.options.plan and run.request.chat is not None and run.changes
    return wanted and not run.submission and not (run.thread.proposal and run.thread.proposal.approved_by)
