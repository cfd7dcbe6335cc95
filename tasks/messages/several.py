"""Several requests at once: what would start, and the one message that lists what has."""

from integrations.types.chat import (
    Break,
    Button,
    Buttons,
    Link,
    Mention,
    OutgoingMessage,
    Part,
    Plain,
    Quoted,
    Section,
    Span,
)
from tasks.domain.drafts import Draft
from tasks.domain.run import Run
from tasks.messages import words
from tasks.messages.forms import about


def offer(draft: Draft) -> OutgoingMessage:
    """Asks whoever wrote it, and nobody else: each of these a run, or all of it one?"""
    count = len(draft.items)
    said = f"That reads like {count} requests. Nothing has started yet."
    items = tuple(Section(f"item{n}", _item(n, item)) for n, item in enumerate(draft.items, 1))
    choices = Buttons(
        "offera",
        (
            Button("draft_several", f"Start {count} runs", value=about(draft), style="primary"),
            Button("draft_one", "It is one request", value=about(draft)),
            Button("draft_cancel", "Cancel", value=about(draft)),
        ),
    )
    return OutgoingMessage(said, (Section("offer", (Plain(said, bold=True),)), *items, choices))


def _item(number: int, item: str) -> tuple[Span, ...]:
    return (Plain(f"{number}. "), Quoted(item, limit=200))


def board(draft: Draft, runs: tuple[Run, ...], *, version: int) -> OutgoingMessage:
    """The list of one person's runs that were asked for together, as they stand now."""
    by = draft.request.requester.id
    if not runs:
        said = f"Starting {len(draft.items)} runs."
        return OutgoingMessage(said, (Section("board", (Mention(by), Plain(f": {said}"))),))
    short = " · ".join(f"{run.id} {words.STATE_WORDS[run.state].lower()}" for run in runs)
    head = Section("board", (Plain("Runs of ", bold=True), Mention(by)))
    parts: tuple[Part, ...] = (head, *(Section(run.id, _line(run)) for run in runs))
    return OutgoingMessage(short, parts, version=version)


def _line(run: Run) -> tuple[Span, ...]:
    said: tuple[Span, ...] = (
        Plain(run.id, bold=True),
        Plain(f" {words.STATE_WORDS[run.state].lower()} · "),
        Quoted(run.title, limit=80),
    )
    return (*said, Break(), Link(run.pr.url, f"{run.repo}#{run.pr.number}")) if run.pr else said
