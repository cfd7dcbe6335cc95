"""M18: a question got its answer in the thread, and nothing was changed. What the agent wrote is quoted; places in it become links."""

import re
from datetime import datetime

from integrations.types.chat import (
    Break,
    Button,
    Buttons,
    Context,
    Link,
    OutgoingMessage,
    Plain,
    Quoted,
    Section,
    Span,
)
from tasks.domain.run import Run
from tasks.messages.card import open_button, value
from tasks.messages.words import Links

LINES, LONGEST = 30, 1_800
_PLACE = re.compile(r"`?((?:[\w.-]+/)*[\w-]+\.[A-Za-z0-9]{1,8}):(\d{1,6})`?")


def answered(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """The answer, as far as a message holds it."""
    text = run.explanation[:LONGEST]
    lines = [line for line in text.splitlines() if line.strip()][:LINES]
    spans: list[Span] = []
    for n, line in enumerate(lines):
        spans += [Break()] if n else []
        spans += _line(run, line, links)
    cut = len(text) < len(run.explanation) or len(lines) < len([x for x in text.splitlines() if x.strip()])
    build = Button("task_build", "Turn into a run", value=value(run), hint=f"Let {run.id} become a change")
    more = (Plain("Cut here; the whole answer is on the page. "),) if cut else ()
    foot = (
        *more,
        Plain(f"{run.id} · an agent's answer about "),
        Quoted(f"{run.repo}@{run.asked_head[:7]}", limit=120),
    )
    parts = (
        Section("ans", tuple(spans) or (Plain("There is no answer."),)),
        Context("ansc", foot),
        Buttons("ansa", (build, open_button(run, links))),
    )
    return OutgoingMessage(f"{run.id} answered: {run.title} Nothing was changed.", parts)


def _line(run: Run, line: str, links: Links) -> list[Span]:
    """One line of the agent's, with `path:line` as a link to exactly the commit it is about."""
    spans: list[Span] = []
    at = 0
    for found in _PLACE.finditer(line):
        url = links.code(run.repo, run.asked_head, found.group(1), int(found.group(2)))
        if not url:
            continue
        spans += [Quoted(line[at : found.start()], limit=600)] if line[at : found.start()].strip() else []
        spans += [Plain(" "), Link(url, f"{found.group(1)}:{found.group(2)}"), Plain(" ")]
        at = found.end()
    return [*spans, Quoted(line[at:], limit=600)] if line[at:].strip() else spans
