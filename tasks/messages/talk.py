"""What is said in a pull request's conversation: answers to people, the one comment of a run, who approved. From the run alone."""

from integrations.types.code_host import CheckRunReport, Conclusion, GivenReview
from tasks.domain.commands import BY_VERB, NAME, SWITCH_IS, Where, typed_in
from tasks.domain.folds.born import asked_by
from tasks.domain.next_step import left
from tasks.domain.rebuttal import NO_PROOF, Proof, Rebuttal
from tasks.domain.remarks import Heard, Kind, Outcome, Place, Round, Standing, Why, outcome
from tasks.domain.run import REVIEWER_FULL, Run, RunState
from tasks.messages import words
from tasks.messages.errors import label, sentence
from tasks.messages.markdown import code, fence, inert
from tasks.messages.place import explained, not_started, pushed_words
from tasks.messages.words import Links

WAIVERS = 10
APPROVAL = "sortie/independent-approval"

_WHY = {
    Why.account: "GitHub does not know this account under that name any more.",
    Why.over: "This run is over. `@sortie retry` starts it again after a failure or a stop.",
    Why.not_over: "There is nothing to retry: the run is at work or done.",
    Why.no_finding: "There is no open finding of that number on this head.",
    Why.no_findings: "No finding is open on this head.",
    Why.outdated: "That button belongs to an older commit. The check run of the newest one has its own.",
    Why.human_commits: "Somebody else pushed to this branch. `@sortie retry` goes on from there.",
    Why.not_ours: (
        "Not rebased: commits of somebody else are on this branch, and a rebase would rewrite them. "
        "`@sortie fix conflicts` merges the base branch in."
    ),
    Why.no_reason: "A finding can only be waived with a reason: `@sortie waive #3 <reason>`.",
    Why.not_red: "No check of this head is red.",
    Why.not_now: "That can be asked again once the run waits for people: it is at work right now.",
    Why.already: "It is so already.",
    Why.elsewhere: SWITCH_IS,
}


def answer(run: Run, heard: Heard, *, links: Links) -> tuple[str, str]:
    """(marker, body) of the one answer to a remark; the marker names it, so that it is never given twice."""
    marker = f"<!-- sortie run={run.id} kind=answer to={heard.remark.key} -->"
    lines = _answer(run, heard, links)
    if heard.remark.place is not Place.inline:
        lines = [f"{code(heard.remark.by.name)}: {lines[0]}", *lines[1:]]
    return marker, "\n".join([marker, *lines])


def _answer(run: Run, heard: Heard, links: Links) -> list[str]:
    if run.refusal and heard == asked_by(run):
        return not_started(run)
    if run.explanation and heard == asked_by(run):
        return explained(run)
    if heard.standing is Standing.refused:
        return _refused(heard)
    if heard.standing is Standing.moot:
        return _led_to_nothing(run, heard)
    match heard.remark.verb:
        case "help":
            return ["what can be asked here:", "", *_help(_where(run, heard))]
        case "status":
            return [_standing(run), "", f"[{run.id}]({links.run(run.id)})"]
    return _outcome(run, heard)


def _led_to_nothing(run: Run, heard: Heard) -> list[str]:
    """Why; where "Waive all" was pressed, the comments that would waive, a finding and a reason each."""
    open_ones = run.open_findings()[:WAIVERS]
    if heard.why != Why.no_reason or heard.remark.place is not Place.button or not open_ones:
        return [_WHY[Why(heard.why)]]
    told = "A finding is only waived with a reason, by a code owner of its place. Write a comment for each:"
    return [
        told,
        "",
        *(f"- {code(f'{NAME} waive #{f.number} <reason>')} — {inert(f.claim, 200)}" for f in open_ones),
    ]


def _refused(heard: Heard) -> list[str]:
    """One line, the rest folded."""
    spec, role = BY_VERB[heard.remark.verb], heard.role
    if heard.why in (Why.account, Why.elsewhere):
        return [_WHY[Why(heard.why)]]
    needed = spec.who_on_the_host
    short = f"Not done: `{spec.verb}` needs {needed}."
    owners = "A code owner of the place can write the same comment; CODEOWNERS names them, and a team there is nobody to me."
    able = owners if spec.owner else f"Somebody with {needed} can write the same comment."
    more = f"GitHub says this account has {role} on the repository. {able}"
    return [short, "", "<details><summary>Why</summary>", "", more, "", "</details>"]


