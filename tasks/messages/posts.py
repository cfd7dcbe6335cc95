"""The few posts beside the card: only when a person should look (UX §6). What happened, what I did, what is left, what you can do."""

from datetime import datetime

from integrations.types.chat import (
    Break,
    Button,
    Buttons,
    Code,
    Confirm,
    Context,
    Excerpt,
    Mention,
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
from tasks.domain.run import Run, RunState
from tasks.messages import thread, words
from tasks.messages.card import pull_button, pull_link, retry_button, value
from tasks.messages.errors import Counts, explain, label, sentence
from tasks.messages.words import Links

_COUNTED = {
    Counts.miss: "counted as a miss",
    Counts.excluded: "not counted",
    Counts.no_end: "not counted",
}


def pull_request_open(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """M5: there is a draft; nobody has to look yet."""
    if run.pr is None:
        return without_pull(run, links)
    took = words.minutes(run.clock.used_s(run.pr_opened_at or now))
    size = _size(run)
    ci = words.ci_words(run)
    told: Text = (
        Plain("Draft PR ", bold=True),
        pull_link(run),
        Plain(" — "),
        Quoted(title(run), limit=120),
        Break(),
        Plain(f"{size}opened in {took} (target {words.target(run)}) · {ci}"),
    )
    diff = Button("pr_diff", "View diff", url=links.run(run.id, "diff"))
    parts: tuple[Part, ...] = (Section("pr", told), Buttons("pra", _present(pull_button(run), diff)))
    return OutgoingMessage(f"{run.id}: draft PR #{run.pr.number} opened in {took}. {ci}.", parts)


def failed(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """M8: what happened, what I tried, what is left; the code says who can act."""
    failure = run.failure
    code = failure.code if failure else "SYS-002"
    row = explain(code)
    happened = sentence(code, failure.happened if failure else "")
    tried = failure.tried if failure else ""
    remains = left(run)
    spans: list[Span] = [
        requester(run),
        Plain(" "),
        Plain("Stopped: ", bold=True),
        Quoted(row.sentence, bold=True),
    ]
    spans += [Break(), Plain("What happened:", bold=True), Plain(" "), Quoted(happened, limit=600)]
    if tried:
        spans += [Break(), Plain("What I tried:", bold=True), Plain(" "), Quoted(tried)]
    spans += [Break(), Plain("What is left:", bold=True), Plain(" "), Quoted(remains)]
    if held := presses.held_back(run):
        spans += [
            Break(),
            Plain("It cannot be opened untested: a person must look at "),
            Quoted(", ".join(held)),
            Plain("."),
        ]
    if run.untested and run.pr:
        spans += [Break(), Plain("Opened untested by "), words.person(run.untested), Plain(".")]
    parts: list[Part] = [Section("fl", tuple(spans))]
    if code.startswith("CI-") and run.ci_excerpt.strip():
        parts.append(Excerpt("flx", run.ci_excerpt))
    log = Button("task_log", "Log", url=links.run(run.id, "log"))
    parts.append(Buttons("fla", _present(retry_button(run), _untested_button(run), pull_button(run), log)))
    took = words.minutes(run.clock.used_s(run.ended_at or now))
    foot: Text = (
        Plain("Error "),
        Code(label(code)),
        Plain(f" · can act: {row.who} · {took} · {words.cost(run)} · {_COUNTED[row.counts]}"),
    )
    parts.append(Context("flc", foot))
    text = f"{run.id} failed: {happened} {remains} You can retry."
    return OutgoingMessage(text, tuple(parts), version=run.attempt)


def _untested_button(run: Run) -> Button | None:
    """Only where there is work that the gates looked at, and nothing but its checks speaks against it."""
    if not presses.fits(run, presses.UNTESTED):
        return None
    ask = Confirm(
        f"Open {run.id} untested?",
        "A draft pull request that says untested first thing. It is never made ready by itself.",
        "Open it",
        "Cancel",
    )
    return Button("task_untested", "Open PR anyway (untested)", value=value(run), confirm=ask)


def stopped(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """M14: who stopped it and what is left behind."""
    if run.thread.unanswered:
        return _unanswered(run, links)
    by, asked = run.stopped_by, run.request.requester
    other = by is not None and by.id != asked.id
    spans: list[Span] = [requester(run), Plain(" ")] if other else []
    spans += [Plain("Stopped", bold=True)]
    if by is not None:
        spans += [Plain(" by "), words.person(by) if other else Plain("the person who asked")]
    spans += [Plain(". Nothing more is done."), Break(), Plain("What is left:", bold=True), Plain(" ")]
    spans += [Quoted(left(run)), *thread.discarded_words(run)]
    parts = (Section("st", tuple(spans)), _what_is_left(run, links))
    return OutgoingMessage(f"{run.id} stopped. {left(run)}", parts, version=run.attempt)


def _unanswered(run: Run, links: Links) -> OutgoingMessage:
    """M14 of a run that waited a day for an answer."""
    told: Text = (
        requester(run),
        Plain(" "),
        Plain("Closed: nobody answered.", bold=True),
        Break(),
        Plain("What is left:", bold=True),
        Plain(" "),
        Quoted(left(run)),
        *thread.discarded_words(run),
    )
    parts = (Section("st", told), _what_is_left(run, links))
    return OutgoingMessage(f"{run.id} closed: nobody answered. {left(run)}", parts, version=run.attempt)


def _what_is_left(run: Run, links: Links) -> Buttons:
    again = Button("task_retry", "Resume", value=value(run), hint=f"Resume {run.id} as another attempt")
    opened = Button("task_open", "Open", url=links.run(run.id))
    over = run.state is not RunState.cancelled
    buttons = (None if over else again, pull_button(run), thread.discard_button(run), opened)
    return Buttons("sta", _present(*buttons))


def requester(run: Run) -> Span:
    return Mention(run.request.requester.id)


def title(run: Run) -> str:
    return run.submission.title if run.submission else run.title


def _size(run: Run) -> str:
    done = run.submission
    if done is None:
        return ""
    return f"+{done.added} −{done.removed} in {words.count(done.files, 'file')} · "


def _present(*buttons: Button | None) -> tuple[Button, ...]:
    return tuple(b for b in buttons if b is not None)


def without_pull(run: Run, links: Links) -> OutgoingMessage:
    """A post about a pull request that the run, as folded, does not have: say what is sure."""
    opened = Button("task_open", "Open", url=links.run(run.id))
    text = f"{run.id}: {words.STATE_WORDS[run.state].lower()}."
    return OutgoingMessage(text, (Section("pr", (Plain(text),)), Buttons("pra", (opened,))))
