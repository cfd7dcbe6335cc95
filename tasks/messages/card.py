"""The one live card of a run (UX §5.2): always the same order, from the run's state alone."""

import json
from datetime import datetime

from integrations.types.chat import (
    Break,
    Button,
    Buttons,
    Code,
    Confirm,
    Context,
    Link,
    Mention,
    OutgoingMessage,
    Part,
    Plain,
    PlanPart,
    PlanStep,
    Quoted,
    Section,
    Span,
    Text,
    When,
)
from integrations.types.code_host import Role
from tasks.domain.decisions import Noted
from tasks.domain.folds.moved import may_move
from tasks.domain.next_action import next_action
from tasks.domain.plan import ItemStatus, PlanItem
from tasks.domain.risk_of_late import AT_RISK
from tasks.domain.run import ENDED, Run, RunState
from tasks.messages import thread_card, words
from tasks.messages.errors import label, sentence
from tasks.messages.words import Links

_PAUSED = (RunState.needs_input, RunState.disputed)
_UNSTARTED = (RunState.received, RunState.triaging, RunState.queued)
_HIDDEN_REPO = ("AUTH-002", "REPO-002", "REQ-002")
_THEIR_WORDS = ("you named it", "you picked it")
_QUEUE_NOTES = ("SYS-001", "CAP-002")
_SEPARATOR = Plain(" · ")


def value(run: Run, **more: int | str) -> str:
    """What a button carries back: the run and the version of the card it stood on."""
    return json.dumps({"t": run.id, "v": run.seq, **more}, separators=(",", ":"))


def open_button(run: Run, links: Links) -> Button:
    return Button("task_open", "Open", url=links.run(run.id), hint=f"Open run {run.id} in the dashboard")


def pull_button(run: Run) -> Button | None:
    return Button("pr_open", "Open PR", url=run.pr.url) if run.pr else None


def stop_button(run: Run) -> Button:
    ask = Confirm(
        f"Stop {run.id}?",
        "The agent takes no further action. Its branch is kept and you can retry.",
        "Stop",
        "Keep going",
    )
    return Button(
        "task_stop", "Stop", value=value(run), style="danger", hint=f"Stop run {run.id}", confirm=ask
    )


def repo_button(run: Run) -> Button:
    hint = f"Change repository for run {run.id}"
    return Button("task_repo", "Change repo", value=value(run), hint=hint)


def retry_button(run: Run) -> Button:
    return Button(
        "task_retry",
        "Retry",
        value=value(run),
        style="primary",
        hint=f"Start another attempt of {run.id}",
    )


def pull_link(run: Run) -> Span:
    """ "acme/api#812" as a link."""
    assert run.pr is not None
    return Link(run.pr.url, f"{run.repo}#{run.pr.number}")


