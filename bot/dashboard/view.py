"""What the run page shows, computed from the run, its events and its outbox. Pure; all text stays untrusted text."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from bot.dashboard.entry import Entry, Names, Who, name
from bot.dashboard.timeline import entries
from tasks.domain.events import Recorded
from tasks.domain.next_action import next_action
from tasks.domain.receipt import Receipt, receipt
from tasks.domain.run import ENDED, Run, RunState
from tasks.domain.verdict import LensVerdict
from tasks.messages import words
from tasks.messages.errors import label, sentence
from tasks.store.outbox import PENDING, SENDING, Intent

TONES = {
    RunState.needs_input: "waiting",
    RunState.disputed: "waiting",
    RunState.ready: "ready",
    RunState.merged: "merged",
    RunState.answered: "ready",
    RunState.failed: "failed",
    RunState.cancelled: "stopped",
    RunState.closed: "stopped",
    RunState.declined: "stopped",
}
"""Shape and colour of a state; every other state is "working"."""

MAX_DIFF_LINES = 2_000
SENT = {
    "chat.card": "Card",
    "chat.post": "Post",
    "chat.reaction": "Reaction",
    "chat.session": "Thread status",
    "chat.settle": "Question edited",
    "chat.whisper": "Private note",
    "chat.root": "Message that opens the thread",
    "chat.direct": "Direct message",
    "chat.phase": "Post of a phase",
    "chat.ack": "Reaction on a reply",
    "host.inspect": "Look at the repository",
    "host.push": "Push",
    "host.open_pr": "Open pull request",
    "host.checks": "Read checks",
    "host.verdicts": "Check run sortie/review",
    "host.review": "Review with findings",
    "host.describe": "Pull request text",
    "host.ready": "Leave draft",
    "host.labels": "Labels",
    "host.reviewers": "Ask reviewers",
    "host.progress": "Check run sortie/run",
    "host.stopped_comment": "Comment",
    "host.permission": "Look up who may",
    "host.react": "Reaction on a comment",
    "host.answer": "Answer to a comment",
    "host.suggest": "Suggestions",
    "host.ask": "Question in a comment",
    "host.told": "Comment where it was asked",
    "host.sticky": "Status comment",
    "host.unlabel": "Label taken off",
    "host.approval": "Check run sortie/independent-approval",
    "host.adopt": "Fetch others' commits",
    "host.merge": "Merge the base branch",
    "chat.amend": "Post edited",
    "host.relay": "Words from the chat as a review",
    "host.close": "Close pull request",
    "chat.tell": "Direct message",
    "chat.file": "Read a file",
    "host.discard": "Discard the branch",
    "host.resolve": "Threads of findings resolved",
}


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds; `share` is used / promised in percent, at most 100. `running` where it counts now."""

    used: str
    target: str
    share: int
    paused: str
    due: datetime | None
    late: bool
    running: bool


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line and its kind: file, hunk, add, del or same."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Sent:
    """One outside write: what, which, how it went, when."""

    what: str
    which: str
    state: str
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RunPage:
    """Everything the template needs that is not simply an attribute of the run. `stamp` changes whenever the page does."""

    run: Run
    stamp: str
    word: str
    tone: str
    step: str
    action: str
    action_for: str
    clock: Clock
    verdicts: tuple[tuple[LensVerdict, str], ...]
    timeline: tuple[Entry, ...]
    diff: tuple[DiffLine, ...]
    diff_cut: int
    sent: tuple[Sent, ...]
    requester: str
    stoppable: bool
    retryable: bool
    pull_url: str
    error: str
    error_label: str
    why: tuple[tuple[str, str], ...]
    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class Reader:
    """When the page is read, what its timeline shows ("people", "problems" or ""), and what people are called."""

    now: datetime
    show: str
    names: Names


