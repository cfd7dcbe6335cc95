"""Whole runs as their events, for pages and lists: what the rest of Sortie would have appended."""

from datetime import timedelta

from integrations.types.chat import MessageRef
from integrations.types.code_host import CheckState, Conclusion, Role
from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.decisions import (
    Accepted,
    CiJudged,
    Failed,
    FailureClass,
    Gated,
    LensReported,
    LookFirst,
    Noted,
    PlanMade,
    Provisioned,
    QuestionAsked,
    RepoChosen,
    ReviewSettled,
    ReviewStarted,
    StepFailed,
    Submitted,
    TurnTaken,
)
from tasks.domain.events import Event
from tasks.domain.facts import Replied
from tasks.domain.request import Person
from tasks.domain.results import (
    BranchPushed,
    CardPosted,
    ChecksSeen,
    MadeReady,
    Posted,
    PullRequestOpened,
    RepoInspected,
)
from tasks.domain.verdict import Decision, Finding, LensVerdict, Severity
from tests.support.requests import NOON

BASE, HEAD = "4f1c2aa" + "0" * 33, "9b3d7e1" + "0" * 33
BEN = Person("slack", "T1", "U2", "ben")
DIFF = """\
diff --git a/src/payments/refunds.py b/src/payments/refunds.py
--- a/src/payments/refunds.py
+++ b/src/payments/refunds.py
@@ -18,7 +18,9 @@ def create_refund(ledger, body):
     charge = ledger.charge(require(body, "charge"))
-    currency = body["currency"].lower()
+    currency = body.get("currency")
+    if not isinstance(currency, str):
+        raise ApiError(422, "invalid_currency", "currency must be a string", "currency")
     amount = positive(body, "amount")
"""
GATES = (
    GateResult("test", GateOutcome.passed, "fail", "pass", "22 tests, 1 new", command="python3 -m pytest -q"),
    GateResult("lint", GateOutcome.passed, "pass", "pass", command="python3 -m compileall -q src"),
    GateResult("secrets", GateOutcome.passed, "not run", "pass"),
)


def opening() -> list[Event]:
    """From the card to a workspace."""
    inspected = RepoInspected("acme/api", True, "ada", 7, Role.write, "main", "main", BASE)
    return [
        CardPosted(MessageRef("C1", "2.0")),
        RepoChosen("acme/api", "channel default", None, "ada"),
        inspected,
        Accepted(),
        Provisioned(
            BASE, (("test", "python3 -m pytest -q"), ("lint", "python3 -m compileall -q src")), True, "full"
        ),
    ]


def working() -> list[Event]:
    """A plan and some turns."""
    items = ("Reproduce the failure", "Find the cause", "Fix it and add a regression test")
    return [
        *opening(),
        PlanMade(items),
        TurnTaken("worker", 1, ("bash", "search"), 0.11),
        TurnTaken("worker", 2, ("view",), 0.07),
        Replied(BEN, "also cover /v1/charges", MessageRef("C1", "3.0"), True),
        TurnTaken("worker", 3, ("edit", "bash"), 0.14, "c" * 40, steering_seen=1),
    ]


def with_pull_request() -> list[Event]:
    """Submitted, gated, pushed, opened; CI is green."""
    look = (LookFirst("src/payments/refunds.py", 20, "changes the status from 500 to 422"),)
    submitted = Submitted(
        HEAD, "t" * 40, BASE, "Reject refunds with a null currency", "The handler called .lower() on null.",
        look, ("The batch import path is not touched",), 2, 38, 4, DIFF,
    )  # fmt: skip
    checks = (CheckState("tests", Conclusion.success), CheckState("lint", Conclusion.success))
    return [
        *working(),
        submitted,
        Gated(HEAD, GATES),
        BranchPushed("sortie/R-1001-null-currency", HEAD),
        PullRequestOpened(812, "http://127.0.0.1:9/acme/api/pull/812", HEAD),
        Posted("M5", MessageRef("C1", "4.0")),
        ChecksSeen(HEAD, checks, True),
        CiJudged(HEAD, "green"),
        ReviewStarted(HEAD, 1),
    ]


def verdict(
    lens: str, *findings: Finding, decision: Decision = Decision.passed, summary: str = ""
) -> LensReported:
    return LensReported(
        LensVerdict(lens, HEAD, decision, summary or "I tried to break it and could not.", findings)
    )


def ready() -> list[Event]:
    note = Finding(1, "tests", Severity.note, "tests/test_refunds.py", 44, "The empty string is not covered.")
    return [
        *with_pull_request(),
        verdict("correctness"),
        verdict("security"),
        verdict("tests", note),
        ReviewSettled(HEAD, "passed"),
        MadeReady(812),
        Posted("M6", MessageRef("C1", "5.0")),
    ]


def blocked() -> list[Event]:
    finding = Finding(
        3, "security", Severity.blocking, "src/payments/refunds.py", 22, "The 422 body echoes the raw payload.",
        "python3 -m payments.probe --currency null", "HTTP 422\n{\"error\": {\"got\": \"4111 1111 1111 1111\"}}",
    )  # fmt: skip
    return [
        *with_pull_request(),
        verdict("correctness"),
        verdict("security", finding, decision=Decision.block, summary="Card data may reach the log."),
        LensReported(LensVerdict("tests", HEAD, Decision.unavailable, "", reason="the model is overloaded")),
        ReviewSettled(HEAD, "blocked"),
    ]


def asking() -> list[Event]:
    return [
        CardPosted(MessageRef("C1", "2.0")),
        QuestionAsked(1, "repo", "Which repo is this?", ("acme/api", "acme/web"), "Nothing decides it."),
    ]


def failed() -> list[Event]:
    broken = StepFailed("code", FailureClass.model, "MOD-001", "Overloaded.", 1, NOON + timedelta(minutes=6))
    return [
        *working(),
        Noted("REPO-007", "main is already failing 3 tests; those are not counted."),
        broken,
        Failed(
            "AGT-003",
            "No useful change in 10 min, so I stopped.",
            "one restart with a new plan",
            "Nothing was pushed.",
        ),
    ]


STORIES = {
    "working": working, "ready": ready, "blocked": blocked, "asking": asking, "failed": failed,
    "with_pull_request": with_pull_request,
}  # fmt: skip
