"""M19: CI stays red whatever we tried. What fails and whose it is, the end of its log, and what a person can do."""

from datetime import datetime

from integrations.types.chat import (
    Break,
    Button,
    Buttons,
    Code,
    Context,
    Excerpt,
    OutgoingMessage,
    Part,
    Plain,
    Quoted,
    Section,
    Span,
    Text,
)
from tasks.domain import presses
from tasks.domain.next_step import left
from tasks.domain.run import CANNOT_FIX, Run, RunState
from tasks.messages import words
from tasks.messages.card import value
from tasks.messages.errors import label, sentence
from tasks.messages.posts import requester
from tasks.messages.ready import close_button
from tasks.messages.words import Links


def cannot_fix(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """Its buttons are there while they can do something."""
    failure = run.failure
    happened = sentence(CANNOT_FIX, failure.happened if failure else "")
    parts: list[Part] = [Section("cf", _told(run, happened, failure.tried if failure else ""))]
    if run.ci_excerpt.strip():
        parts.append(Excerpt("cfx", run.ci_excerpt, lines=11))
    parts.append(Buttons("cfa", _buttons(run, links)))
    took = words.minutes(run.clock.used_s(run.ended_at or now))
    parts.append(
        Context("cfc", (Plain("Error "), Code(label(CANNOT_FIX)), Plain(f" · {took} · {words.cost(run)}")))
    )
    return OutgoingMessage(
        f"{run.id}: CI cannot be fixed. {happened} {left(run)}", tuple(parts), version=run.seq
    )


def keep_button(run: Run) -> Button:
    hint = f"One more round of repair for {run.id}"
    return Button("task_keep", "Keep trying", value=value(run), style="primary", hint=hint)


def _told(run: Run, happened: str, tried: str) -> Text:
    spans: list[Span] = [
        requester(run),
        Plain(" "),
        Plain("CI cannot be fixed: ", bold=True),
        Quoted(happened, limit=300),
    ]
    for n, (name, verdict) in enumerate(verdicts(run)):
        lead = Plain("Failing:" if n == 0 else "And:", bold=True)
        spans += [Break(), lead, Plain(" "), Code(name), Plain(f" — {verdict}")]
    if tried:
        spans += [Break(), Plain("What I tried:", bold=True), Plain(" "), Quoted(tried)]
    spans += [Break(), Plain("What is left:", bold=True), Plain(" "), Quoted(left(run))]
    if run.state is RunState.closed and run.closing:
        spans += [Break(), Plain("Closed by "), words.person(run.closing), Plain(".")]
    return tuple(spans)


def verdicts(run: Run) -> tuple[tuple[str, str], ...]:
    """(check, whose failure it is) for the first few that are red, as CI's own results on base and head say."""
    return tuple((check.name, _verdict(run, check.name)) for check in run.red_checks[:4])


def _verdict(run: Run, name: str) -> str:
    if name in run.base_red:
        return f"red before us (also red on {run.base_ref})"
    if name in run.flaky_checks:
        return "flaky (it failed and passed on this same commit)"
    return "ours (it is not red on the base)"


def _buttons(run: Run, links: Links) -> tuple[Button, ...]:
    url = next((c.url for c in run.red_checks if c.url.startswith(("http://", "https://"))), "")
    shown = [Button("ci_log", "Open log", url=url or links.run(run.id, "log"))]
    if presses.fits(run, presses.KEEP):
        shown.append(keep_button(run))
    if presses.fits(run, presses.CLOSE):
        shown.append(close_button(run))
    return tuple(shown)
