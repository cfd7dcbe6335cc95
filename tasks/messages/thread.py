"""What is said about what people do in a thread beside the work: plans to approve, assumptions, reminders, a run that changes hands."""

import json
from collections.abc import Callable
from datetime import datetime

from integrations.types.chat import (
    Break,
    Button,
    Buttons,
    Code,
    Confirm,
    Context,
    Dialogue,
    Mention,
    OutgoingMessage,
    Part,
    Plain,
    Quoted,
    Section,
    Span,
    Text,
    When,
)
from tasks.domain import presses, thread_presses
from tasks.domain.in_thread import Assumption
from tasks.domain.run import Run, RunState
from tasks.messages import words
from tasks.messages.card import open_button, stop_button, value
from tasks.messages.words import Links

_LETTERS = "ABCD"
STEPS = 6


def plan_to_approve(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """M4: what would be done; nothing is built before somebody who may says yes."""
    shown = run.thread.proposal
    items = shown.items[:STEPS] if shown else ()
    told: list[Span] = [Mention(run.request.requester.id), Plain(" ")]
    told += [
        Plain("Plan ready, needs approval", bold=True),
        Plain(" before anything is built. The clock is paused."),
    ]
    for n, item in enumerate(items, 1):
        told += [Break(), Plain(f"{n}. "), Quoted(item, limit=160)]
    parts: list[Part] = [Section("pl", tuple(told))]
    if about := _about(run):
        parts.append(Context("plc", about))
    approve = Button("plan_ok", "Approve and build", value=value(run), style="primary")
    full = Button("plan_open", "Full plan", url=links.run(run.id, "plan"))
    change = Button("plan_edit", "Change it...", value=value(run))
    parts.append(Buttons("pla", (approve, change, full, stop_button(run))))
    parts.append(
        Context(
            "plh",
            (
                Plain("You can also reply: "),
                Code("approve"),
                Plain(", or what should be different."),
            ),
        )
    )
    files = f", {words.count(len(shown.files), 'file')}" if shown and shown.files else ""
    text = f"{run.id} needs you: approve the plan. {words.count(len(items), 'step')}{files}. Clock paused."
    return OutgoingMessage(text, tuple(parts), version=shown.number if shown else 1)


def _about(run: Run) -> Text:
    shown = run.thread.proposal
    if shown is None or not (shown.files or shown.not_doing):
        return ()
    spans: list[Span] = []
    for n, path in enumerate(shown.files[:STEPS]):
        spans += [Plain(", " if n else "Expects to change "), Code(path, limit=80)]
    if len(shown.files) > STEPS:
        spans.append(Plain(f" and {len(shown.files) - STEPS} more"))
    if shown.not_doing:
        spans += [
            Plain(" · not doing: " if spans else "Not doing: "),
            Quoted("; ".join(shown.not_doing), limit=300),
        ]
    return tuple(spans)


def assumption(run: Run, asked: Assumption) -> OutgoingMessage:
    """M3 with a default: work goes on, and whoever knows better says so."""
    told: Text = (
        Mention(run.request.requester.id),
        Plain(" "),
        Quoted(asked.text, bold=True, limit=600),
        Break(),
        Plain("I'll go with "),
        Quoted(asked.default, bold=True, limit=200),
        Plain(" at "),
        When(asked.until),
        Plain(" if nobody answers. Work continues meanwhile; a later answer changes its course."),
    )
    options = tuple(dict.fromkeys(asked.options))[:4]
    picks = [
        Button(
            f"q_opt_{n}",
            f"{_LETTERS[n]}: {option}",
            value=answer_value(run, asked.number, n),
            style="primary" if option == asked.default else "",
        )
        for n, option in enumerate(options)
    ]
    free = Button("q_free", "Something else...", value=answer_value(run, asked.number))
    parts: tuple[Part, ...] = (Section("q", told), Buttons("qa", (*picks, free)))
    at = words.clock_time(asked.until)
    text = f"{run.id} has a question: {asked.text} Going with {asked.default} at {at} unless you answer."
    return OutgoingMessage(text, parts, version=asked.number)


def by_default(*, answer: str) -> OutgoingMessage:
    """What a question becomes that nobody answered: what was assumed, or that it was given up."""
    if not answer:
        return OutgoingMessage("Nobody answered.", (Section("q", (Plain("Nobody answered."),)),), version=2)
    told: Text = (Plain("Nobody answered; went with "), Quoted(answer, bold=True, limit=400), Plain("."))
    return OutgoingMessage(f"Nobody answered; went with {answer}", (Section("q", told),), version=2)


def asked_too(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """The open question is put to the channel's fallback owner as well."""
    question = run.question
    told: Text = (
        Mention(run.thread.helper or run.request.requester.id),
        Plain(" "),
        Plain("Can you answer for ", bold=True),
        words.person(run.request.requester),
        Plain("?", bold=True),
        Plain(f" {run.id} waits: "),
        Quoted(question.text if question else "", limit=300),
    )
    text = f"{run.id} waits for an answer: {question.text if question else ''} Clock paused."
    return OutgoingMessage(
        text, (Section("own", told), Buttons("owna", (open_button(run, links),))), version=run.seq
    )


def handed(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """The run has another requester."""
    giver = run.thread.given_by
    by: Text = (Plain(" It was handed over by "), words.person(giver), Plain(".")) if giver else ()
    told: Text = (Mention(run.request.requester.id), Plain(f" {run.id} is yours now.", bold=True), *by)
    return OutgoingMessage(f"{run.id} is yours now.", (Section("hand", told),), version=run.seq)


def reminder(run: Run, *, links: Links) -> OutgoingMessage:
    """A direct message: the run still waits."""
    question = run.question
    told: list[Span] = [
        Plain(f"{run.id} still waits for you", bold=True),
        Plain(" and its clock is paused: "),
    ]
    told += [Quoted(question.text if question else run.title, limit=300), Plain(" Answer in its thread.")]
    parts: tuple[Part, ...] = (Section("rem", tuple(told)), Buttons("rema", (open_button(run, links),)))
    return OutgoingMessage(f"{run.id} still waits for you: {question.text if question else run.title}", parts)


def request_deleted(run: Run, *, links: Links) -> OutgoingMessage:
    """A direct message: the message that asked is gone, the run is not."""
    told: Text = (
        Plain(f"The message that asked for {run.id} was deleted. ", bold=True),
        Plain("Nothing is stopped by that: "),
        Quoted(run.title, limit=80),
        Plain(" goes on."),
    )
    parts: tuple[Part, ...] = (
        Section("del", told),
        Buttons("dela", (stop_button(run), open_button(run, links))),
    )
    return OutgoingMessage(f"The message that asked for {run.id} was deleted. The run goes on.", parts)


def answer_value(run: Run, number: int, choice: int | None = None) -> str:
    """What a button of a question carries back."""
    chosen = {} if choice is None else {"o": choice}
    return json.dumps({"t": run.id, "q": number, **chosen}, separators=(",", ":"))


DIRECT: dict[str, Callable[..., OutgoingMessage]] = {"reminder": reminder, "deleted": request_deleted}
"""Direct messages by what they are about."""


def change_plan(run: Run) -> Dialogue:
    """Behind "Change it…"."""
    label = f"What should be different in the plan of {run.id}?"
    hint = "The agent makes another plan and asks again."
    return Dialogue("plan_edit", "Change the plan", "Send", label, hint)


def follow_up(run: Run) -> Dialogue:
    """Behind "Follow up…"."""
    where = "on top of its branch" if run.state is RunState.ready else f"on {run.base_ref}"
    label = f"What should change after {run.id}?"
    return Dialogue(
        "task_follow", "Follow up", "Start", label, f"Another run begins in this thread, {where}."
    )


def discard_button(run: Run) -> Button | None:
    """Only where a branch is left that is ours alone."""
    if not presses.fits(run, thread_presses.DISCARD):
        return None
    ask = Confirm(
        f"Discard the branch of {run.id}?",
        "It is deleted on GitHub if it still holds what was pushed last. What was kept here can still be resumed.",
        "Discard it",
        "Keep it",
    )
    return Button("task_discard", "Discard branch", value=value(run), style="danger", confirm=ask)


def discarded_words(run: Run) -> Text:
    """Who had the branch taken away, or why it stands still."""
    gone = run.thread.discarded
    if gone is None:
        return ()
    return (
        Plain(" Branch "),
        Code(gone.branch),
        Plain(" was discarded by "),
        words.person(gone.by),
        Plain("."),
    )
