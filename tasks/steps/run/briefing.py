"""What the worker is told, round by round. Each message has a label of its own, so that a resumed worker hears it once."""

import re
from enum import StrEnum

from tasks.agent.journal import Said
from tasks.domain.buttons import FIX
from tasks.domain.checks import blocks
from tasks.domain.files import Attached
from tasks.domain.remarks import Remark
from tasks.domain.run import Run
from tasks.domain.thread_presses import plan_due
from tasks.domain.verdict import Finding, Outcome
from tasks.prompts.clean import excerpt
from tasks.prompts.render import Untrusted, render
from tasks.steps.run.asked_there import asked_there
from tasks.steps.run.profiles import for_request
from tasks.workspace.workspaces import Workspaces

INSTRUCTIONS = ("AGENTS.md", "CLAUDE.md")
INSTRUCTION_BYTES = 32_000
EXCERPT_CHARACTERS = 12_000
FIRST = "# The work"


class Task(StrEnum):
    """Why the worker works: the request itself, or what came back from a gate, CI or the reviewers."""

    request = "request"
    gates = "gates"
    ci = "ci"
    review = "review"
    comments = "comments"


def task_of(run: Run) -> Task:
    """The newest thing that sent the work back."""
    if blocks(run.gates):
        return Task.gates
    if run.ci_result == "red":
        return Task.ci
    if run.review_outcome == Outcome.blocked:
        return Task.review
    if run.at_work_for:
        return Task.comments
    return Task.request


def opening(run: Run, workspaces: Workspaces) -> tuple[Said, ...]:
    """Everything the harness has to tell the worker by now, oldest first."""
    said = [Said(FIRST, _start(run, workspaces))]
    said += [Said(f"# File {n}", _file(a)) for n, a in enumerate(run.thread.files, 1) if a.text]
    task = task_of(run)
    if run.at_work_for:
        said.append(Said(f"# Comments {run.rounds}", _comments(run)))
    if task not in (Task.request, Task.comments):
        said.append(Said(_round(run), _repair(run, task)))
    if run.thread.proposal or plan_due(run):
        said.append(Said("# The plan first", render("plan_first.md")))
    if run.answer is not None and run.thread.proposal and run.thread.proposal.number == run.questions_asked:
        words = Untrusted("what should be different", run.answer) if run.answer else None
        said.append(Said(f"# Answer {run.questions_asked}", render("plan_answer.md", words=words)))
    elif run.answer is not None:
        words = Untrusted("answer to your question", run.answer)
        said.append(Said(f"# Answer {run.questions_asked}", render("answer.md", words=words)))
    return tuple(said)


def _file(given: Attached) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", given.file.name)[:80]
    return render("file.md", text=Untrusted(f"file {name}", given.text, "output"))


def _round(run: Run) -> str:
    """A label that no other round of this attempt has: one of its counters moves whenever work is sent back."""
    counts: tuple[int, ...] = (run.gate_round, run.ci_round, run.review_round, run.granted_rounds)
    counts = (*counts, run.rounds) if run.rounds else counts
    counts = (*counts, run.granted_ci) if run.granted_ci else counts
    return f"# Sent back ({'.'.join(map(str, counts))})"


def _named_base(run: Run) -> str:
    """A branch of somebody else's is told by its pull request's number: its name is theirs to choose."""
    host = run.request.host
    return f"pull request #{host.number}" if host and host.on_pull else run.base_ref


def _start(run: Run, workspaces: Workspaces) -> str:
    commands = "\n".join(f"{name}: {command}" for name, command in run.commands)
    profiles, others = for_request(run, workspaces)
    return render(
        "work_start.md",
        repo=run.repo,
        base_ref=_named_base(run),
        base_oid=run.base_oid,
        attempt=run.attempt,
        request=Untrusted("request", run.request.text),
        place=asked_there(run),
        commands=Untrusted("checks", commands, "output") if commands else None,
        instructions=instructions(run, workspaces),
        profiles=profiles,
        others=others,
    )


def instructions(run: Run, workspaces: Workspaces) -> tuple[Untrusted, ...]:
    """The repository's own words to agents, from the base commit: what a change says about itself never counts."""
    found = []
    for path in INSTRUCTIONS:
        content = workspaces.read(run.repo, run.rules_oid, path, INSTRUCTION_BYTES)
        if content and content.strip():
            found.append(Untrusted(f"{path} of the base commit", content.decode("utf-8", "replace")))
    return tuple(found)


def _comments(run: Run) -> str:
    """What people who may write asked for on the pull request, each under the id by which it is answered."""
    given = [
        {
            "id": h.remark.key,
            "words": Untrusted(f"comment {h.remark.key} of {_place(h.remark)}", _asked(run, h.remark)),
        }
        for h in run.at_work_for
    ]
    now = run.round
    conflicts = now.conflicts if now and now.merges else ()
    merged = Untrusted("files that conflict", "\n".join(conflicts), "output") if conflicts else None
    return render(
        "comments.md", comments=given, merged=merged, base_ref=_named_base(run), theirs=run.is_theirs
    )


def _asked(run: Run, remark: Remark) -> str:
    """A person's words; of one who only says "fix the findings", the findings."""
    if remark.verb != FIX:
        return remark.text
    told = (f"Finding {f.number}, {f.severity}, {_shown(f)}" for f in run.unsettled_findings())
    return "\n\n".join(("Fix the open findings of the reviewers:", *told))


def _place(remark: Remark) -> str:
    return (
        f"{remark.path}:{remark.line}" if remark.path and remark.line else remark.path or "the conversation"
    )


def _repair(run: Run, task: Task) -> str:
    gates = [
        {"name": g.name, "base": g.base, "head": g.head, "excerpt": _output(g.name, g.excerpt or g.detail)}
        for g in blocks(run.gates)
    ]
    return render(
        "repair.md",
        gates=gates if task is Task.gates else [],
        ci=_output("log of CI", run.ci_excerpt) if task is Task.ci else None,
        findings=[_finding(f) for f in run.open_findings()] if task is Task.review else [],
    )


def _finding(finding: Finding) -> Untrusted:
    return _output(f"finding {finding.number} of the {finding.lens} reviewer", _shown(finding))


def _shown(finding: Finding) -> str:
    """Where it is, what it says, and the command that shows it where there is one."""
    said = f"{finding.path}:{finding.line}: {finding.claim}"
    if not finding.evidence_command:
        return said
    return f"{said}\n\n$ {finding.evidence_command}\n{finding.evidence_output}"


def _output(label: str, text: str) -> Untrusted:
    return Untrusted(label, excerpt(text, EXCERPT_CHARACTERS), "output")
