"""What is written on the issue or pull request where a run was asked for: an ack, questions, and how it ended. Never progress."""

from tasks.domain.decisions import Accepted, Explained, Provisioned, QuestionAsked, Refused
from tasks.domain.effect import Effect, host
from tasks.domain.events import Event
from tasks.domain.facts import QuestionAnswered
from tasks.domain.folds.born import asked_by
from tasks.domain.remarks import Heard, Place
from tasks.domain.run import BRANCH, Run, RunState

TOLD = frozenset({RunState.failed, RunState.cancelled, RunState.disputed, RunState.ready})
"""States that people must hear of where they asked."""

_REACTABLE = (Place.comment, Place.inline)


def place_effects(before: Run, event: Event, after: Run) -> tuple[Effect, ...]:
    """The writes on the place itself; none for a run of the chat."""
    first = asked_by(after)
    if first is None:
        return ()
    written = _said(first, event, after)
    if before.state is not after.state and {before.state, after.state} & TOLD and _elsewhere(after):
        written.append(host("told", slot="told"))
    return tuple(written)


def _said(first: Heard, event: Event, after: Run) -> list[Effect]:
    key = first.remark.key
    match event:
        case Accepted():
            return _react(first, "eyes")
        case Provisioned() if after.pr:
            return [host("checks", slot="checks"), host("progress", slot="progress")]
        case Refused():
            return [*_react(first, "-1"), host("answer", remark=key)]
        case Explained():
            return [host("answer", remark=key)]
        case QuestionAsked(number, kind) if kind != BRANCH:
            return [
                *_react(first, "confused"),
                host("ask", priority=1, slot=f"ask:{number}", question=str(number)),
            ]
        case QuestionAnswered(number, answer, by):
            return [host("ask", slot=f"ask:{number}", question=str(number), answer=answer, by=by.name)]
    return []


def _elsewhere(run: Run) -> bool:
    """The pull request's own comment says the same where it was asked there."""
    return run.pr is None or run.request.host is None or run.pr.number != run.request.host.number


def _react(first: Heard, content: str) -> list[Effect]:
    shown = first.remark.place in _REACTABLE
    return [host("react", remark=first.remark.key, content=content)] if shown else []
