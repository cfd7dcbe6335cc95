"""What people say to a run."""

from dataclasses import replace

from tasks.domain.events import Event, Recorded
from tasks.domain.facts import DisputeDecided, QuestionAnswered, Replied, RetryRequested, StopRequested
from tasks.domain.folds.again import another_attempt
from tasks.domain.folds.thread import kept_context, late_answer, threaded
from tasks.domain.presses import begins_again
from tasks.domain.run import BRANCH, ENDED, RESUME, Run, RunState, Steer
from tasks.domain.thread_events import Muted, NewTextTaken
from tasks.domain.verdict import Outcome, Settled, Status, with_settled


def spoken(run: Run, event: Event, recorded: Recorded) -> Run:
    match event:
        case Replied(by, text, message, True):
            return replace(run, steering=(*run.steering, Steer(text, by, recorded.seq, message)))
        case Replied():
            return replace(run, thread=kept_context(run.thread))
        case QuestionAnswered(number, answer, by) if run.thread.assumption(number):
            return late_answer(run, number, answer, Steer(answer, by, recorded.seq))
        case QuestionAnswered(number, answer):
            return _answered(run, number, answer)
        case NewTextTaken() | Muted():
            return threaded(run, event, recorded)
        case StopRequested(by) if run.state not in ENDED:
            return replace(run, state=RunState.cancelled, stopped_by=by, question=None)
        case RetryRequested() if begins_again(run):
            return another_attempt(run)
        case DisputeDecided(_, fix, reason) if run.state is RunState.disputed:
            if fix:
                return replace(run, state=RunState.revising, granted_rounds=run.granted_rounds + 1)
            waived = reason or "no reason was given"
            said = f"{event.by.name or event.by.id}: {waived}"
            closed = (Settled(f.number, Status.waived, said) for f in run.open_findings())
            return replace(
                run,
                state=RunState.reviewing,
                waived=waived,
                review_outcome=Outcome.passed,
                verdicts=with_settled(run.verdicts, closed),
            )
    return run


def _answered(run: Run, number: int, answer: str) -> Run:
    question = run.question
    if question is None or question.number != number or run.state is not RunState.needs_input:
        return run
    if question.kind == BRANCH:
        return another_attempt(run) if answer == RESUME else run
    if question.kind == "repo":
        return replace(run, state=RunState.triaging, question=None, repo_answer=answer)
    return replace(run, state=RunState.coding, question=None, answer=answer)