def _where(run: Run, heard: Heard) -> Where:
    asked = run.request.host
    on_issue = asked is not None and asked.number == heard.number and not asked.on_pull
    return Where.issue if on_issue else Where.pull


def _help(where: Where) -> list[str]:
    return [
        f"- `{NAME} {spec.usage}` — {inert(spec.does)} ({spec.who_on_the_host})" for spec in typed_in(where)
    ]


def _outcome(run: Run, heard: Heard) -> list[str]:
    """What became of a remark in its round: the harness's word first, the agent's own words quoted after it."""
    done = run.round
    assert done is not None
    if done.kind is Kind.rebase:
        base, made = code(run.base_ref), f" as one commit, {code(done.new_oid[:12])}"
        return [
            f"Rebuilt on {base}{made}."
            if done.new_oid
            else f"There is nothing to rebase: the branch holds all of {base}."
        ]
    if done.kind is Kind.conflicts:
        base, merged = code(run.base_ref), f" in {code(done.new_oid[:12])}"
        told = f"Merged {base}{merged}." if done.new_oid else f"The branch holds all of {base} already."
        return [told, *(pushed_words(run, done.new_oid) if run.is_theirs and done.new_oid else [])]
    given, new = done.answer_to(heard.remark.key), code(done.new_oid[:12])
    told = {
        Outcome.fixed: f"Fixed in {new}.",
        Outcome.changed_elsewhere: (
            f"The agent calls this fixed, but {new} does not change this file." if done.new_oid else
            "The agent calls this fixed, but it changed nothing."
        ),
        Outcome.not_changed: "Not changed. The harness saw this too:",
        Outcome.unproven: "Not changed, without evidence.",
        Outcome.question: "A question before this can be changed:",
        Outcome.unanswered: f"{new} was pushed; the agent said nothing to this comment." if done.new_oid else
        "The agent changed nothing and said nothing to this comment.",
    }[outcome(done, heard.remark)]  # fmt: skip
    proof = _proof(given.proof) if given and given.proof else []
    pushed = pushed_words(run, done.new_oid) if run.is_theirs and done.new_oid else []
    return [told, *proof, *_quoted(given.text if given else ""), *pushed]


def _proof(proof: Proof) -> list[str]:
    """What the author puts forward as the harness saw it, or why it is none."""
    if proof.doubt:
        return (
            ["", f"What was given as evidence does not hold: {inert(proof.doubt, 300)}."]
            if proof.doubt != NO_PROOF
            else []
        )
    if not proof.command:
        return ["", f"{code(f'{proof.path}:{proof.line}')}", "", *fence(proof.quote)]
    end = [] if proof.exit_code is None else [f"[exit code {proof.exit_code}]"]
    return ["", *fence("\n".join([f"$ {proof.command}", *proof.output.splitlines()[:20], *end]))]


def _quoted(text: str) -> list[str]:
    said = [inert(line, 600) for line in text.splitlines() if line.strip()]
    return ["", *(f"> {line}" for line in said[:12] if line)] if any(said) else []


# --- the one comment of a run -----------------------------------------------------------------------------------------


def status_marker(run: Run) -> str:
    """The hidden line by which a run finds its one comment, whoever wrote it: matched by run and kind."""
    return f"<!-- sortie run={run.id} kind=status -->"


def status_comment(run: Run, *, links: Links) -> tuple[str, str]:
    """(marker, body) of the one comment that is edited for the whole life of the pull request."""
    marker = status_marker(run)
    told = [_standing(run), *_rounds(run), *_notices(run)]
    return marker, "\n\n".join([f"{marker}\n{told[0]}", *told[1:], f"[{run.id}]({links.run(run.id)})"])


def _standing(run: Run) -> str:
    if run.state is RunState.failed and run.failure:
        happened = inert(sentence(run.failure.code, run.failure.happened))
        return f"Stopped: {happened} ({label(run.failure.code)})"
    if run.state is RunState.cancelled:
        return "Stopped by a person." if run.stopped_by else "Stopped."
    done = run.round
    if done and not done.over and run.state is RunState.revising:
        return f"Revising for {_authors(run, done)} ({words.count(len(done.remarks), 'comment')})."
    ci = words.ci_words(run)
    return f"{words.STATE_WORDS[run.state]}{f' · {ci}' if ci else ''}."


