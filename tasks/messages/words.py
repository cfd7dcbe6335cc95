"""The words every surface shares: state, clock, CI, verdicts, money. All of it from the run's state alone."""

from dataclasses import dataclass
from datetime import UTC, datetime

from integrations.types.chat import Mention, Quoted, Span
from integrations.types.code_host import CheckState, Conclusion
from tasks.domain.checks import GateOutcome, GateResult, proven, wants_person
from tasks.domain.plan import step_of
from tasks.domain.request import Person
from tasks.domain.run import ENDED, Run, RunState
from tasks.domain.verdict import Decision, Finding, LensVerdict, Severity, Status

STATE_WORDS = {
    RunState.received: "Accepted",
    RunState.triaging: "Accepted",
    RunState.needs_input: "Needs you",
    RunState.queued: "Queued",
    RunState.provisioning: "Working",
    RunState.planning: "Working",
    RunState.coding: "Working",
    RunState.verifying: "Working",
    RunState.pr_open: "Waiting for CI",
    RunState.ci_fixing: "Fixing CI",
    RunState.reviewing: "In review",
    RunState.revising: "Revising",
    RunState.disputed: "Needs you",
    RunState.ready: "Ready for review",
    RunState.merged: "Merged",
    RunState.closed: "Closed",
    RunState.declined: "Not started",
    RunState.cancelled: "Stopped",
    RunState.failed: "Failed",
    RunState.answered: "Answered",
}

LENS_NAMES = {
    "correctness": "Correctness",
    "security": "Security",
    "tests": "Tests and scope",
    "runs": "Does it run",
}


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of our own pages. `public_url` is where people reach the dashboard, with or without a slash at the end.

    `code_url` is where they reach the code host, "" where that is not known.
    """

    public_url: str
    code_url: str = ""

    def code(self, repo: str, oid: str, path: str, line: int) -> str:
        """A line of a file at exactly this commit, "" where it cannot be linked."""
        if not (self.code_url and repo and oid) or ".." in path:
            return ""
        return f"{self.code_url.rstrip('/')}/{repo}/blob/{oid}/{path}#L{line}"

    def connect(self, note: str) -> str:
        """Where a person connects their account of the code host; `note` says whose (tasks/seals.py)."""
        return f"{self.public_url.rstrip('/')}/link/{note}"

    def run(self, run_id: str, part: str = "") -> str:
        """A run's page, or one part of it: plan, diff, gates, checks, findings, log."""
        base = f"{self.public_url.rstrip('/')}/t/{run_id}"
        return f"{base}#{part}" if part else base


def is_over(run: Run) -> bool:
    """Whether the run has ended or waits in the reviewers' hands."""
    return run.state in ENDED or run.state is RunState.ready


def minutes(seconds: float) -> str:
    """ "11 min", "40 s", "2 h 5 min"."""
    if seconds < 60:
        return f"{max(0, round(seconds))} s"
    whole = round(seconds / 60)
    return f"{whole} min" if whole < 120 else f"{whole // 60} h {whole % 60} min"


def clock_time(at: datetime) -> str:
    """The time of day in UTC, for places that know no zones."""
    return f"{at.astimezone(UTC):%H:%M} UTC"


def cost(run: Run) -> str:
    """What the run has cost so far; "at least" where a call's price is not known."""
    said = f"${run.cost_usd:.2f}"
    return said if run.cost_known else f"at least {said}"


def target(run: Run) -> str:
    """The promise: "30 min"."""
    return minutes(run.clock.target_s)


def used(run: Run, until: datetime) -> str:
    """ "19 min of 30 min": how much of the promise was used."""
    return f"{minutes(run.clock.used_s(until))} of {target(run)}"


def step_words(run: Run) -> str:
    """ "step 3 of 6", empty before there is a plan."""
    if not run.plan:
        return ""
    n, of = step_of(run.plan)
    return f"step {n} of {of}"


def person(who: Person) -> Span:
    """A mention where the chat knows the person; their name otherwise (the page, the code host)."""
    return Mention(who.id) if who.provider == "slack" else Quoted(who.name or "somebody", limit=60)


def count(n: int, noun: str, plural: str = "") -> str:
    """ "1 note", "3 notes"."""
    return f"{n} {noun if n == 1 else plural or noun + 's'}"


def names(checks: tuple[CheckState, ...], limit: int = 3) -> str:
    """The first few names of checks; the rest as a number."""
    shown = ", ".join(c.name for c in checks[:limit])
    return f"{shown} and {len(checks) - limit} more" if len(checks) > limit else shown


def ci_words(run: Run) -> str:
    """The CI line in the catalogue's vocabulary, "" before there is a pull request."""
    if run.pr is None:
        return ""
    counted = tuple(c for c in run.checks if c.conclusion is not Conclusion.skipped)
    red = tuple(c for c in counted if c.conclusion.is_red)
    new = tuple(c for c in red if c.name not in run.base_red)
    if run.state is RunState.ci_fixing:
        of = max(run.ci_rounds, run.ci_round)
        return f"CI failed: {names(new) or 'see the log'}, fixing (round {run.ci_round} of {of})"
    if run.ci_result == "none":
        return "No CI in this repo"
    if any(c.conclusion is Conclusion.action_required for c in counted):
        return "CI waiting for a maintainer to approve the run"
    if red and not new and run.checks_settled:
        return f"CI red before us: {names(red)} (also red on {run.base_ref})"
    if new:
        return f"CI failed: {names(new)}"
    done = [c for c in counted if c.conclusion is not Conclusion.pending]
    if run.ci_result == "green" or (run.checks_settled and counted and len(done) == len(counted)):
        return f"CI {len(done)} of {len(counted)} passed"
    return f"CI running ({len(done)} of {len(counted)})" if counted else "CI running"


