"""Lenses, findings and verdicts, and how several verdicts on one head become one outcome. Default: reject."""

from dataclasses import dataclass
from enum import StrEnum

LENSES = ("correctness", "security", "tests")
"""The three lenses every change is reviewed by, in the order people read them."""


class Decision(StrEnum):
    """A lens's decision for exactly one head. `unavailable` is "could not review", never a pass."""

    passed = "pass"
    block = "block"
    unavailable = "unavailable"


class Severity(StrEnum):
    """A finding without evidence is always a note."""

    blocking = "blocking"
    note = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One claim of one lens. `line` is 1-based in the new file; evidence is a command and what it printed."""

    number: int
    lens: str
    severity: Severity
    path: str
    line: int
    claim: str
    evidence_command: str = ""
    evidence_output: str = ""
    status: str = "open"


@dataclass(frozen=True, slots=True)
class LensVerdict:
    """What one lens said about one head. `reason` says why it is unavailable; empty otherwise."""

    lens: str
    head_oid: str
    decision: Decision
    summary: str
    findings: tuple[Finding, ...] = ()
    reason: str = ""


class Outcome(StrEnum):
    """All verdicts on one head together."""

    passed = "passed"
    blocked = "blocked"
    unavailable = "unavailable"


def combine(verdicts: tuple[LensVerdict, ...], *, head_oid: str) -> Outcome:
    """Any block blocks; a lens that is missing, down, or spoke of another head leaves the whole unavailable."""
    current = {v.lens: v for v in verdicts if v.head_oid == head_oid}
    if any(v.decision is Decision.block for v in current.values()):
        return Outcome.blocked
    if all(lens in current and current[lens].decision is Decision.passed for lens in LENSES):
        return Outcome.passed
    return Outcome.unavailable


def weigh(finding: Finding) -> Finding:
    """Forces a finding without a command and its output down to a note."""
    if finding.severity is Severity.blocking and not (
        finding.evidence_command.strip() and finding.evidence_output.strip()
    ):
        return Finding(
            finding.number,
            finding.lens,
            Severity.note,
            finding.path,
            finding.line,
            finding.claim,
            finding.evidence_command,
            finding.evidence_output,
            finding.status,
        )
    return finding


def settle(verdict: LensVerdict) -> LensVerdict:
    """Makes decision and findings agree: a block needs a blocking finding with evidence; one such finding is a block."""
    findings = tuple(weigh(f) for f in verdict.findings)
    decision = verdict.decision
    if decision is Decision.unavailable:
        return LensVerdict(
            verdict.lens, verdict.head_oid, decision, verdict.summary, findings, verdict.reason
        )
    serious = any(f.severity is Severity.blocking for f in findings)
    if decision is Decision.block and not serious:
        return LensVerdict(
            verdict.lens,
            verdict.head_oid,
            Decision.unavailable,
            verdict.summary,
            findings,
            "it blocked without evidence",
        )
    return LensVerdict(
        verdict.lens,
        verdict.head_oid,
        Decision.block if serious else Decision.passed,
        verdict.summary,
        findings,
    )
