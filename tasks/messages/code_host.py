"""What a run writes on GitHub (UX §9): pull request, checks, review, one comment at its end. Facts from the run alone."""

from datetime import datetime

from integrations.types.code_host import Annotation, CheckButton, CheckRunReport, Conclusion, ReviewComment
from integrations.untrusted import visible
from tasks.domain.buttons import offered
from tasks.domain.checks import GateOutcome
from tasks.domain.folds.born import asked_lenses
from tasks.domain.plan import cut
from tasks.domain.run import Run, RunState
from tasks.domain.verdict import Decision, Finding, Outcome, Severity, Status
from tasks.messages import owned_region, words
from tasks.messages.errors import label, sentence
from tasks.messages.labels import risk_words
from tasks.messages.markdown import code, fence, inert
from tasks.messages.words import Links

PROGRESS = "sortie/run"
REVIEW = "sortie/review"
INLINE_COMMENTS = 10
ANNOTATIONS = 100
"""In all; the findings beyond stand in the check's text (UX 9.2)."""
BUTTONS = {
    "fix": ("Fix findings", "A round of work on all that is open"),
    "review": ("Re-review", "Let the lenses look at this head again"),
    "waive": ("Waive all…", "Says how to close them with a reason"),
}
"""Identifier → (label, description) of the buttons of sortie/review."""
TITLE_LENGTH = 72
EVIDENCE_LINES, ANNOTATION_LINES, COMMAND_CHARS = 20, 14, 1_200


def pr_title(run: Run) -> str:
    """The submission's title on one line, at most 72 characters; mentions in it notify nobody on GitHub."""
    title = run.submission.title if run.submission and run.submission.title.strip() else run.title
    return cut(title, TITLE_LENGTH) or run.id


def pr_body(run: Run, *, links: Links) -> str:
    """At most 40 lines inside our region: what changes, whether it is proven, where to look, what was checked."""
    lines = [*_untested(run), *_summary(run), *_asked_on(run), "", f"**Result:** {words.proof_words(run)}."]
    first = [f"- Risk {risk_words(run.risk)}"] if run.risk and run.risk.signs else []
    if waits := words.approval_words(run):
        lines += ["", f"**Needs a human:** {inert(waits)}."]
    done = run.submission
    if done:
        first += [f"- {code(f'{p.path}:{p.line}')} — {inert(p.why)}" for p in done.look_first]
    if first:
        lines += ["", "**Look here first**", "", *first[:4]]
    if run.gates:
        lines += ["", "**Checked** (run by Sortie on base and on this change)", "", *_checked(run)]
    if done and done.not_done:
        lines += ["", "**Not done / assumed**", "", *(f"- {inert(said)}" for said in done.not_done[:4])]
    if waived := _waivers(run):
        lines += ["", f"**Waived:** {'; '.join(waived)}"]
    return owned_region.owned([*lines, "", _footer(run, links)][:38])


def _untested(run: Run) -> list[str]:
    """Said before anything else where a person had it opened although its checks had not passed."""
    if run.untested is None:
        return []
    who = code(run.untested.name) or "A person"
    said = f"**Untested.** The checks of this change did not pass. {who} had it opened all the same; nobody should merge it as it is."
    return [said, ""]


def with_owned_region(current: str, body: str) -> str | None:
    """`current` with our region brought up to `body`; None where a person changed it, so that we write it no more."""
    return owned_region.updated(current, body)


def progress_check(run: Run, *, now: datetime, links: Links) -> CheckRunReport:
    """The check sortie/run: where the run stands."""
    waits = words.approval_words(run) if run.state is RunState.ready else ""
    conclusion = {
        RunState.needs_input: Conclusion.action_required,
        RunState.disputed: Conclusion.action_required,
        RunState.ready: Conclusion.action_required if waits else Conclusion.success,
        RunState.merged: Conclusion.success,
        RunState.answered: Conclusion.success,
        RunState.failed: Conclusion.failure,
        RunState.cancelled: Conclusion.cancelled,
        RunState.closed: Conclusion.cancelled,
        RunState.declined: Conclusion.cancelled,
    }.get(run.state, Conclusion.pending)
    state = words.STATE_WORDS[run.state]
    step = words.step_words(run)
    title = f"{state}: {step}" if step and conclusion is Conclusion.pending else state
    title = f"{title}; {waits}" if waits else title
    summary = [f"{run.id} · {words.ci_words(run) or 'no pull request yet'} · {words.cost(run)}"]
    if run.state is RunState.failed and run.failure:
        told = inert(sentence(run.failure.code, run.failure.happened))
        summary += ["", f"{told} ({label(run.failure.code)})"]
    return CheckRunReport(
        name=PROGRESS,
        head_oid=run.head_oid,
        external_id=f"{run.id}:run",
        conclusion=conclusion,
        title=title,
        summary="\n".join(summary),
        details_url=links.run(run.id),
    )


