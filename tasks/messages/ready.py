"""M6: out of draft, the requester is the one to look; and what the post becomes once somebody has decided."""

import json
from datetime import datetime

from integrations.types.chat import (
    Break,
    Button,
    Buttons,
    Confirm,
    Context,
    Feedback,
    Fields,
    Link,
    OutgoingMessage,
    Part,
    Plain,
    Quoted,
    Section,
    Span,
    Text,
)
from tasks.domain import presses
from tasks.domain.remarks import Heard, Place, Standing
from tasks.domain.run import Run, RunState
from tasks.messages import words
from tasks.messages.card import pull_link, value
from tasks.messages.posts import requester, title, without_pull
from tasks.messages.words import Links


def reviewer_full(login: str, cap: int) -> str:
    """Why the requester was not asked for review."""
    waiting = f"{cap} pull request{'' if cap == 1 else 's'} of mine wait{'s' if cap == 1 else ''}"
    return f"{login} was not asked for review: {waiting} for {login} already, which is as many as may."


def ready(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """Its buttons are there while they can do something; the thumbs stay."""
    if run.pr is None:
        return without_pull(run, links)
    summary: Text = (
        Plain(f"{words.used(run, run.ready_at or now)} · {words.count(run.questions_asked, 'question')}"),
        Plain(f" · {words.cost(run)} · "),
        Link(links.run(run.id), "evidence"),
    )
    parts: list[Part] = [Section("rd", _head(run)), Fields("rdf", _fields(run)), Context("rdc", summary)]
    if told := _since(run):
        parts.append(Context("rds", told))
    parts += [Buttons("rda", _buttons(run)), _thumbs(run)]
    return OutgoingMessage(_sentence(run), tuple(parts), version=run.seq)


def close_button(run: Run) -> Button:
    """Asks before it closes; the branch stays."""
    number = run.pr.number if run.pr else 0
    ask = Confirm(f"Close PR #{number}?", "The branch is kept.", "Close PR", "Cancel")
    hint = f"Close the pull request of {run.id}"
    return Button("task_close", "Close PR", value=value(run), style="danger", hint=hint, confirm=ask)


def _head(run: Run) -> Text:
    first = "Ready for your review:" if run.state is RunState.ready else f"{words.STATE_WORDS[run.state]}:"
    return (
        requester(run),
        Plain(" "),
        Plain(first, bold=True),
        Plain(" "),
        pull_link(run),
        Plain(" — "),
        Quoted(title(run), limit=120),
    )


def _buttons(run: Run) -> tuple[Button, ...]:
    assert run.pr is not None
    shown = [Button("pr_review", "Review PR", url=f"{run.pr.url}/files", style="primary")]
    if presses.fits(run, presses.CHANGE):
        hint = f"Say what should be different in {run.id}"
        shown.append(Button("task_change", "Request changes...", value=value(run), hint=hint))
    if presses.fits(run, presses.CLOSE):
        shown.append(close_button(run))
    return tuple(shown)


def _thumbs(run: Run) -> Feedback:
    good, bad = (json.dumps({"t": run.id, "g": g}, separators=(",", ":")) for g in (1, 0))
    return Feedback("rdt", "fb", good, bad, f"the result of {run.id}")


def _since(run: Run) -> Text:
    """Who asked for what since it was ready; people of the chat are named as the chat names them."""
    if run.state is RunState.closed and run.closing:
        return (Plain("Closed by "), words.person(run.closing), Plain(". The branch is kept."))
    asked = [h for h in run.remarks if h.standing in (Standing.waiting, Standing.working)]
    if not asked or run.state in (RunState.merged, RunState.closed):
        return ()
    spans: list[Span] = [Plain("Changes asked for by ")]
    for n, who in enumerate(dict.fromkeys(h.remark.by for h in asked)):
        spans += [Plain(", ")] if n else []
        spans.append(words.person(who))
    said = [h for h in asked if h.remark.place is Place.chat]
    return (*spans, Plain(": "), _first_words(said[0])) if said else tuple(spans)


def _first_words(heard: Heard) -> Quoted:
    return Quoted(heard.remark.words, limit=200)


def _fields(run: Run) -> tuple[Text, ...]:
    ci = words.ci_words(run).removeprefix("CI ")
    again = " (red before, passes now)" if run.ci_round and run.ci_result == "green" else ""
    if run.flaky_checks:
        again += f" (flaky: {', '.join(run.flaky_checks[:3])} failed and passed on this commit)"
    fields: list[Text] = [
        (Plain("CI", bold=True), Break(), Quoted(f"{ci}{again}")),
        (Plain("Review", bold=True), Break(), *_verdicts(run)),
        (Plain("Proof", bold=True), Break(), Quoted(words.proof_words(run))),
    ]
    if waits := words.approval_words(run):
        fields.insert(0, (Plain("Needs a human", bold=True), Break(), Quoted(waits, limit=300)))
    done = run.submission
    if done and done.look_first and run.pr:
        first = done.look_first[0]
        place = Link(f"{run.pr.url}/files", f"{first.path}:{first.line}")
        fields.append((Plain("Look first", bold=True), Break(), place, Plain(" — "), Quoted(first.why)))
    if done and done.not_done:
        spared = Quoted("; ".join(done.not_done), limit=300)
        fields.append((Plain("Not covered", bold=True), Break(), spared))
    return tuple(fields)


def _verdicts(run: Run) -> Text:
    spans: list[Span] = []
    for verdict in words.verdicts_in_order(run):
        told = words.verdict_words(verdict, waived=bool(run.waived))
        spans += [Plain(" · ")] if spans else []
        spans += [Plain(f"{words.lens_name(verdict.lens)}: "), Quoted(told, limit=160)]
    if run.waived:
        spans += [Break(), Plain("Waived by a person: "), Quoted(run.waived, limit=200)]
    return tuple(spans) or (Plain("no verdict"),)


def _sentence(run: Run) -> str:
    assert run.pr is not None
    if run.state is not RunState.ready:
        return f"{run.id}: {words.STATE_WORDS[run.state].lower()}, PR #{run.pr.number}."
    told = ", ".join(words.verdict_words(v, waived=bool(run.waived)) for v in words.verdicts_in_order(run))
    return (
        f"{run.id} is ready for your review: PR #{run.pr.number}. {words.ci_words(run)}. {_waits(run)}"
        f"{words.count(len(run.current_verdicts()), 'reviewer')}: {told}. Next: review and merge."
    )


def _waits(run: Run) -> str:
    waits = words.approval_words(run)
    return f"{waits.capitalize()}. " if waits else ""