def lens_name(lens: str) -> str:
    return LENS_NAMES.get(lens, lens.capitalize())


def verdict_words(verdict: LensVerdict, *, waived: bool = False) -> str:
    """ "pass", "pass, 2 notes", "blocking: 1", "waived: 1", "blocking: 1, waived: 1", "could not review: <reason>"."""
    if verdict.decision is Decision.unavailable:
        return f"could not review: {verdict.reason or 'no reason was given'}"
    notes = sum(f.severity is Severity.note for f in verdict.findings)
    if verdict.decision is Decision.block:
        serious = [f for f in verdict.findings if f.severity is Severity.blocking]
        closed = len(serious) if waived else sum(f.status is Status.waived for f in serious)
        said = [f"blocking: {len(serious) - closed}"] if closed < len(serious) else []
        return ", ".join([*said, *([f"waived: {closed}"] if closed else [])])
    return f"pass, {count(notes, 'note')}" if notes else "pass"


def verdicts_in_order(run: Run) -> tuple[LensVerdict, ...]:
    """The verdicts on the head under review, in the order people read them."""
    order = {lens: n for n, lens in enumerate(run.lenses)}
    return tuple(sorted(run.current_verdicts(), key=lambda v: order.get(v.lens, len(order))))


def findings(run: Run, severity: Severity) -> tuple[Finding, ...]:
    """All findings of this weight on the head under review."""
    return tuple(f for v in verdicts_in_order(run) for f in v.findings if f.severity is severity)


_DOUBTFUL = frozenset(
    {"test-count", "check-files", "coverage", "base-tests", "tests-removed", "tests-skipped", "assertions"}
    | {"snapshots", "expected-values", "test-awareness"}
)
"""Gates that, asking for a person, put in doubt that a check which passes now was mended by the code."""


def turned_green(run: Run) -> tuple[str, ...]:
    """What failed before and passes now: gates red on base and green on head, and CI that was red and is green.

    A change that runs fewer tests, or changed what steers the checks, may have mended nothing but the check.
    """
    doubtful = any(g.outcome is GateOutcome.needs_human and g.name in _DOUBTFUL for g in run.gates)
    if doubtful:
        return ()
    seen = (g for g in run.gates if g.base == "fail" and g.head == "pass" and g.outcome is GateOutcome.passed)
    gates = tuple(f"`{g.name}`" for g in seen if g.command and g.name != PROOF)
    return (*gates, "CI") if run.ci_round and run.ci_result == "green" else gates


PROOF = "proof"
"""The gate that tells which tests fail without the change and pass with it."""


STILL_RED = "still-red"
"""The gate that holds a change whose tests fail as before, where none shows what it mends."""


def proof_words(run: Run) -> str:
    """Whether it may be called fixed: only where a test or a check that failed before passes now."""
    shown = next((g for g in run.gates if g.name == PROOF), None)
    doubtful = any(g.outcome is GateOutcome.needs_human and g.name in _DOUBTFUL for g in run.gates)
    if doubtful:
        return "changed, not verified: a person must look at what became of the tests"
    if shown and shown.outcome is GateOutcome.passed:
        return f"fixed: {shown.detail.rstrip('.')}{_red_as_before(run.gates)}"
    if green := turned_green(run):
        return f"fixed: {' and '.join(green)} failed before and {'passes' if len(green) == 1 else 'pass'} now"
    if any(g.name == STILL_RED for g in wants_person(run.gates)):
        return "changed, not verified: the tests fail as they did before the change, and none shows what it mends"
    if proven(run.gates) and shown:
        why = shown.detail.removeprefix("Not verified: ").rstrip(".")
        return f"changed, not verified: {why} ({_tests(run.gates)})"
    if proven(run.gates):
        return f"changed, not verified: no check failed before and passes now ({_tests(run.gates)})"
    return "changed, not verified: no test ran"


def _red_as_before(gates: tuple[GateResult, ...]) -> str:
    """Whoever reads "fixed" must not take it for all that was red."""
    red = [g for g in gates if g.name == "test" and g.outcome is GateOutcome.red_before]
    return f"; not everything: {red[0].detail.rstrip('.')}" if red else ""


def _tests(gates: tuple[GateResult, ...]) -> str:
    test = next((g for g in gates if g.name == "test"), None)
    if test is None or test.tests_head is None:
        return "tests pass"
    new = test.tests_head - (test.tests_base or 0)
    more = f", {new} new" if test.tests_base is not None and new > 0 else ""
    return f"{count(test.tests_head, 'test')} on head{more}"


def approval_words(run: Run) -> str:
    """What a person must approve before this may be called finished; "" where nothing is left."""
    return f"a person must approve: {', '.join(run.awaited_approvals)}" if run.awaited_approvals else ""


def gate_words(gate: GateResult) -> str:
    """One gate's result as the harness saw it on both sides."""
    if gate.outcome is GateOutcome.needs_human:
        return gate.detail
    if gate.name == PROOF and gate.outcome is GateOutcome.passed:
        return gate.detail
    before = {"pass": "passes", "fail": "fails", "not run": "did not run"}
    head, base = before.get(gate.head, gate.head), before.get(gate.base, gate.base)
    if gate.base == "fail" and gate.head == "pass":
        return "failed before, passes now"
    flaky = (
        f"; flaky: {', '.join(gate.flaky[:3])} failed once and passed on the same tree" if gate.flaky else ""
    )
    return (head if gate.base == gate.head else f"{head} (on base: {base})") + flaky
