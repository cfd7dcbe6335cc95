"""Histories of runs told event by event, for tests of the pure core."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from integrations.types.chat import MessageRef
from integrations.types.code_host import CheckState, Conclusion, Role
from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.decisions import (
    Accepted,
    CiJudged,
    Gated,
    LensReported,
    PlanMade,
    Provisioned,
    RepoChosen,
    ReviewSettled,
    ReviewStarted,
    Submitted,
    Titled,
    TurnTaken,
)
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import RunRequested
from tasks.domain.fold import apply, begin
from tasks.domain.policy import Link, Policy
from tasks.domain.results import (
    BranchPushed,
    CardPosted,
    ChecksSeen,
    MadeReady,
    PullRequestOpened,
    RepoInspected,
)
from tasks.domain.run import Run
from tasks.domain.verdict import LENSES, Decision, Finding, LensVerdict, Severity
from tests.support.requests import NOON, a_request

BASE, ONE, TWO = "b" * 40, "1" * 40, "2" * 40
POLICY = Policy(
    repos=("acme/api", "acme/web"),
    links=(Link("T1", "U1", "ada"),),
    channel_repo={"C1": "acme/api"},
)


class Story:
    """A run and the clock it is told on: each event comes one second after the last."""

    def __init__(self, *events: Event, first: RunRequested | None = None) -> None:
        self.now: datetime = NOON
        first = first or RunRequested(a_request(), "Return 422")
        self.recorded: list[Recorded] = [Recorded(1, NOON, first)]
        self.run: Run = begin("R-1042", self.recorded[0])
        self.tell(*events)

    def tell(self, *events: Event) -> Run:
        for event in events:
            self.now += timedelta(seconds=1)
            self.recorded.append(Recorded(self.run.seq + 1, self.now, event))
            self.run = apply(self.run, self.recorded[-1])
        return self.run


def inspected(*, role: Role = Role.write, base: str = BASE) -> RepoInspected:
    return RepoInspected("acme/api", True, "ada", 7, role, "main", "main", base)


def submitted(oid: str = ONE, parent: str = BASE) -> Submitted:
    return Submitted(
        oid, "t" * 40, parent, "Return 422", "Null currency is refused.", files=2, added=9, removed=1
    )


def gated(oid: str = ONE, outcome: GateOutcome = GateOutcome.passed) -> Gated:
    return Gated(oid, (GateResult("test", outcome, "pass", "pass" if outcome == "passed" else "fail"),))


def checks(
    oid: str = ONE, conclusion: Conclusion = Conclusion.success, *, settled: bool = True
) -> ChecksSeen:
    return ChecksSeen(oid, (CheckState("tests", conclusion),), settled)


def verdict(lens: str, decision: Decision = Decision.passed, head: str = ONE) -> LensReported:
    findings: tuple[Finding, ...] = ()
    if decision is Decision.block:
        findings = (Finding(1, lens, Severity.blocking, "src/a.py", 3, "it breaks", "pytest", "1 failed"),)
    return LensReported(LensVerdict(lens, head, decision, "looked", findings))


def review(head: str = ONE, number: int = 1, outcome: str = "passed") -> Iterable[Event]:
    yield ReviewStarted(head, number)
    for lens in LENSES:
        blocks = outcome == "blocked" and lens == "security"
        yield verdict(lens, Decision.block if blocks else Decision.passed, head)
    yield ReviewSettled(head, outcome)


TO_ACCEPTED: tuple[Event, ...] = (
    CardPosted(MessageRef("C1", "2.0")),
    RepoChosen("acme/api", "channel default", None, "ada"),
    inspected(),
    Accepted(),
)
TO_CODING: tuple[Event, ...] = (
    *TO_ACCEPTED,
    Titled("Return 422 when refund currency is null"),
    Provisioned(BASE, (("test", "pytest -q"),), True, "full"),
    PlanMade(("Reproduce the failure", "Fix it")),
    TurnTaken("worker", 1, ("bash",), 0.1, "w" * 40),
)
TO_PR: tuple[Event, ...] = (
    *TO_CODING,
    submitted(),
    gated(),
    BranchPushed("sortie/R-1042-x", ONE),
    PullRequestOpened(812, "http://host/acme/api/pull/812", ONE),
)
TO_REVIEWED: tuple[Event, ...] = (*TO_PR, checks(), CiJudged(ONE, "green"), *review())
TO_READY: tuple[Event, ...] = (*TO_REVIEWED, MadeReady(812))
