"""Runs that were asked for on the code host: the comment that asked, words that steer the work, answers to a question."""

from dataclasses import replace

from tasks.domain import answers
from tasks.domain.facts import QuestionAnswered
from tasks.domain.remarks import Heard, Remark, Standing, Why
from tasks.domain.request import Deliver
from tasks.domain.run import BRANCH, ENDED, Question, Run, RunState, Steer


def born_there(run: Run, remark: Remark | None) -> Run:
    """The comment that asked is the run's first remark: it is acknowledged, refused and answered like any other."""
    place = run.request.host
    if place is None or remark is None:
        return run
    heard = Heard(remark, run.request.received_at, number=place.number)
    return replace(run, repo=place.repo, remarks=(heard,), deliver=run.request.deliver)


def asked_by(run: Run) -> Heard | None:
    """The comment that asked for this run, None where it was asked in the chat."""
    return run.remarks[0] if run.request.host and run.remarks else None


def judged(run: Run, standing: Standing, why: str = "") -> Run:
    """What triage said of the comment that asked."""
    first = asked_by(run)
    if first is None or first.standing is not Standing.asked:
        return run
    return replace(run, remarks=(replace(first, standing=standing, why=why), *run.remarks[1:]))


def open_question(run: Run) -> Question | None:
    """The question that a comment may answer; a push of somebody else is answered by a command."""
    asks = run.request.host is not None and run.state is RunState.needs_input
    return run.question if asks and run.question and run.question.kind != BRANCH else None


def is_requester(run: Run, remark: Remark) -> bool:
    asked = run.request.requester
    return (asked.provider, asked.id) == (remark.by.provider, remark.by.id)


def answered_by(run: Run, remark: Remark) -> QuestionAnswered | None:
    """Words to us answer the open question; plain words do where they are the requester's."""
    question = open_question(run)
    words = remark.words if remark.verb == "request" else remark.text
    if question is None or not (remark.verb == "request" or (not remark.verb and is_requester(run, remark))):
        return None
    meant = answers.meaning(question, words, spoken=True)
    return QuestionAnswered(question.number, meant, remark.by) if meant else None


def steers(run: Run, remark: Remark) -> bool:
    """Whether words to us change the course of the work at hand: before there is a pull request to begin a round on."""
    at_work = run.request.host is not None and run.changes and run.pr is None and run.state not in ENDED
    return remark.verb == "request" and at_work


def steered(run: Run, remark: Remark, seq: int) -> Run:
    return replace(run, steering=(*run.steering, Steer(remark.words, remark.by, seq)))


def standing_there(run: Run, remark: Remark) -> tuple[Standing, str] | None:
    """What an allowed remark comes to that only a run of the code host knows; None for every other."""
    if answered_by(run, remark) or steers(run, remark):
        return Standing.done, ""
    if not remark.verb and remark.place.value == "comment":
        return Standing.moot, Why.over
    return None


def asked_lenses(run: Run) -> tuple[str, ...]:
    """The lens that a review was asked of by name, () for all of them."""
    first = asked_by(run)
    named = first.remark.words.strip().lower() if first and run.deliver is Deliver.findings else ""
    return (named,) if named else ()
