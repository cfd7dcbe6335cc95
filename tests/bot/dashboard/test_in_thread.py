"""The lines of the timeline about a thread: each event has one, and people's words stay what they are."""

from datetime import UTC, datetime

import pytest

from bot.dashboard.timeline import sentence
from integrations.types.chat import ChatFile, MessageRef
from tasks.domain.events import Event
from tasks.domain.facts import RepoChanged
from tasks.domain.in_thread import Nudge
from tasks.domain.request import Person
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

ADA, HERE = Person("slack", "T1", "U1", "ada"), MessageRef("C1", "1.0")
LOG = ChatFile("F1", "error.log", "text/plain", 9, "https://files.slack.com/x")
LINES: tuple[tuple[Event, str], ...] = (
    (PlanProposed(1, ("Find it",)), "Showed its plan and waits for a yes."),
    (Assumed(1, "Which?", (), "a", datetime(2026, 11, 20, tzinfo=UTC)), "Asked and went on: Which?"),
    (Nudged(1, Nudge.reminded), "Reminded the requester of the open question."),
    (Nudged(1, Nudge.handed_over, "U2"), "Asked the channel's owner as well."),
    (Nudged(1, Nudge.given_up), "Closed: nobody answered."),
    (Muted(ADA, True), "ada muted the run."),
    (Muted(ADA, False), "ada unmuted the run."),
    (RequestEdited(ADA, "<b>x"), "ada edited the request; it counts as it was."),
    (RequestEdited(ADA, "", True), "ada deleted the message that asked; nothing is stopped by that."),
    (NewTextTaken(ADA), "ada let the edited request count."),
    (ReplyEdited(ADA, HERE, "x"), "ada edited words."),
    (ReplyEdited(ADA, HERE, ""), "ada took words back."),
    (BranchDiscarded("sortie/R-1", "a" * 40), "Discarded sortie/R-1, which was at aaaaaaa."),
    (BranchDiscarded("sortie/R-1", "a" * 40, "It moved."), "Did not discard sortie/R-1."),
    (FollowsUp("R-1"), "Goes on from R-1."),
    (RepoChanged(ADA, "acme/web"), "ada meant another repository: acme/web."),
    (ThreadOpened(HERE), "Opened its thread."),
    (FilesGiven((LOG,)), "Got 1 file."),
    (FileRead("F1", "abc"), "Read a file of 3 characters."),
    (FileRead("F1", "", "it is gone"), "Could not read a file: it is gone."),
)


@pytest.mark.parametrize(("event", "line"), LINES, ids=lambda value: type(value).__name__)
def test_every_event_of_a_thread_has_its_line(event: Event, line: str) -> None:
    said = sentence(event)
    assert said is not None and said.text == line
