"""One event of every kind with every field filled in. `python -m tests.tasks.store.samples` writes the fixtures that are missing."""

import json
from datetime import UTC, datetime
from pathlib import Path

from integrations.types.chat import ChatFile, MessageRef, ThreadRef, UserKind
from integrations.types.code_host import CheckState, Conclusion, Role
from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.decisions import (
    Accepted,
    CiJudged,
    Disputed,
    Explained,
    Failed,
    FailureClass,
    FindingsRebutted,
    Gated,
    LensReported,
    LookFirst,
    Noted,
    PlanMade,
    Provisioned,
    QuestionAsked,
    Refused,
    RemarksAnswered,
    Reopened,
    RepoChosen,
    RepoGuessed,
    ReviewSettled,
    ReviewStarted,
    RoundStarted,
    StepFailed,
    Submitted,
    Titled,
    TurnTaken,
)
from tasks.domain.events import Event
from tasks.domain.facts import (
    ApprovalsMoved,
    Chip,
    CiChanged,
    DisputeDecided,
    FeedbackGiven,
    HeadMoved,
    HeadShared,
    PressedInChat,
    PullRequestMoved,
    QuestionAnswered,
    Remarked,
    Replied,
    RepoChanged,
    RetryRequested,
    RunRequested,
    StopRequested,
    Undoing,
    Undone,
)
from tasks.domain.grants import Land, Pushes, Rules, Tier
from tasks.domain.in_thread import Nudge
from tasks.domain.rebuttal import Proof, Rebuttal
from tasks.domain.remarks import Answer, Claim, Kind, Place, Remark
from tasks.domain.request import (
    Account,
    Channel,
    ChatPlace,
    Deliver,
    Person,
    Quotation,
    RepoHints,
    RequestOptions,
    RunRequest,
)
from tasks.domain.results import (
    BranchPushed,
    CardPosted,
    ChecksSeen,
    EffectFailed,
    HeadAdopted,
    MadeReady,
    MergePrepared,
    PermissionSeen,
    Posted,
    PullRequestOpened,
    PullSeen,
    RepoInspected,
    Suggested,
    ThreadOpened,
)
from tasks.domain.risk import Level, Risk, Seen, Sign
from tasks.domain.thread_events import (
    Assumed,
    BranchDiscarded,
    FileRead,
    FilesGiven,
    FollowsUp,
    Muted,
    NewTextTaken,
    Nudged,
    PlanProposed,
    ReplyEdited,
    RequestEdited,
)
from tasks.domain.verdict import Decision, Finding, LensVerdict, Settled, Severity, Status
from tasks.store.codec import encode

FIXTURES = Path(__file__).parent / "fixtures/events"
AT = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
ADA = Person("slack", "T1", "U1", "Ada Moreno")
HERE = MessageRef("C1", "1795185120.000100")
BASE, HEAD, TREE = "b" * 40, "1" * 40, "7" * 40

FINDING = Finding(
    3,
    "security",
    Severity.blocking,
    "api/refunds.py",
    41,
    "The amount is logged.",
    "python -m x",
    "1",
    Status.fixed,
    "log(amount)",
    1,
    "raised before",
    TREE,
)
VERDICT = LensVerdict(
    "security",
    HEAD,
    Decision.block,
    "One.",
    (FINDING,),
    "late",
    2,
    (FINDING,),
    (Settled(1, Status.stale, HEAD),),
    5,
)
RULES = Rules(
    ("runs",), Role.maintain, ("ada",), 2, 1, 1, 2.5, Land.human, Tier.docs, True, Pushes.never, True
)
GATE = GateResult(
    "test",
    GateOutcome.failed,
    "pass",
    "fail",
    "One fails.",
    "E  assert",
    "pytest -q",
    1.25,
    ("t::a",),
    11,
    12,
    0,
    1,
    ("t::b",),
    ("t::c",),
)
RISK = Risk(Level.high, (Seen(Sign.migration, 2, ("db/migrations/7.py",), 9),))
REQUEST = RunRequest(
    "naïve “quotes” & \N{OCTAGONAL SIGN}\n2nd line",
    ADA,
    Channel.slack_dm,
    ChatPlace(ThreadRef("T1", "C1", "1795185120.000100"), HERE, "d" * 64),
    AT,
    900,
    RequestOptions("acme/api", "release/2", 600, True),
    Deliver.findings,
    RepoHints("acme/api", "acme/web"),
    Quotation("Eve", "it is broken", HERE),
    "B-7",
    Account("ada", 7),
    True,
)
REMARK = Remark(
    Place.inline, 77, Person("github", "github", "9", "ben"), "Rename it.", "waive", "#3 fine", Role.triage, True,
    "api/refunds.py", 41, 70, 60, "approved", HEAD,
)  # fmt: skip

PROOF = Proof("pytest -q", "3 passed", 5, "api/refunds.py", 41, "return 422", "not so")

