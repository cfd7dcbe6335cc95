"""Lenses, findings and verdicts, and how several verdicts on one head become one outcome. Default: reject."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

LENSES = ("correctness", "security", "tests")
"""The lenses every change is reviewed by, in the order people read them."""


class Decision(StrEnum):
    """A lens's decision for exactly one head. `unavailable` is "could not review", never a pass."""

    passed = "pass"
    block = "block"
    unavailable = "unavailable"


class Severity(StrEnum):
    """A finding without evidence that the harness saw for itself is always a note."""

    blocking = "blocking"
    note = "note"


class Status(StrEnum):
    """What became of a finding. Only an open one holds a change up."""

    open = "open"
    fixed = "fixed"
    rebutted = "rebutted"
    waived = "waived"
    stale = "stale"


@dataclass(frozen=True, slots=True)
class Finding:
    """One claim of one lens. `line` is 1-based in the new file, and `quote` is what stands there.

    Evidence is one command and, for a blocking finding, how it ended and what it printed when the harness ran it.
    `remark` says why it weighs less than its lens wanted; `settled` is the commit, or the person and reason, that closed it.
    """

    number: int
    lens: str
    severity: Severity
    path: str
    line: int
    claim: str
    evidence_command: str = ""
    evidence_output: str = ""
    status: Status = Status.open
    quote: str = ""
    evidence_exit: int | None = None
    remark: str = ""
    settled: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became, at a newer head, of a finding on an older one. `detail` is as Finding.settled."""

    number: int
    status: Status
    detail: str


@dataclass(frozen=True, slots=True)
class LensVerdict:
    """What one lens said about one head. `reason` says why it is unavailable; empty otherwise.

    `raised` counts the claims that were to block, or were false; `dropped` are those whose premise is false: they are shown to
    nobody as findings and count against the lens. `settled` is about its findings on older heads; `commands` is how many it ran.
    """

    lens: str
    head_oid: str
    decision: Decision
    summary: str
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    raised: int = 0
    dropped: tuple[Finding, ...] = ()
    settled: tuple[Settled, ...] = ()
    commands: int = 0

    @property
    def upheld(self) -> tuple[Finding, ...]:
        """The findings that block."""
        return tuple(f for f in self.findings if f.severity is Severity.blocking)


class Outcome(StrEnum):
    """All verdicts on one head together."""

    passed = "passed"
    blocked = "blocked"
    unavailable = "unavailable"


def combine(verdicts: Iterable[LensVerdict], *, head_oid: str, lenses: tuple[str, ...] = LENSES) -> Outcome:
    """Any block blocks; a lens that is missing, down, or spoke of another head leaves the whole unavailable."""
    current = {v.lens: v for v in verdicts if v.head_oid == head_oid}
    if any(v.decision is Decision.block for v in current.values()):
        return Outcome.blocked
    if lenses and all(lens in current and current[lens].decision is Decision.passed for lens in lenses):
        return Outcome.passed
    return Outcome.unavailable


def settle(verdict: LensVerdict, *, late: int = 0) -> LensVerdict:
    """Makes decision and findings agree: one upheld finding is a block, and a block needs one.

    `late` of the claims raised came too late to block. Where they were all there was, the lens has nothing against the change;
    any other block without an upheld finding is no verdict.
    """
    if verdict.decision is Decision.unavailable:
        return verdict
    if verdict.upheld:
        return replace(verdict, decision=Decision.block, reason="")
    if verdict.decision is Decision.block and not 0 < verdict.raised == late:
        held = "what it blocked for did not hold" if verdict.dropped else "it blocked without evidence"
        return replace(verdict, decision=Decision.unavailable, reason=held)
    return replace(verdict, decision=Decision.passed, reason="")


def with_settled(verdicts: tuple[LensVerdict, ...], settled: Iterable[Settled]) -> tuple[LensVerdict, ...]:
    """The verdicts with the findings of these numbers closed as said; what is closed already stays as it is."""
    known = {s.number: s for s in settled}

    def closed(finding: Finding) -> Finding:
        found = known.get(finding.number)
        if found is None or finding.status is not Status.open:
            return finding
        return replace(finding, status=found.status, settled=found.detail)

    return tuple(replace(v, findings=tuple(closed(f) for f in v.findings)) for v in verdicts)