def build(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """The card as of now. Its version is the run's sequence number, so that a click on an older one is seen."""
    parts: list[Part] = [Section("hdr", _head(run, now))]
    if run.plan:
        steps = tuple(PlanStep(i.id, i.title, _status(run, i), i.output) for i in run.plan)
        parts.append(PlanPart("plan", "Plan", steps))
    if progress := _progress(run):
        parts.append(Section("prg", progress))
    parts.append(Context("ctx", _context(run, now)))
    if given := thread_card.files(run):
        parts.append(Context("files", given))
    parts += [Context(f"note{n}", (Quoted(note.sentence),)) for n, note in enumerate(_notes(run))]
    parts.append(Buttons("act", _buttons(run, links)))
    return OutgoingMessage(_sentence(run, now), tuple(parts), version=run.seq)


def _status(run: Run, item: PlanItem) -> str:
    """Nothing is under way in a run that has ended: the step it ended in failed, or was never finished."""
    if item.status is not ItemStatus.in_progress or run.state not in ENDED:
        return item.status.value
    return "error" if run.state is RunState.failed else "pending"


def _head(run: Run, now: datetime) -> Text:
    title: Text = (Plain(f"{run.id} · ", bold=True), Quoted(run.title, bold=True, limit=80), Break())
    return (*title, *_state(run, now))


def _state(run: Run, now: datetime) -> Text:
    if run.state in _PAUSED:
        return (
            Plain("Waiting for ", bold=True),
            Mention(run.request.requester.id),
            Plain(": "),
            Quoted(next_action(run).label, limit=160),
            Plain(" · clock paused"),
        )
    state = Plain(words.STATE_WORDS[run.state], bold=True)
    if run.state in ENDED or run.state is RunState.ready:
        return (state, *_end(run, now))
    if run.step_failure and run.step_failure.due_at > now:
        broken = run.step_failure
        said = Quoted(sentence(broken.code, broken.message), limit=200)
        return (state, Plain(" — "), said, Plain(" Next try "), When(broken.due_at), Plain("."))
    step = words.step_words(run)
    if run.at_work_for:
        people = ", ".join(dict.fromkeys(h.remark.by.name for h in run.at_work_for))
        asked = words.count(len(run.at_work_for), "comment")
        return (Plain("Revising", bold=True), Plain(" for "), Quoted(people, limit=60), Plain(f" ({asked})"))
    begun = "" if run.state is RunState.queued else " — starting"
    return (state, Plain(f" — {step}" if step else begun), *_due(run, now))


def _due(run: Run, now: datetime) -> Text:
    """The clock of the promise: it stops with the pull request."""
    if run.pr_opened_at:
        took = words.used(run, run.pr_opened_at)
        return (Plain(f" · PR opened in {took}"),)
    due = run.clock.due_at(now)
    left = (due - now).total_seconds()
    said = f" ({words.minutes(left)} left)" if left >= 0 else f" (late by {words.minutes(-left)})"
    return (Plain(" · PR due "), When(due), Plain(said))


def _end(run: Run, now: datetime) -> Text:
    match run.state:
        case RunState.ready:
            spent = words.used(run, run.ready_at or now)
            return (Plain(f" · {spent} · next: "), Quoted(next_action(run).label, limit=120))
        case RunState.failed if run.failure:
            said = sentence(run.failure.code, run.failure.happened)
            return (Plain(" — "), Quoted(said, limit=300), Plain(" "), Code(label(run.failure.code)))
        case RunState.cancelled if run.thread.unanswered:
            return (Plain(": nobody answered"),)
        case RunState.cancelled if run.stopped_by:
            return (Plain(" by "), words.person(run.stopped_by))
        case RunState.closed if run.closing:
            return (Plain(" by "), words.person(run.closing))
        case RunState.merged | RunState.closed if run.closed_by:
            return (Plain(" by "), Quoted(run.closed_by, limit=60))
        case RunState.declined if run.refusal:
            return (Plain(" — I told the person who asked why. "), Code(label(run.refusal.code)))
    return ()


def _progress(run: Run) -> Text:
    """The pull request, CI and the verdicts, as far as there are any."""
    if run.pr is None:
        return ()
    draft = "PR " if run.ready_at else "Draft PR "
    spans: list[Span] = [Plain(draft), pull_link(run), Plain(f" · {words.ci_words(run)}")]
    verdicts = words.verdicts_in_order(run)
    for n, verdict in enumerate(verdicts):
        spans.append(Break() if n == 0 else _SEPARATOR)
        told = words.verdict_words(verdict, waived=bool(run.waived))
        spans += [Plain(f"{words.lens_name(verdict.lens)}: "), Quoted(told, limit=160)]
    if run.waived:
        spans += [Break(), Plain("Waived: "), Quoted(run.waived, limit=200)]
    if waits := words.approval_words(run):
        spans += [Break(), Plain("Needs a human: ", bold=True), Quoted(waits, limit=300)]
    return tuple(spans)


def _context(run: Run, now: datetime) -> Text:
    groups: list[Text] = [*_repo(run), (Plain("asked by "), Mention(run.request.requester.id))]
    groups.append((Plain(f"attempt {run.attempt}"),))
    groups.append((Plain(words.cost(run)),))
    paused = run.clock.paused_until(now)
    if paused >= 60:
        groups.append((Plain(f"paused {words.minutes(paused)}"),))
    if run.steering:
        waiting = sum(steer.seq > run.steering_seen for steer in run.steering)
        groups.append((Plain(f"steered {len(run.steering)}×{f' ({waiting} waiting)' if waiting else ''}"),))
    if run.foreign:
        by = f"by {run.foreign.by}" if run.foreign.by else "by somebody else"
        groups.append((Quoted(f"commits {by} on the branch", bold=True, limit=80),))
    if run.held_by:
        groups.append((Quoted(f"on hold for {run.held_by.name}", bold=True, limit=80),))
    if run.isolation and run.isolation != "full":
        groups.append((Plain("reduced isolation", bold=True),))
    if run.isolation and not run.has_tests:
        groups.append((Plain("no runnable tests: a fix cannot be proven"),))
    groups += thread_card.card_words(run)
    spans: list[Span] = []
    for group in groups:
        spans += [_SEPARATOR, *group] if spans else group
    return tuple(spans)


def _repo(run: Run) -> list[Text]:
    """The repository and why, once it is sure that the person who asked may know that it exists, or where they said it themselves."""
    if not run.repo or (run.refusal and run.refusal.code in _HIDDEN_REPO):
        return []
    seen = run.inspection
    if run.repo_reason not in _THEIR_WORDS and not (seen and seen.role.covers(Role.read)):
        return []
    base = run.base_ref or run.asked_base
    chosen: Text = (Code(run.repo), Plain(f" ({run.repo_reason})"))
    return [chosen, (Plain("base "), Code(base))] if base else [chosen]


def _notes(run: Run) -> tuple[Noted, ...]:
    """The newest remarks, each once; what is over is not said any more."""
    newest = {note.code: note for note in run.notes}
    late = run.pr is None and run.state not in ENDED
    past = {*(() if run.state in _UNSTARTED else _QUEUE_NOTES), *(() if late else (AT_RISK,))}
    return tuple(note for code, note in newest.items() if code not in past)[-3:]


def _buttons(run: Run, links: Links) -> tuple[Button, ...]:
    pull = pull_button(run)
    shown = [open_button(run, links), *([pull] if pull else [])]
    if run.state in (RunState.failed, RunState.cancelled):
        shown.append(retry_button(run))
    elif not words.is_over(run):
        edited = thread_card.new_text_button(run, value(run))
        moves = repo_button(run) if may_move(run) and edited is None else None
        shown += [button for button in (moves, edited) if button]
        shown.append(stop_button(run))
    elif follow := thread_card.follow_up_button(run, value(run)):
        shown.append(follow)
    return tuple(shown)


def _sentence(run: Run, now: datetime) -> str:
    """For the lock screen: it must do without the rest."""
    where = f" ({run.repo})" if _repo(run) else ""
    about = f"{run.id} {words.STATE_WORDS[run.state].lower()}: {run.title}{where}."
    if run.state in _PAUSED:
        return f"{run.id} needs you: {next_action(run).label}. Clock paused."
    step = words.step_words(run)
    if words.is_over(run) or not step:
        return about
    due = "" if run.pr_opened_at else f" PR due {words.clock_time(run.clock.due_at(now))}."
    return f"{about} {step.capitalize()}.{due}"
