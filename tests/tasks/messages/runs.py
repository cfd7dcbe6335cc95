"""Runs in every state people see, folded from events as they would really come."""

from dataclasses import replace
from datetime import timedelta

from integrations.types.chat import MessageRef
from integrations.types.code_host import CheckState, Conclusion, Role
from tasks.domain import events as e
from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.fold import fold
from tasks.domain.request import Person
from tasks.domain.run import Run
from tasks.domain.verdict import Decision, Finding, LensVerdict, Severity
from tasks.messages.words import Links
from tests.support.requests import NOON, a_request

LINKS = Links("https://sortie.example.com/")
BASE, HEAD = "4f1c2aa" + "0" * 33, "abc1234" + "0" * 33
ADA, BEN = Person("slack", "T1", "U1", "ada"), Person("slack", "T1", "U2", "ben")
TITLE = "Return 422 when the refund `currency` is null"
TEST_GATE = GateResult(
    "test",
    GateOutcome.passed,
    "fail",
    "pass",
    "2 tests pass now",
    command="pytest -q",
    tests_base=40,
    tests_head=42,
)
SUMMARY = "Refunds without a currency answer 422.\nThe serializer assumed a currency."
SUBMITTED = e.Submitted(
    HEAD,
    "t" * 40,
    BASE,
    "Reject refunds with null currency (422)",
    SUMMARY,
    (e.LookFirst("api/serializers.py", 88, "changes error code 500 to 422"),),
    ("Batch import path; no test data in the repo",),
    3,
    38,
    4,
)
BLOCK = Finding(
    3,
    "security",
    Severity.blocking,
    "api/views.py",
    141,
    "The 422 body echoes the raw payload",
    "curl -s localhost/v1/refunds",
    '{"card": "4111"}',
)
NOTE = Finding(1, "tests", Severity.note, "tests/test_refunds.py", 12, "One case has no test")


def a_run(*told: e.Event, text: str = "/v1/refunds 500s when currency is null", title: str = TITLE) -> Run:
    """The run after these events, one minute apart."""
    every = (e.RunRequested(a_request(text), title), *told)
    recorded = tuple(
        e.Recorded(n, NOON + timedelta(minutes=n - 1), event) for n, event in enumerate(every, start=1)
    )
    return fold("R-1042", recorded)


CHOSEN = e.RepoChosen("acme/api", "channel default", None, "octocat")
INSPECTED = e.RepoInspected("acme/api", True, "octocat", 7, Role.write, "main", "main", BASE, private=False)
STARTED: tuple[e.Event, ...] = (CHOSEN, INSPECTED, e.Accepted())
PROVISIONED: tuple[e.Event, ...] = (
    *STARTED,
    e.Provisioned(BASE, (("test", "pytest -q"),), True, "full"),
    e.PlanMade(("Reproduce the failure", "Fix and add a regression test")),
)
GATED: tuple[e.Event, ...] = (
    *PROVISIONED,
    e.TurnTaken("worker", 1, ("bash",), 0.41),
    SUBMITTED,
    e.Gated(HEAD, (TEST_GATE,)),
)
OPENED: tuple[e.Event, ...] = (
    *GATED,
    e.BranchPushed("sortie/R-1042-refund-null", HEAD),
    e.PullRequestOpened(812, "https://github.com/acme/api/pull/812", HEAD),
)


def checks(*conclusions: Conclusion, settled: bool = True) -> e.ChecksSeen:
    listed = tuple(
        CheckState(f"job-{n}", c, f"https://ci/{n}", f"run:{n}") for n, c in enumerate(conclusions)
    )
    return e.ChecksSeen(HEAD, listed, settled)


def verdict(lens: str, *findings: Finding, reason: str = "") -> LensVerdict:
    decision = Decision.unavailable if reason else Decision.passed
    if any(f.severity is Severity.blocking for f in findings):
        decision = Decision.block
    return LensVerdict(lens, HEAD, decision, f"{lens} looked at it", findings, reason)


