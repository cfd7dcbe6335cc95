"""Runs in every state people see, folded from events as they would really come."""

from dataclasses import replace
from datetime import timedelta

from integrations.types.chat import MessageRef
from integrations.types.code_host import CheckState, Conclusion, Role
from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.decisions import (
    Accepted,
    CiJudged,
    Disputed,
    Explained,
    Failed,
    FailureClass,
    Gated,
    LensReported,
    LookFirst,
    Noted,
    PlanMade,
    Provisioned,
    QuestionAsked,
    Refused,
    RepoChosen,
    ReviewSettled,
    ReviewStarted,
    StepFailed,
    Submitted,
    Titled,
    TurnTaken,
)
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import (
    DisputeDecided,
    PullRequestMoved,
    Replied,
    RetryRequested,
    RunRequested,
    StopRequested,
)
from tasks.domain.fold import fold
from tasks.domain.in_thread import Nudge
from tasks.domain.request import Person
from tasks.domain.results import BranchPushed, ChecksSeen, MadeReady, PullRequestOpened, RepoInspected
from tasks.domain.run import Run
from tasks.domain.thread_events import (
    Assumed,
    BranchDiscarded,
    FollowsUp,
    Muted,
    NewTextTaken,
    Nudged,
    PlanProposed,
    RequestEdited,
)
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
SUBMITTED = Submitted(
    HEAD,
    "t" * 40,
    BASE,
    "Reject refunds with null currency (422)",
    SUMMARY,
    (LookFirst("api/serializers.py", 88, "changes error code 500 to 422"),),
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


def a_run(*told: Event, text: str = "/v1/refunds 500s when currency is null", title: str = TITLE) -> Run:
    """The run after these events, one minute apart."""
    every = (RunRequested(a_request(text), title), *told)
    recorded = tuple(
        Recorded(n, NOON + timedelta(minutes=n - 1), event) for n, event in enumerate(every, start=1)
    )
    return fold("R-1042", recorded)


CHOSEN = RepoChosen("acme/api", "channel default", None, "octocat")
INSPECTED = RepoInspected("acme/api", True, "octocat", 7, Role.write, "main", "main", BASE, private=False)
STARTED: tuple[Event, ...] = (CHOSEN, INSPECTED, Accepted())
PROVISIONED: tuple[Event, ...] = (
    *STARTED,
    Provisioned(BASE, (("test", "pytest -q"),), True, "full"),
    PlanMade(("Reproduce the failure", "Fix and add a regression test")),
)
GATED: tuple[Event, ...] = (
    *PROVISIONED,
    TurnTaken("worker", 1, ("bash",), 0.41),
    SUBMITTED,
    Gated(HEAD, (TEST_GATE,)),
)
OPENED: tuple[Event, ...] = (
    *GATED,
    BranchPushed("sortie/R-1042-refund-null", HEAD),
    PullRequestOpened(812, "https://github.com/acme/api/pull/812", HEAD),
)


def checks(*conclusions: Conclusion, settled: bool = True) -> ChecksSeen:
    listed = tuple(
        CheckState(f"job-{n}", c, f"https://ci/{n}", f"run:{n}") for n, c in enumerate(conclusions)
    )
    return ChecksSeen(HEAD, listed, settled)


def verdict(lens: str, *findings: Finding, reason: str = "") -> LensVerdict:
    decision = Decision.unavailable if reason else Decision.passed
    if any(f.severity is Severity.blocking for f in findings):
        decision = Decision.block
    return LensVerdict(lens, HEAD, decision, f"{lens} looked at it", findings, reason)


REVIEWING: tuple[Event, ...] = (
    *OPENED,
    checks(Conclusion.success, Conclusion.success),
    CiJudged(HEAD, "green"),
    ReviewStarted(HEAD, 1),
)
PASSED: tuple[Event, ...] = (
    *REVIEWING,
    LensReported(verdict("correctness")),
    LensReported(verdict("security")),
    LensReported(verdict("tests", NOTE)),
    ReviewSettled(HEAD, "passed"),
)
BLOCKED: tuple[Event, ...] = (
    *REVIEWING,
    LensReported(verdict("correctness")),
    LensReported(verdict("security", BLOCK)),
    LensReported(verdict("tests", NOTE)),
    ReviewSettled(HEAD, "blocked"),
)
FAILED = Failed(
    "AGT-007", "The checks still fail after 3 rounds: test.", "3 rounds of repair", "Nothing was pushed."
)
ASKED_REPO = QuestionAsked(
    1,
    "repo",
    "Which repo is this?",
    ("acme/api", "acme/payments", "acme/billing"),
    "Two routing rules match.",
)
ASKED_AGENT = QuestionAsked(
    2, "agent", "What should a null currency do?", ("reject with 422", "use the account's currency")
)

PROPOSED = PlanProposed(
    1,
    (
        "Add a nullable `currency_source` column",
        "Backfill in batches",
        "Serializer reads it, 422 when missing",
    ),
    ("migrations/0007.py", "api/serializers.py"),
    ("data cleanup of 2023 rows",),
)
ASSUMED = Assumed(
    1,
    "A null currency should...",
    ("reject with 422", "use account currency"),
    "reject with 422",
    NOON + timedelta(minutes=20),
)
LEFT: tuple[Event, ...] = (
    *PROVISIONED,
    SUBMITTED,
    Gated(HEAD, (TEST_GATE,)),
    BranchPushed("sortie/R-1042-x", HEAD),
)
EVERY_STATE: dict[str, tuple[Event, ...]] = {
    "received": (),
    "received, queue down": (Noted("SYS-001", "Accepted. My workers cannot be reached right now."),),
    "triaging": (CHOSEN,),
    "which repo": (ASKED_REPO,),
    "queued": STARTED,
    "planning": PROVISIONED[:-1],
    "coding": PROVISIONED,
    "agent asks": (*PROVISIONED, ASKED_AGENT),
    "steered": (*PROVISIONED, Replied(BEN, "also /v1/charges", MessageRef("C1", "2.0"), True)),
    "reduced isolation": (
        *STARTED,
        Provisioned(BASE, (), False, "none"),
    ),
    "verifying": (*PROVISIONED, SUBMITTED),
    "recovering": (
        *PROVISIONED,
        StepFailed(
            "code", FailureClass.model, "MOD-001", "The model is overloaded.", 1, NOON + timedelta(hours=1)
        ),
    ),
    "pr open": (*OPENED, checks(Conclusion.success, Conclusion.pending, settled=False)),
    "no CI": (*OPENED, checks(), CiJudged(HEAD, "none")),
    "ci fixing": (*OPENED, checks(Conclusion.success, Conclusion.failure), CiJudged(HEAD, "red", "boom")),
    "ci given up": (
        *OPENED,
        checks(Conclusion.success, Conclusion.failure),
        CiJudged(HEAD, "red", "\n".join(f"line {n}" for n in range(40))),
        Failed("CI-003", "job-1 still fails after 2 rounds.", "2 rounds of repair on the failing log"),
    ),
    "ci red before": (
        *OPENED,
        replace(checks(Conclusion.success, Conclusion.failure), base_red=("job-1",)),
        CiJudged(HEAD, "red_before"),
    ),
    "reviewing": (*REVIEWING, LensReported(verdict("correctness"))),
    "revising": BLOCKED,
    "disputed": (*BLOCKED, Disputed(HEAD)),
    "waived": (
        *BLOCKED,
        Disputed(HEAD),
        DisputeDecided(ADA, False, "RedactMiddleware redacts it already"),
        MadeReady(812),
    ),
    "ready": (*PASSED, MadeReady(812)),
    "merged": (*PASSED, MadeReady(812), PullRequestMoved(812, "closed", True, HEAD, "octocat")),
    "closed": (*PASSED, MadeReady(812), PullRequestMoved(812, "closed", False, HEAD, "octocat")),
    "no write": (
        CHOSEN,
        replace(INSPECTED, role=Role.read),
        Refused("AUTH-003", "GitHub says you have read on this repo. Starting needs write."),
    ),
    "not readable": (
        CHOSEN,
        Refused("AUTH-002", "That repository cannot be read with your GitHub account."),
    ),
    "not linked": (Refused("AUTH-001", "Connect your GitHub account to start this."),),
    "no review": (
        *REVIEWING,
        LensReported(verdict("security", reason="the model refused")),
        ReviewSettled(HEAD, "unavailable"),
        Failed("REV-002", "A review could not run.", "each lens twice", "Draft PR #812."),
    ),
    "stopped": (*PROVISIONED, StopRequested(ADA)),
    "stopped by another": (*OPENED, StopRequested(BEN)),
    "failed": (*PROVISIONED, FAILED),
    "second attempt": (*PROVISIONED, FAILED, RetryRequested(ADA)),
    "plan to approve": (*PROVISIONED, PROPOSED),
    "assumed": (*PROVISIONED, ASSUMED),
    "asked too": (*PROVISIONED, ASKED_AGENT, Nudged(2, Nudge.reminded), Nudged(2, Nudge.handed_over, "U9")),
    "nobody answered": (*PROVISIONED, ASKED_AGENT, Nudged(2, Nudge.given_up)),
    "muted": (*PROVISIONED, Muted(ADA, True)),
    "request edited": (*PROVISIONED, RequestEdited(ADA, "Also the charges.")),
    "new text taken": (*PROVISIONED, RequestEdited(ADA, "Also the charges."), NewTextTaken(ADA)),
    "follow-up": (FollowsUp("R-1041"), *PROVISIONED),
    "question answered": (
        *STARTED,
        Titled(TITLE, True),
        Provisioned(BASE, (), True, "full"),
        Explained(
            BASE, "They are rounded in `api/money.py:12`.\nSee api/money.py:12 and `../x.py:3`, *really*."
        ),
    ),
    "branch left": (*LEFT, StopRequested(BEN)),
    "branch discarded": (*LEFT, StopRequested(BEN), BranchDiscarded("sortie/R-1042-x", HEAD)),
    "branch kept": (*LEFT, StopRequested(BEN), BranchDiscarded("sortie/R-1042-x", HEAD, "The branch moved.")),
}


def state(name: str) -> Run:
    return a_run(*EVERY_STATE[name])