def verdict_check(run: Run, *, links: Links) -> CheckRunReport:
    """The check sortie/review for the head under review: one row per lens, findings as annotations."""
    verdicts = words.verdicts_in_order(run)
    rows = {v.lens: v for v in verdicts}
    table = ["| Lens | Verdict | In its words |", "|---|---|---|"]
    for lens in (*run.lenses, *(x for x in rows if x not in run.lenses)):
        verdict = rows.get(lens)
        told = inert(words.verdict_words(verdict, waived=bool(run.waived))) if verdict else "running"
        table.append(f"| {words.lens_name(lens)} | {told} | {inert(verdict.summary) if verdict else ''} |")
    if waived := _waivers(run):
        table += ["", f"Waived: {'; '.join(waived)}"]
    every = [*words.findings(run, Severity.blocking), *words.findings(run, Severity.note)]
    conclusion, title = _review_result(run)
    return CheckRunReport(
        name=REVIEW,
        head_oid=run.review_head,
        external_id=f"{run.id}:review",
        conclusion=conclusion,
        title=title,
        summary="\n".join([*table, *_unplaced(every[ANNOTATIONS:])]),
        details_url=links.run(run.id, "findings"),
        annotations=tuple(map(_annotation, every[:ANNOTATIONS])),
        buttons=tuple(CheckButton(name, *BUTTONS[name]) for name in offered(run)),
    )


def review_marker(run: Run) -> str:
    """The hidden line that tells this round's review from all others."""
    return f"<!-- sortie run={run.id} kind=review head={run.review_head} -->"


def finding_marker(run: Run, number: int) -> str:
    """The hidden line by which the thread of one finding is found again."""
    return f"<!-- sortie run={run.id} kind=finding n={number} -->"


def review(run: Run, *, links: Links) -> tuple[str, tuple[ReviewComment, ...]]:
    """One review of type COMMENT: at most ten blocking findings in place, the rest in its body."""
    serious = words.findings(run, Severity.blocking)
    placed = [f for f in serious if f.path and f.line > 0][:INLINE_COMMENTS]
    comments = tuple(
        ReviewComment(f.path, f.line, "\n".join([finding_marker(run, f.number), *_finding(f)]))
        for f in placed
    )
    told = [f for f in (*serious, *words.findings(run, Severity.note)) if f not in placed]
    return _review_body(run, told, links), comments


def review_without_lines(run: Run, *, links: Links) -> str:
    """The same review where the host refuses its places: every finding stands in the body."""
    every = [*words.findings(run, Severity.blocking), *words.findings(run, Severity.note)]
    return _review_body(run, every, links)


def _summary(run: Run) -> list[str]:
    """The author's own words, quoted and inert; at most five lines of them."""
    text = run.submission.summary if run.submission else ""
    said = [inert(line, 400) for line in text.splitlines() if line.strip()]
    return [f"> {line}" for line in said[:5] if line] or [f"> {inert(run.title)}"]


def _asked_on(run: Run) -> list[str]:
    """The issue this is for. Whether it closes that is for people to say."""
    asked = run.request.host
    if asked is None:
        return []
    return ["", f"Into the branch of #{asked.number}." if asked.on_pull else f"For #{asked.number}."]


def _checked(run: Run) -> list[str]:
    """Commands one a line; the harness's own looks at the change share one while there is nothing to say of them."""
    quiet = [g.name for g in run.gates if not g.command and g.outcome is GateOutcome.passed]
    shown = [
        f"- {inert(gate.name, 40)}:{f' {code(gate.command)}' if gate.command else ''} {inert(words.gate_words(gate))}"
        for gate in run.gates
        if gate.name not in quiet
    ]
    looked = [f"- nothing found by: {inert(', '.join(quiet), 200)}"] if quiet else []
    return [*shown[:10], *looked]


def _footer(run: Run, links: Links) -> str:
    where = f"#{run.request.host.number}" if run.request.host else "Slack"
    by = f"Requested in {where} by {code(run.login)}" if run.login else f"Requested in {where}"
    return f"{by} · [{run.id}]({links.run(run.id)}) · [evidence]({links.run(run.id, 'gates')}) · [receipt]({links.run(run.id, 'receipt')})"