SAMPLES: tuple[Event, ...] = (
    RunRequested(REQUEST, "Return 422", REMARK),
    Replied(ADA, "same in /charges", HERE, True),
    QuestionAnswered(1, "acme/api", ADA),
    StopRequested(ADA),
    RetryRequested(ADA),
    RepoChanged(ADA, "acme/web"),
    DisputeDecided(ADA, True, "redacted upstream"),
    PressedInChat(ADA, "ada", "request", "Also charges.", 7, HERE, 2),
    FeedbackGiven(ADA, True, (Chip.wrong_fix,), "It breaks charges."),
    CiChanged(HEAD),
    PullRequestMoved(812, "closed", True, HEAD, "ben", BASE),
    Undone(Undoing.hotfix, "#14"),
    Remarked(812, REMARK),
    ApprovalsMoved(812),
    HeadShared(813),
    HeadMoved(HEAD),
    ThreadOpened(HERE, True),
    CardPosted(HERE),
    Posted("M5", HERE),
    RepoInspected(
        "acme/api",
        True,
        "ada",
        7,
        Role.maintain,
        "main",
        "main",
        BASE,
        False,
        True,
        "slow",
        PullSeen(812, "https://github.com/acme/api/pull/812", True, HEAD, "null-currency", True, 9, TREE),
        UserKind.guest,
    ),
    BranchPushed("sortie/R-1042", HEAD),
    Suggested(HEAD, "https://github.com/acme/api/pull/812#pullrequestreview-1"),
    PullRequestOpened(812, "https://github.com/acme/api/pull/812", HEAD),
    ChecksSeen(
        HEAD, (CheckState("ci", Conclusion.failure, "https://ci/1", "9"),), True, (("ci", "E"),), ("ci",)
    ),
    MadeReady(812),
    PermissionSeen("inline:77", "ben", 9, Role.maintain, True, UserKind.guest, True),
    HeadAdopted(HEAD, BASE),
    MergePrepared(2, BASE, HEAD, ("api/refunds.py",)),
    EffectFailed("host.push", "GIT-002", "refused", True),
    RepoChosen("acme/api", "channel default", "release/2", "ada"),
    RepoGuessed((("acme/api", 0.9),)),
    QuestionAsked(1, "repo", "Which repo?", ("acme/api", "acme/web"), "two match"),
    Refused("REPO-001", "I know no such repository."),
    Accepted(Deliver.suggestions, Pushes.anyone),
    Titled("Return 422", True),
    Provisioned(BASE, (("test", "pytest -q"),), True, "full", RULES, "overlay"),
    PlanMade(("Find it", "Fix it")),
    TurnTaken("worker", 4, ("bash", "edit"), 0.0125, HEAD, "trying", 2),
    Submitted(
        HEAD, TREE, BASE, "Return 422", "Why.", (LookFirst("a.py", 4, "logic"),), ("docs",), 2, 9, 1, "+x"
    ),
    Gated(HEAD, (GATE,), RISK),
    Reopened(HEAD),
    CiJudged(HEAD, "red", "E  assert", 3),
    ReviewStarted(HEAD, 2, ("correctness", "runs")),
    LensReported(VERDICT, 0.25),
    ReviewSettled(HEAD, "blocked"),
    Disputed(HEAD),
    Explained(HEAD, "They are strings because of rounding."),
    Failed("AGT-003", "It looped.", "twice", "the branch"),
    StepFailed("code", FailureClass.model, "MOD-001", "overloaded", 3, AT),
    RoundStarted(2, Kind.ci, ("inline:77",), HEAD),
    RemarksAnswered(
        2, (Answer("inline:77", Claim.not_changed, "Public.", PROOF),), HEAD, ("api/refunds.py",)
    ),
    FindingsRebutted(HEAD, (Rebuttal(3, "It is redacted.", PROOF),)),
    Noted("REPO-007", "main is red", {"gate": "test"}),
    PlanProposed(2, ("Find it", "Fix it"), ("api/refunds.py",), ("a migration",)),
    Assumed(3, "What should a null currency do?", ("refuse it", "take the account's"), "refuse it", AT),
    Nudged(1, Nudge.handed_over, "U9"),
    Muted(ADA, True),
    RequestEdited(ADA, "Also the charges.", True),
    NewTextTaken(ADA),
    ReplyEdited(ADA, HERE, "also /v1/charges"),
    BranchDiscarded("sortie/R-1042", HEAD, "GitHub refused the branch."),
    FollowsUp("R-1042"),
    FilesGiven(
        (ChatFile("F1", "error.log", "text/plain", 120, "https://files.slack.com/files-pri/T1-F1/error.log"),)
    ),
    FileRead("F1", "E  assert", "larger than 10 MiB"),
)


def stored(event: Event) -> dict[str, object]:
    """An event's row as a fixture holds it."""
    name, version, data = encode(event)
    return {"type": name, "version": version, "data": json.loads(data)}


def main() -> None:
    """Writes what has no fixture yet; one that is there is never changed."""
    for event in SAMPLES:
        row = stored(event)
        path = FIXTURES / f"{row['type']}.v{row['version']}.json"
        if not path.exists():
            path.write_text(json.dumps(row, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
