"""What happens in the thread beside the work, folded."""

from dataclasses import replace

from tasks.domain import files
from tasks.domain import plan as plans
from tasks.domain.decisions import Noted
from tasks.domain.events import Event, Recorded
from tasks.domain.in_thread import PLAN, Assumption, Discarded, Edited, InThread, Nudge, Proposal
from tasks.domain.run import ENDED, Question, Run, RunState, Steer
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

NOT_DISCARDED = "GIT-016"
"""The branch was left where it is."""


def threaded(run: Run, event: Event, recorded: Recorded) -> Run:
    thread = run.thread
    match event:
        case PlanProposed() if run.state not in ENDED:
            return _proposed(replace(run, step_failure=None), event)
        case Assumed(number, text, options, default, until) if run.state not in ENDED:
            made = (*thread.assumptions, Assumption(number, text, options, default, until))
            return replace(run, questions_asked=number, thread=replace(thread, assumptions=made))
        case Nudged() if run.question and run.question.number == event.question:
            return _nudged(run, event)
        case Muted(_, on):
            return replace(run, thread=replace(thread, muted=on))
        case RequestEdited(_, text, deleted):
            edited = thread.edited if deleted else Edited(text, recorded.at)
            return replace(run, thread=replace(thread, edited=edited, deleted=deleted))
        case NewTextTaken(by) if thread.edited and not thread.edited.taken and run.state not in ENDED:
            words = Steer(thread.edited.text, by, recorded.seq, request=True)
            taken = replace(thread, edited=replace(thread.edited, taken=True))
            return replace(run, steering=(*run.steering, words), thread=taken)
        case FollowsUp(run_id):
            return replace(run, thread=replace(thread, follows=run_id))
        case FilesGiven(given):
            return replace(run, thread=replace(thread, files=files.taken(thread.files, given)))
        case FileRead(file_id, text, problem):
            return replace(
                run, thread=replace(thread, files=files.told(thread.files, file_id, text, problem))
            )
        case ReplyEdited():
            return _reworded(run, event, recorded)
        case BranchDiscarded(_, _, problem) if problem:
            kept = Noted(NOT_DISCARDED, problem)
            return replace(run, notes=(*run.notes, kept), thread=replace(thread, discarding=None))
        case BranchDiscarded(branch, oid) if oid == run.pushed_oid:
            gone = Discarded(branch, thread.discarding or run.request.requester)
            after = replace(run, pushed_oid="", branch="", submission=None, gates=(), gated_oid="")
            return replace(after, thread=replace(thread, discarding=None, discarded=gone))
    return run


def _proposed(run: Run, event: PlanProposed) -> Run:
    return replace(
        run,
        state=RunState.needs_input,
        question=Question(event.number, PLAN, "Approve the plan"),
        questions_asked=event.number,
        plan=plans.start_work(plans.with_work(event.items), 0),
        thread=replace(
            run.thread, proposal=Proposal(event.number, event.items, event.files, event.not_doing)
        ),
    )


def _nudged(run: Run, event: Nudged) -> Run:
    told = replace(run.thread, nudges=(*run.thread.nudges, (event.question, event.what)))
    match event.what:
        case Nudge.handed_over:
            return replace(run, thread=replace(told, helper=event.to))
        case Nudge.given_up if run.state is RunState.needs_input:
            closed = replace(told, unanswered=True)
            return replace(run, state=RunState.cancelled, question=None, thread=closed)
    return replace(run, thread=told)


def _reworded(run: Run, event: ReplyEdited, recorded: Recorded) -> Run:
    """Words that the agent has not heard are replaced: by new ones of their own number, as it may be hearing the old ones now."""
    said = next((s for s in run.steering if s.message == event.message and s.seq > run.steering_seen), None)
    if said is None:
        return run
    others = tuple(s for s in run.steering if s is not said)
    if not event.text:
        return replace(run, steering=others)
    return replace(run, steering=(*others, replace(said, text=event.text, seq=recorded.seq)))


def late_answer(run: Run, number: int, answer: str, steer: Steer) -> Run:
    """An answer to a question that the work did not wait for: another one than the default changes its course."""
    asked = run.thread.assumption(number)
    if asked is None or asked.answer or run.state in ENDED or run.state is RunState.ready:
        return run
    known = tuple(replace(a, answer=answer) if a.number == number else a for a in run.thread.assumptions)
    after = replace(run, thread=replace(run.thread, assumptions=known))
    if answer == asked.default:
        return after
    return replace(after, steering=(*run.steering, replace(steer, text=f"{asked.text} {answer}")))


def kept_context(thread: InThread) -> InThread:
    """One message more that was not meant for us."""
    return replace(thread, context=thread.context + 1)
