"""M13: most of the time is gone and no pull request is there. Nothing is predicted: what is known is said, and what can be done."""

from datetime import datetime

from integrations.types.chat import Break, Buttons, Code, OutgoingMessage, Plain, Quoted, Section, Text
from tasks.domain.plan import ItemStatus
from tasks.domain.run import Run
from tasks.messages import words
from tasks.messages.card import open_button, stop_button
from tasks.messages.posts import requester
from tasks.messages.words import Links


def at_risk_sentence(run: Run, now: datetime) -> str:
    """ "At risk: 24 min of 30 min used, no pull request yet." """
    return f"At risk: {words.used(run, now)} used, no pull request yet."


def at_risk(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    said = at_risk_sentence(run, now)
    told: Text = (
        requester(run),
        Plain(" "),
        Plain(said, bold=True),
        Break(),
        *_where(run),
        Break(),
        *_choices(),
    )
    buttons = Buttons("ra", (open_button(run, links), stop_button(run)))
    return OutgoingMessage(f"{run.id}: {said}", (Section("r", told), buttons), version=run.seq)


def _where(run: Run) -> Text:
    step = words.step_words(run)
    if not step:
        return (Plain(f"It is {words.STATE_WORDS[run.state].lower()} and has not begun to work."),)
    item = next((i for i in run.plan if i.status is ItemStatus.in_progress), None)
    title: Text = (Plain(": "), Quoted(item.title, limit=150)) if item else ()
    return (Plain(f"It is at {step}"), *title, Plain("."))


def _choices() -> Text:
    return (Plain("It goes on. To ask for less, reply "), Code("@sortie only …"), Plain("; or stop it."))