def _rounds(run: Run) -> list[str]:
    """The last round that is over, counted by what became of each remark."""
    done = run.round
    if done is None or not done.over:
        return []
    found = [outcome(done, h.remark) for h in run.remarks if h.remark.key in done.remarks]
    named = {
        Outcome.fixed: "fixed", Outcome.changed_elsewhere: "not confirmed", Outcome.not_changed: "not changed",
        Outcome.unproven: "not changed without evidence", Outcome.question: "asked back", Outcome.unanswered: "not answered",
    }  # fmt: skip
    counts = [f"{found.count(kind)} {name}" for kind, name in named.items() if kind in found]
    where = f" in {code(done.new_oid[:12])}" if done.new_oid else ""
    merged = {
        Kind.conflicts: "merged the base branch" if done.new_oid else "nothing to merge",
        Kind.rebase: "rebuilt on the base branch" if done.new_oid else "nothing to rebase",
    }
    what = merged.get(done.kind) or ", ".join(counts) or "no comment"
    return [f"Round {done.number} for {_authors(run, done)}: {what}{where}."]


def _dispute(run: Run) -> list[str]:
    """Both sides of each finding that a person has to decide."""
    told = []
    for finding in run.open_findings()[:10]:
        place, lens = code(f"{finding.path}:{finding.line}"), words.lens_name(finding.lens)
        shown = f" Seen with {code(finding.evidence_command)}." if finding.evidence_command else ""
        told += [
            f"- **{inert(lens)}, finding {finding.number}**, {place}: {inert(finding.claim, 240)}{shown}"
        ]
        told += [f"  - The author: {_side(run.rebuttal_of(finding.number))}"]
    return ["\n".join(["Reviewers and author disagree, and a person decides:", "", *told])] if told else []


def _side(said: Rebuttal | None) -> str:
    if said is None:
        return "nothing against it."
    text = inert(said.text, 240)
    if said.proof.doubt:
        return f"{text} Without evidence: {inert(said.proof.doubt, 200)}."
    return f"{text} Seen with {code(said.proof.command or f'{said.proof.path}:{said.proof.line}')}."


def _notices(run: Run) -> list[str]:
    told = [*_dispute(run)] if run.state is RunState.disputed else []
    if run.foreign:
        who = code(run.foreign.by) if run.foreign.by else "Somebody else"
        told.append(
            f"{who} pushed {code(run.foreign.oid[:12])} to this branch, so nothing more is pushed by me. "
            "`@sortie retry` goes on from there."
        )
    if run.held_by:
        told.append(f"On hold for {code(run.held_by.name)}: nothing is pushed until `@sortie unhold`.")
    if run.edited_by_people:
        told.append("A person edited the description, so I write it no more.")
    told += [inert(note.sentence) for note in run.notes if note.code == REVIEWER_FULL]
    if run.state in (RunState.failed, RunState.cancelled):
        told.append(f"What is left: {inert(left(run))} Nothing more is pushed here.")
    return told


def _authors(run: Run, done: Round) -> str:
    names = dict.fromkeys(h.remark.by.name for h in run.remarks if h.remark.key in done.remarks)
    return ", ".join(code(name) for name in names) or "nobody"


# --- approvals --------------------------------------------------------------------------------------------------------


def approval_check(run: Run, given: tuple[GivenReview, ...], *, links: Links) -> CheckRunReport:
    """The check that fails while nobody but the requester approved this head. Programs' approvals never count."""
    latest = {
        r.user_id: r
        for r in given
        if r.state in ("approved", "changes_requested", "dismissed") and not r.is_bot
    }
    approved = [r for r in latest.values() if r.state == "approved" and r.head_oid == run.head_oid]
    requester = run.inspection.user_id if run.inspection else 0
    others = [r for r in approved if r.user_id != requester and r.login.lower() != run.login.lower()]
    if others:
        conclusion, title = Conclusion.success, f"Approved by {others[0].login}"
    elif approved:
        conclusion, title = Conclusion.failure, "Only the person who asked for it approved"
    else:
        conclusion, title = Conclusion.pending, "Nobody has approved this head yet"
    return CheckRunReport(
        name=APPROVAL,
        head_oid=run.head_oid,
        external_id=f"{run.id}:approval",
        conclusion=conclusion,
        title=title,
        summary="Whoever asked for a change cannot be the only one who approves it. An approval counts for the head it was given on.",
        details_url=links.run(run.id),
    )
