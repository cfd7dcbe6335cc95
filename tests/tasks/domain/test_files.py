"""Files on messages: which are read, what became of each, and how long work waits for them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from integrations.types.chat import ChatFile
from tasks.domain.decisions import Refused
from tasks.domain.effects import effects_of
from tasks.domain.events import Event
from tasks.domain.facts import StopRequested
from tasks.domain.files import LARGEST, MOST, taken
from tasks.domain.next_step import Do, Wait, next_step
from tasks.domain.request import Person
from tasks.domain.thread_events import FileRead, FilesGiven
from tests.support.histories import POLICY, TO_ACCEPTED, TO_CODING, Story

ADA = Person("slack", "T1", "U1")
LOG = ChatFile("F1", "error.log", "text/plain", 120, "https://files.slack.com/files-pri/T1-F1/error.log")


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (LOG, ""),
        (replace(LOG, kind="application/octet-stream"), ""),
        (replace(LOG, name="DATA.JSON", kind="application/json"), ""),
        (replace(LOG, name="shot.png", kind="image/png"), "pictures and recordings are not read"),
        (replace(LOG, name="error.log", kind="image/svg+xml"), "pictures and recordings are not read"),
        (replace(LOG, name="a.zip", kind="application/zip"), "not a text"),
        (replace(LOG, size=LARGEST + 1), "larger than 10 MiB"),
        (replace(LOG, url=""), "it is kept elsewhere"),
    ],
)
def test_texts_of_some_size_are_read_and_pictures_never(file: ChatFile, problem: str) -> None:
    assert [a.problem for a in taken((), (file,))] == [problem]


def test_at_most_six_are_read_and_one_on_two_messages_counts_once() -> None:
    many = tuple(replace(LOG, id=f"F{n}") for n in range(MOST + 2))
    known = taken(taken((), many), many)
    assert [bool(a.problem) for a in known] == [False] * MOST + [True] * 2


def test_work_waits_for_files_and_goes_on_without_them_after_a_minute() -> None:
    story = Story(FilesGiven((LOG,)), *TO_ACCEPTED)
    step = next_step(story.run, POLICY, story.now)
    assert isinstance(step, Wait) and step.until == story.now + timedelta(seconds=60)
    assert next_step(story.run, POLICY, story.now + timedelta(seconds=61)) == Do("title")
    story.tell(FileRead("F1", "E  assert"))
    assert next_step(story.run, POLICY, story.now) == Do("title")
    assert story.run.thread.files[0].text == "E  assert"


PICTURE = replace(LOG, id="F2", name="shot.png", kind="image/png")


def fetched(*events: Event) -> list[str]:
    """The files that these events cause to be read, in their order."""
    found, story = [], Story()
    for event in events:
        before = story.run
        after = story.tell(event)
        found += [e.get("file") for e in effects_of(before, event, after) if e.kind == "chat.file"]
    return found


def test_files_are_read_once_it_is_known_that_their_giver_may_ask_and_each_once() -> None:
    given = FilesGiven((LOG, PICTURE))
    assert fetched(given, *TO_ACCEPTED[:-1]) == []
    assert fetched(given, *TO_ACCEPTED) == ["F1"]
    assert fetched(given, TO_ACCEPTED[1], Refused("AUTH-003", "You may not.")) == []
    assert fetched(*TO_CODING, given) == ["F1"] and fetched(*TO_CODING, StopRequested(ADA), given) == []


def test_the_first_answer_about_a_file_stays() -> None:
    story = Story(FilesGiven((LOG, PICTURE)))
    run = story.tell(FileRead("F1", "", "it is gone"), FileRead("F1", "late"), FileRead("F2", "pixels"))
    assert (run.thread.files[0].text, run.thread.files[0].problem) == ("", "it is gone")
    assert run.thread.files[1].text == ""
