"""What of a lens's findings counts: each is looked at again by the harness before anybody is shown it or held up by it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from tasks.domain.evidence import (
    LATE,
    NO_EVIDENCE,
    NO_QUOTE,
    WITHOUT_CODE,
    Touched,
    as_note,
    has_evidence,
    raised_before,
    same_run,
    standing,
    unlike,
)
from tasks.domain.plan import cut
from tasks.domain.run import Run
from tasks.domain.verdict import Decision, Finding, LensVerdict, Settled, Severity, Status
from tasks.gates.added import hunks
from tasks.prompts.clean import excerpt
from tasks.steps.run.proofs import Proofs
from tasks.steps.run.rerun import Rerun
from tasks.workspace.git import GitFailed
from tasks.workspace.workspaces import Workspaces

CLAIM_CHARACTERS = 200
QUOTE_CHARACTERS = 1_000
EVIDENCE_CHARACTERS = 4_000
BLOCKING_LOOKED_AT = 10
TOO_MANY = f"only the first {BLOCKING_LOOKED_AT} are looked at"
_FILE_BYTES = 4_000_000
_DIFF_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class Weighed:
    """What is left of a lens's claims: `late` of the `raised` came too late to block, `dropped` rest on a false premise."""

    findings: tuple[Finding, ...] = ()
    dropped: tuple[Finding, ...] = ()
    settled: tuple[Settled, ...] = ()
    raised: int = 0
    late: int = 0

    @property
    def doubted(self) -> tuple[Finding, ...]:
        """The claims that were to block and do not, for a reason their lens may be able to mend."""
        demoted = (f for f in self.findings if f.remark in (NO_QUOTE, NO_EVIDENCE, WITHOUT_CODE))
        return (*self.dropped, *demoted)

    @property
    def blocks(self) -> bool:
        return any(f.severity is Severity.blocking for f in self.findings)


def claims(lens: str, given: Iterable[dict[str, Any]]) -> tuple[Finding, ...]:
    """The findings as a lens handed them in, cut to size and without numbers."""
    return tuple(_claim(lens, found) for found in given)


def _claim(lens: str, found: dict[str, Any]) -> Finding:
    evidence = found.get("evidence") or {}
    exit_code = evidence.get("exit_code")
    return Finding(
        0,
        lens,
        Severity(found["severity"]),
        found["path"].removeprefix("/workspace/").removeprefix("./"),
        found["line"],
        cut(found["claim"], CLAIM_CHARACTERS),
        evidence.get("command") or "",
        excerpt(evidence.get("output") or "", EVIDENCE_CHARACTERS),
        quote=found["quote"][:QUOTE_CHARACTERS].strip("\n"),
        evidence_exit=int(exit_code) if exit_code is not None else None,
    )


