"""Posts that need a person to decide something (UX §5.5): which repository, what the agent asks, a dispute."""

import json
from datetime import datetime

from integrations.types.chat import (
    Break,
    Button,
    Buttons,
    Code,
    Context,
    Mention,
    OutgoingMessage,
    Part,
    Plain,
    Quoted,
    Search,
    Section,
    Span,
    Text,
)
from tasks.domain.run import Run
from tasks.domain.verdict import Finding, Severity
from tasks.messages import words
from tasks.messages.card import value
from tasks.messages.words import Links

_LETTERS = "ABCD"


def which_repo(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """M2: the repository could not be told; the clock is paused."""
    question = run.question
    number, options = (question.number, question.options) if question else (0, ())
    why = question.why if question else ""
    told: Text = (
        Mention(run.request.requester.id),
        Plain(" "),
        Plain("Which repo is this?", bold=True),
        Plain(" "),
        Quoted(why),
        Plain(" The clock is paused until you pick."),
    )
    picks = [
        Button(
            f"repo_pick_{n}",
            repo,
            value=_answer(run, number, "r", repo),
            style="primary" if n == 0 else "",
        )
        for n, repo in enumerate(options[:3])
    ]
    search = (Search("repo_other", "Other repo..."),) if question is None or question.search else ()
    hint: Text = (
        Plain("You can also answer here, for example "),
        Code(f"repo={options[0] if options else 'owner/name'}"),
        Plain("."),
    )
    parts: tuple[Part, ...] = (
        Section("q", told),
        *([Buttons("qa", (*picks, *search))] if picks or search else []),
        Context("qc", hint),
    )
    candidates = words.count(len(options), "candidate")
    text = f"{run.id} needs you: which repository? {candidates}. Clock paused."
    return OutgoingMessage(text, parts, version=number)


def agent_question(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """M3, blocking: the agent cannot choose this by itself."""
    question = run.question
    number, options = (question.number, question.options[:4]) if question else (0, ())
    asked = question.text if question else "The agent has a question."
    why: Text = (Break(), Quoted(question.why)) if question and question.why else ()
    told: Text = (
        Mention(run.request.requester.id),
        Plain(" "),
        Quoted(asked, bold=True, limit=600),
        *why,
        Break(),
        Plain("The work waits for the answer and the clock is paused. Press a button, or reply here."),
    )
    picks = [
        Button(
            f"q_opt_{n}",
            f"{_LETTERS[n]}: {option}",
            value=_answer(run, number, "o", n),
            style="primary" if n == 0 else "",
        )
        for n, option in enumerate(options)
    ]
    free = Button(
        "q_free", "Something else...", value=json.dumps({"t": run.id, "q": number}, separators=(",", ":"))
    )
    parts: tuple[Part, ...] = (Section("q", told), Buttons("qa", (*picks, free)))
    return OutgoingMessage(f"{run.id} needs you: {asked} Clock paused.", parts, version=number)


def dispute(run: Run, *, now: datetime, links: Links) -> OutgoingMessage:
    """M7: reviewers still block after the last round; a person decides."""
    serious = words.findings(run, Severity.blocking)
    rounds = words.count(run.review_round, "round")
    lenses = " and ".join(dict.fromkeys(words.lens_name(f.lens) for f in serious)) or "The reviewers"
    spans: list[Span] = [
        Mention(run.request.requester.id),
        Plain(" "),
        Plain("You decide:", bold=True),
        Plain(f" {lenses} and the author disagree after {rounds}."),
    ]
    for finding in serious[:3]:
        spans += [*_finding(finding), *_other_side(run, finding)]
    if len(serious) > 3:
        spans += [Break(), Plain(f"And {len(serious) - 3} more.")]
    number = serious[0].number if serious else 0
    choose = (
        Button("ds_fix", "Fix it", value=_decision(run, number, "fix"), style="primary"),
        Button("ds_waive", "Not a problem...", value=_decision(run, number, "waive")),
        Button("ds_open", "See the finding", url=links.run(run.id, "findings")),
    )
    parts: tuple[Part, ...] = (Section("ds", tuple(spans)), Buttons("dsa", choose))
    text = f"{run.id} needs you: reviewers disagree with the change and {rounds} did not settle it."
    return OutgoingMessage(text, parts, version=run.review_round or 1)


def _answer(run: Run, number: int, key: str, choice: str | int) -> str:
    return json.dumps({"t": run.id, "q": number, key: choice}, separators=(",", ":"))


def _decision(run: Run, number: int, decision: str) -> str:
    return value(run, f=number, d=decision)


def _finding(finding: Finding) -> list[Span]:
    said: list[Span] = [
        Break(),
        Plain(f"{words.lens_name(finding.lens)} (blocking):", bold=True),
        Plain(" "),
        Quoted(finding.claim, limit=240),
        Plain(" "),
        Code(f"{finding.path}:{finding.line}"),
    ]
    if finding.evidence_command:
        said += [Plain(" · seen with "), Code(finding.evidence_command)]
    return said


def _other_side(run: Run, finding: Finding) -> list[Span]:
    """What the author says, and whether the harness saw what it rests on."""
    said = run.rebuttal_of(finding.number)
    if said is None:
        return [Break(), Plain("Author: left it as it is, without evidence.")]
    told: list[Span] = [Break(), Plain("Author:", bold=True), Plain(" "), Quoted(said.text, limit=240)]
    if said.proof.doubt:
        return [*told, Plain(" · without evidence")]
    return [*told, Plain(" · seen with "), Code(said.proof.command or f"{said.proof.path}:{said.proof.line}")]