REVIEWING: tuple[e.Event, ...] = (
    *OPENED,
    checks(Conclusion.success, Conclusion.success),
    e.CiJudged(HEAD, "green"),
    e.ReviewStarted(HEAD, 1),
)
PASSED: tuple[e.Event, ...] = (
    *REVIEWING,
    e.LensReported(verdict("correctness")),
    e.LensReported(verdict("security")),
    e.LensReported(verdict("tests", NOTE)),
    e.ReviewSettled(HEAD, "passed"),
)
BLOCKED: tuple[e.Event, ...] = (
    *REVIEWING,
    e.LensReported(verdict("correctness")),
    e.LensReported(verdict("security", BLOCK)),
    e.LensReported(verdict("tests", NOTE)),
    e.ReviewSettled(HEAD, "blocked"),
)
FAILED = e.Failed(
    "AGT-007", "The checks still fail after 3 rounds: test.", "3 rounds of repair", "Nothing was pushed."
)
ASKED_REPO = e.QuestionAsked(
    1,
    "repo",
    "Which repo is this?",
    ("acme/api", "acme/payments", "acme/billing"),
    "Two routing rules match.",
)
ASKED_AGENT = e.QuestionAsked(
    2, "agent", "What should a null currency do?", ("reject with 422", "use the account's currency")
)

EVERY_STATE: dict[str, tuple[e.Event, ...]] = {
    "received": (),
    "received, queue down": (e.Noted("SYS-001", "Accepted. My workers cannot be reached right now."),),
    "triaging": (CHOSEN,),
    "which repo": (ASKED_REPO,),
    "queued": STARTED,
    "planning": PROVISIONED[:-1],
    "coding": PROVISIONED,
    "agent asks": (*PROVISIONED, ASKED_AGENT),
    "steered": (*PROVISIONED, e.Replied(BEN, "also /v1/charges", MessageRef("C1", "2.0"), True)),
    "reduced isolation": (
        *STARTED,
        e.Provisioned(BASE, (), False, "none"),
    ),
    "verifying": (*PROVISIONED, SUBMITTED),
    "recovering": (
        *PROVISIONED,
        e.StepFailed(
            "code", e.FailureClass.model, "MOD-001", "The model is overloaded.", 1, NOON + timedelta(hours=1)
        ),
    ),
    "pr open": (*OPENED, checks(Conclusion.success, Conclusion.pending, settled=False)),
    "no CI": (*OPENED, checks(), e.CiJudged(HEAD, "none")),
    "ci fixing": (*OPENED, checks(Conclusion.success, Conclusion.failure), e.CiJudged(HEAD, "red", "boom")),
    "reviewing": (*REVIEWING, e.LensReported(verdict("correctness"))),
    "revising": BLOCKED,
    "disputed": (*BLOCKED, e.Disputed(HEAD)),
    "waived": (
        *BLOCKED,
        e.Disputed(HEAD),
        e.DisputeDecided(ADA, False, "RedactMiddleware redacts it already"),
        e.MadeReady(812),
    ),
    "ready": (*PASSED, e.MadeReady(812)),
    "merged": (*PASSED, e.MadeReady(812), e.PullRequestMoved(812, "closed", True, HEAD, "octocat")),
    "closed": (*PASSED, e.MadeReady(812), e.PullRequestMoved(812, "closed", False, HEAD, "octocat")),
    "no write": (
        CHOSEN,
        replace(INSPECTED, role=Role.read),
        e.Refused("AUTH-003", "GitHub says you have read on this repo. Starting needs write."),
    ),
    "not readable": (
        CHOSEN,
        e.Refused("AUTH-002", "That repository cannot be read with your GitHub account."),
    ),
    "not linked": (e.Refused("AUTH-001", "Connect your GitHub account to start this."),),
    "no review": (
        *REVIEWING,
        e.LensReported(verdict("security", reason="the model refused")),
        e.ReviewSettled(HEAD, "unavailable"),
        e.Failed("REV-002", "A review could not run.", "each lens twice", "Draft PR #812."),
    ),
    "stopped": (*PROVISIONED, e.StopRequested(ADA)),
    "stopped by another": (*OPENED, e.StopRequested(BEN)),
    "failed": (*PROVISIONED, FAILED),
    "second attempt": (*PROVISIONED, FAILED, e.RetryRequested(ADA)),
}


def state(name: str) -> Run:
    return a_run(*EVERY_STATE[name])
