"""What a run knows of its thread beside the work: a plan to approve, assumptions, reminders, a mute, edits. Values alone."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tasks.domain.files import Attached
from tasks.domain.request import Person

PLAN = "plan"
"""The kind of the question that shows a plan and waits for a yes."""

ASSUMPTIONS = 3
"""So many questions with a default are shown in one attempt; further ones are only listed in the result."""

ANSWER_WITHIN = timedelta(minutes=10)


class Nudge(StrEnum):
    """What is done about a question that nobody answers, one after the other."""

    reminded = "reminded"
    handed_over = "handed_over"
    given_up = "given_up"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan that waits for a yes, as the question `number`; `files` are those that the agent expects to change."""

    number: int
    items: tuple[str, ...]
    files: tuple[str, ...] = ()
    not_doing: tuple[str, ...] = ()
    approved_by: Person | None = None


@dataclass(frozen=True, slots=True)
class Assumption:
    """A question that the work did not wait for. `until` is when the default was said to stand; `answer` what came after all."""

    number: int
    text: str
    options: tuple[str, ...]
    default: str
    until: datetime
    answer: str = ""

    @property
    def post(self) -> str:
        """The name of its post."""
        return f"M3.{self.number}"


@dataclass(frozen=True, slots=True)
class Edited:
    """The request as its author changed it afterwards: only shown, until somebody says that it counts."""

    text: str
    at: datetime
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Discarded:
    """Our branch was taken off the code host."""

    branch: str
    by: Person


@dataclass(frozen=True, slots=True)
class InThread:
    """`nudges` are what was done about which question; `helper` is who was asked beside the requester, a chat user id.

    `context` are the messages kept that are not meant for us; `unanswered` when the run was closed because nobody answered;
    `discarding` who wants our branch gone while that is under way; `given_by` who handed the run to its requester; `follows` the run
    that this one goes on from.
    """

    proposal: Proposal | None = None
    assumptions: tuple[Assumption, ...] = ()
    nudges: tuple[tuple[int, Nudge], ...] = ()
    helper: str = ""
    muted: bool = False
    context: int = 0
    edited: Edited | None = None
    deleted: bool = False
    unanswered: bool = False
    discarding: Person | None = None
    discarded: Discarded | None = None
    given_by: Person | None = None
    follows: str = ""
    files: tuple[Attached, ...] = ()

    def anew(self) -> "InThread":
        """As another attempt begins: its plan is another one, its questions too."""
        fresh = replace(self, proposal=None, assumptions=(), helper="", unanswered=False, discarding=None)
        return replace(fresh, discarded=None)

    def assumption(self, number: int | None) -> Assumption | None:
        return next((a for a in self.assumptions if a.number == number), None)

    def awaits(self, now: datetime) -> Assumption | None:
        """The newest assumption that can still be answered by plain words."""
        fresh = (a for a in reversed(self.assumptions) if not a.answer and now < a.until)
        return next(fresh, None)


NOTHING_YET = InThread()


def answer_until(now: datetime, due_at: datetime) -> datetime:
    """Until when a default can be prevented: ten minutes, or a quarter of the time that is left."""
    return now + min(ANSWER_WITHIN, max(timedelta(), (due_at - now) / 4))