@dataclass(slots=True)
class Scales:
    """Weighs the findings of one lens on the head under review. Methods raise Cancelled, and what sandbox and git raise."""

    lens: str
    run: Run
    workspaces: Workspaces
    rerun: Rerun
    _touched: Touched | None = field(default=None)

    def weigh(self, claimed: tuple[Finding, ...]) -> Weighed:
        """Each claim as it holds, then what became of this lens's open findings on older heads."""
        kept: list[Finding] = []
        dropped: list[Finding] = []
        blocking = 0
        for claim in claimed:
            blocking += claim.severity is Severity.blocking
            weighed, holds = self._weighed(claim, few=blocking <= BLOCKING_LOOKED_AT)
            (kept if holds else dropped).append(weighed)
        late = sum(f.remark == LATE for f in kept)
        false_notes = sum(f.severity is Severity.note for f in dropped)
        settled, carried = self._older(tuple(kept))
        return Weighed((*kept, *carried), tuple(dropped), settled, blocking + false_notes, late)

    def _weighed(self, claim: Finding, *, few: bool) -> tuple[Finding, bool]:
        """(the finding as it counts, whether its premise is true)."""
        if not claim.quote.strip():
            return (as_note(claim, NO_QUOTE) if claim.severity is Severity.blocking else claim), True
        line = self._standing(claim)
        if line is None:
            where = f"{claim.path} at {self.run.review_head[:12]}"
            return replace(claim, remark=f"the line it quotes does not stand in {where}"), False
        claim = replace(claim, line=line)
        if claim.severity is Severity.note:
            return claim, True
        if not has_evidence(claim):
            return as_note(claim, NO_EVIDENCE), True
        return self._shown(claim) if few else (as_note(claim, TOO_MANY), True)

    def _shown(self, claim: Finding) -> tuple[Finding, bool]:
        shown, without = self.rerun.with_and_without(self.run.review_head, claim.evidence_command)
        if otherwise := unlike(claim, shown):
            return replace(claim, remark=otherwise), False
        if same_run(shown, without):
            return as_note(claim, WITHOUT_CODE), True
        if self._late(claim):
            return as_note(claim, LATE), True
        before = raised_before(claim, _raised(self._earlier()))
        return (
            replace(
                claim,
                number=before.number if before else 0,
                evidence_exit=shown.exit_code,
            ),
            True,
        )

    def _standing(self, claim: Finding) -> int | None:
        """Where the quoted line stands at the head; in a file that the change removes, at the base."""
        content = self._read(self.run.review_head, claim.path)
        if content is None:
            content = self._read(self.run.review_base, claim.path)
        return None if content is None else standing(content, claim.quote, claim.line)

    def _read(self, oid: str, path: str) -> str | None:
        content = self.workspaces.read(self.run.repo, oid, path, _FILE_BYTES)
        return None if content is None else content.decode("utf-8", "replace")

    def _earlier(self) -> tuple[LensVerdict, ...]:
        """What this lens said before, oldest first: of older heads, and of this one where it hears a rebuttal."""
        return said_before(self.run, self.lens)

    def _late(self, claim: Finding) -> bool:
        """Whether the lens could have said it a round ago: nothing changed there, and the evidence showed it then."""
        earlier = self._earlier()
        if not earlier or raised_before(claim, _raised(earlier)):
            return False
        before = earlier[-1].head_oid
        if self._changed_since(before).covers(claim.path, claim.line):
            return False
        return not unlike(claim, self.rerun.at(before, claim.evidence_command))

    def _changed_since(self, oid: str) -> Touched:
        if self._touched is None:
            self._touched = touched(self.workspaces, self.run.repo, before=oid, after=self.run.review_head)
        return self._touched

    def _older(self, kept: tuple[Finding, ...]) -> tuple[tuple[Settled, ...], tuple[Finding, ...]]:
        """(what is settled, what is not: findings on older heads that the new head still shows, raised again or not)."""
        settled: list[Settled] = []
        carried: list[Finding] = []
        head = self.run.review_head
        again = {f.number for f in kept if f.severity is Severity.blocking and f.number}
        still = {f.path for f in kept if f.severity is Severity.blocking}
        for finding in _open(self._earlier()):
            if finding.number in again:
                continue
            again.add(finding.number)
            shown = self.rerun.at(head, finding.evidence_command)
            if not unlike(finding, shown):
                rebutted = self._let_go(finding)
                settled += [rebutted] if rebutted else []
                carried.append(_given_up(finding, rebutted) if rebutted else self._carried(finding))
            elif finding.path in still or self._read(head, finding.path) is None:
                settled.append(Settled(finding.number, Status.stale, head))
            else:
                settled.append(Settled(finding.number, Status.fixed, head))
        return tuple(settled), tuple(carried)

    def _let_go(self, finding: Finding) -> Settled | None:
        """A finding that its lens raises no more, having heard the author's evidence, where that still holds at this head."""
        rebuttal = self.run.rebuttal_of(finding.number)
        if rebuttal is None or not self.run.rebutted(finding.number):
            return None
        proofs = Proofs(self.run, self.workspaces, self.rerun, self.run.review_head)
        if proofs.doubt(rebuttal.proof):
            return None
        return Settled(finding.number, Status.rebutted, self.run.review_head)

    def _carried(self, finding: Finding) -> Finding:
        line = self._standing(finding)
        remark = "raised before, and this head still shows it"
        return replace(finding, line=line or finding.line, remark=remark)


def said_before(run: Run, lens: str) -> tuple[LensVerdict, ...]:
    """A lens's verdicts before the one that is due now, oldest first."""
    again = lens in run.hearing
    return tuple(
        v
        for v in run.verdicts
        if v.lens == lens
        and (again or v.head_oid != run.review_head)
        and v.decision is not Decision.unavailable
    )


def open_before(run: Run, lens: str) -> list[Finding]:
    """Its blocking findings that are open still, newest first."""
    return _open(said_before(run, lens))


def _given_up(finding: Finding, by: Settled) -> Finding:
    said = as_note(finding, "the author's evidence holds, and this lens did not raise it again")
    return replace(said, status=by.status, settled=by.detail)


def touched(workspaces: Workspaces, repo: str, *, before: str, after: str) -> Touched:
    """The lines that differ between two heads; all of them where the difference cannot be read."""
    try:
        diff = workspaces.plain_diff(repo, before, after, _DIFF_BYTES)
    except GitFailed:
        return Touched(dict.fromkeys(workspaces.files(repo, after), ((0, 1 << 60),)))
    ranges: dict[str, tuple[tuple[int, int], ...]] = {}
    for hunk in hunks(diff):
        last = hunk.start + max(hunk.count, 2) - 1
        ranges[hunk.path] = (*ranges.get(hunk.path, ()), (hunk.start, last))
    return Touched(ranges)


def _raised(verdicts: tuple[LensVerdict, ...]) -> tuple[Finding, ...]:
    return tuple(f for v in verdicts for f in (*v.findings, *v.dropped))


def _open(verdicts: tuple[LensVerdict, ...]) -> list[Finding]:
    """Newest first, each number once."""
    found = [f for v in reversed(verdicts) for f in v.upheld if f.status is Status.open]
    return list({f.number: f for f in reversed(found)}.values())