def run_page(
    run: Run, events: tuple[Recorded, ...], intents: tuple[Intent, ...], *, reader: Reader
) -> RunPage:
    """Everything the run's page shows to this reader."""
    names, now = reader.names, reader.now
    diff, cut = _diff(run)
    action = next_action(run)
    failure = run.failure or run.refusal
    said = run.failure.happened if run.failure else run.refusal.sentence if run.refusal else ""
    return RunPage(
        run=run,
        stamp=f"{run.seq}.{sum(i.state not in (PENDING, SENDING) for i in intents)}",
        word=words.STATE_WORDS[run.state],
        tone=TONES.get(run.state, "working"),
        step=words.step_words(run),
        action=action.label,
        action_for=_whose(run, action.who, names),
        clock=_clock(run, now),
        verdicts=tuple(
            (v, words.verdict_words(v, waived=bool(run.waived))) for v in words.verdicts_in_order(run)
        ),
        timeline=_shown(entries(events, names), reader.show),
        diff=diff,
        diff_cut=cut,
        sent=tuple(map(_sent, reversed(intents))),
        requester=name(run.request.requester, names),
        stoppable=run.state not in ENDED,
        retryable=run.state in (RunState.failed, RunState.cancelled),
        pull_url=safe_url(run.pr.url) if run.pr else "",
        error=sentence(failure.code, said) if failure else "",
        error_label=label(failure.code) if failure else "",
        why=_why(run),
        receipt=receipt(run.id, events),
    )


def safe_url(url: str) -> str:
    """The address where it is http(s), else "": nothing else becomes a link."""
    return url if urlsplit(url).scheme in ("http", "https") else ""


def _whose(run: Run, who: str, names: Names) -> str:
    if who == run.request.requester.id:
        return name(run.request.requester, names)
    return who


def _clock(run: Run, now: datetime) -> Clock:
    until = run.pr_opened_at or run.ended_at or now
    used_s = run.clock.used_s(until)
    running = run.pr_opened_at is None and run.ended_at is None and run.clock.paused_since is None
    paused_s = run.clock.paused_until(now)
    return Clock(
        used=words.minutes(used_s),
        target=words.target(run),
        share=min(100, round(100 * used_s / max(1, run.clock.target_s))),
        paused=words.minutes(paused_s) if paused_s >= 1 else "",
        due=run.clock.due_at(now) if running else None,
        late=used_s > run.clock.target_s,
        running=running,
    )


def _shown(found: tuple[Entry, ...], show: str) -> tuple[Entry, ...]:
    if show == "people":
        return tuple(e for e in found if e.who is Who.person)
    return tuple(e for e in found if e.problem) if show == "problems" else found


def _diff(run: Run) -> tuple[tuple[DiffLine, ...], int]:
    if run.submission is None:
        return (), 0
    lines = run.submission.diff.splitlines()
    kept = tuple(DiffLine(_kind(line), line) for line in lines[:MAX_DIFF_LINES])
    return kept, max(0, len(lines) - MAX_DIFF_LINES)


def _kind(line: str) -> str:
    if line.startswith(
        ("diff ", "index ", "--- ", "+++ ", "new file", "deleted file", "rename ", "similarity ")
    ):
        return "file"
    return {"@": "hunk", "+": "add", "-": "del"}.get(line[:1], "same")


def _sent(intent: Intent) -> Sent:
    which = intent.effect.get("name") or intent.effect.get("oid")[:7] or intent.effect.get("labels")
    what = SENT.get(intent.effect.kind, intent.effect.kind)
    return Sent(what, which, intent.state, intent.error, intent.settled_at or intent.created_at)


def _why(run: Run) -> tuple[tuple[str, str], ...]:
    """Why it did what it did, and what it could reach."""
    where = f"{run.repo} ({run.repo_reason})" if run.repo else "not chosen yet"
    base = f"{run.base_ref}@{run.base_oid[:7]}" if run.base_oid else "not known yet"
    seen = run.inspection
    rights = f"{run.login} has {seen.role} on the repository" if seen and run.login else "not asked yet"
    commands = "; ".join(f"{gate}: {command}" for gate, command in run.commands) or "none found"
    open_network = run.isolation not in ("", "full")
    reach = (
        f"Read: {run.repo or 'nothing yet'}. Write: {run.branch or 'one branch, by the publisher alone'}. "
        f"Network: {'NOT cut off' if open_network else 'none'}. Secrets: none."
    )
    isolation = run.isolation or "no sandbox yet"
    return (
        ("Repository", where),
        ("Base", base),
        ("Permission", rights),
        ("Checks of the repository", commands),
        (
            "Isolation",
            f"{isolation} (reduced)" if open_network else isolation,
        ),
        ("Workspace", run.workspace or "none yet"),
        ("What this run can reach", reach),
    )