def _review_result(run: Run) -> tuple[Conclusion, str]:
    """No blocking finding is a success; a lens that could not run never is."""
    verdicts = run.current_verdicts()
    if run.waived:
        return Conclusion.success, _tally(run)
    if run.state is RunState.disputed:
        return Conclusion.action_required, f"{_tally(run)}: a person decides"
    if not run.review_outcome:
        return Conclusion.pending, f"Reviewing: {len(verdicts)} of {len(run.lenses)}"
    if run.review_outcome == Outcome.passed and asked_lenses(run):
        # Not neutral: where the check is required, GitHub lets a neutral one pass.
        return Conclusion.action_required, f"{_tally(run)}; the other lenses have not looked"
    if run.review_outcome == Outcome.passed:
        return Conclusion.success, _tally(run)
    if run.review_outcome == Outcome.blocked:
        return Conclusion.failure, _tally(run)
    down = [v for v in verdicts if v.decision is Decision.unavailable]
    missing = [lens for lens in run.lenses if lens not in {v.lens for v in verdicts}]
    lenses = ", ".join(words.lens_name(lens) for lens in (*(v.lens for v in down), *missing))
    open_anyway = Conclusion.neutral if run.rules.fail_open else Conclusion.failure
    return open_anyway, f"Could not review: {lenses}"


def _waivers(run: Run) -> tuple[str, ...]:
    """Each finding that a person closed: its number, who, and why."""
    found = [f for f in words.findings(run, Severity.blocking) if f.status is Status.waived]
    return tuple(f"{code(f'#{f.number}')} by {inert(f.settled)}" for f in found)


def _tally(run: Run) -> str:
    """ "2 pass, 1 note", "1 pass, 2 blocking", "1 pass, 1 blocking, 1 waived"."""
    verdicts = run.current_verdicts()
    passed = sum(v.decision is Decision.passed for v in verdicts)
    waived = len(_waivers(run))
    serious = len(words.findings(run, Severity.blocking)) - waived
    notes = len(words.findings(run, Severity.note))
    down = sum(v.decision is Decision.unavailable for v in verdicts)
    parts = [f"{passed} pass"]
    parts += [f"{serious} blocking"] if serious else []
    parts += [f"{waived} waived"] if waived else []
    parts += [words.count(notes, "note")] if notes else []
    parts += [f"{down} could not review"] if down else []
    return ", ".join(parts)


def _annotation(finding: Finding) -> Annotation:
    serious = finding.severity is Severity.blocking
    told = [cut(visible(finding.claim), 400)]
    if finding.evidence_command:
        told += ["", _evidence(finding, ANNOTATION_LINES)]
    title = f"#{finding.number} {words.lens_name(finding.lens)} ({finding.severity.value})"
    return Annotation(
        finding.path, max(1, finding.line), "failure" if serious else "warning", "\n".join(told), title
    )


def _unplaced(findings: list[Finding]) -> list[str]:
    """Findings that stand on no line, as rows of a table."""
    rows = [f"| {code(f'#{f.number}')} | {code(f'{f.path}:{f.line}')} | {inert(f.claim)} |" for f in findings]
    return ["", "Further findings:", "", "| Number | Place | Claim |", "|---|---|---|", *rows] if rows else []


def _finding(finding: Finding) -> list[str]:
    """Named by its number, which a waiver names; as code, or GitHub would make a reference of it."""
    name = f"{code(f'#{finding.number}')} {words.lens_name(finding.lens)} ({finding.severity.value})"
    head = f"**{name}:** {inert(finding.claim, 400)}"
    if finding.remark:
        head = f"{head} ({inert(finding.remark, 300)})"
    if not finding.evidence_command:
        return [head]
    return [head, "", *fence(_evidence(finding))]


def _evidence(finding: Finding, lines: int = EVIDENCE_LINES) -> str:
    """The command and what it showed; how it ended where the harness saw that. Of a long command the end is left out."""
    end = [] if finding.evidence_exit is None else [f"[exit code {finding.evidence_exit}]"]
    showed = finding.evidence_output.splitlines()
    command = f"$ {finding.evidence_command}"[:COMMAND_CHARS].splitlines()
    room = max(lines // 2, lines - len(showed) - len(end))
    if len(command) > room:
        left_out = len(command) - room + 1
        command = [*command[: room - 1], f"… {words.count(left_out, 'more line')} of this command"]
    return "\n".join([*command, *showed[: lines - len(command) - len(end)], *end])


def _review_body(run: Run, told: list[Finding], links: Links) -> str:
    lines = [review_marker(run), f"Review of {code(run.review_head[:12])}: {_tally(run)}."]
    for verdict in words.verdicts_in_order(run):
        said = inert(words.verdict_words(verdict, waived=bool(run.waived)))
        lines += ["", f"**{words.lens_name(verdict.lens)}:** {said}"]
    for finding in told[:30]:
        lines += ["", f"{code(f'{finding.path}:{finding.line}')}", "", *_finding(finding)]
    return "\n".join([*lines, "", f"[Evidence]({links.run(run.id, 'findings')})"])
