"""A run as it stands: what the fold of its events knows, and the views of it that decisions and messages share."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from integrations.types.chat import MessageRef
from integrations.types.code_host import CheckState, Conclusion
from tasks.domain.checks import GateResult, wants_person
from tasks.domain.decisions import Failed, Noted, Refused, RepoGuessed, StepFailed, Submitted
from tasks.domain.facts import FeedbackGiven, Undone
from tasks.domain.grants import NO_RULES, Pushes, Rules
from tasks.domain.in_thread import NOTHING_YET, InThread
from tasks.domain.plan import PlanItem
from tasks.domain.rebuttal import Rebuttal, seen
from tasks.domain.remarks import Foreign, Heard, Remark, Round, Standing
from tasks.domain.request import Deliver, Person, RunRequest
from tasks.domain.results import EffectFailed, RepoInspected
from tasks.domain.risk import Level, Risk
from tasks.domain.sla import Clock
from tasks.domain.verdict import LENSES, Finding, LensVerdict, Severity, Status


class RunState(StrEnum):
    """Where a run stands (UX §3.1)."""

    received = "received"
    triaging = "triaging"
    needs_input = "needs_input"
    queued = "queued"
    provisioning = "provisioning"
    planning = "planning"
    coding = "coding"
    verifying = "verifying"
    pr_open = "pr_open"
    ci_fixing = "ci_fixing"
    reviewing = "reviewing"
    revising = "revising"
    disputed = "disputed"
    ready = "ready"
    merged = "merged"
    closed = "closed"
    declined = "declined"
    cancelled = "cancelled"
    failed = "failed"
    answered = "answered"


ENDED = frozenset(
    {
        RunState.merged,
        RunState.closed,
        RunState.declined,
        RunState.cancelled,
        RunState.failed,
        RunState.answered,
    }
)
"""No step follows these by itself; a person's retry or follow-up may."""

WORKING = frozenset({RunState.planning, RunState.coding, RunState.ci_fixing, RunState.revising})
"""The worker's loop runs in these."""

HUMAN_COMMITS = "GIT-004"
"""Somebody else pushed to our branch."""

DESCRIPTION_EDITED = "GIT-013"
"""A person changed our part of the pull request's description: from then on it is theirs."""

REVIEWER_FULL = "REV-003"
"""The requester has as many pull requests to review as the operator allows, and is not asked for this one."""

CANNOT_FIX = "CI-003"
"""CI stays red whatever we tried."""

BRANCH, RESUME = "branch", "Go on from there"
"""The question that is asked where somebody else pushed, and the answer that lets us push again."""

JUDGED = frozenset({RunState.pr_open, RunState.reviewing, RunState.ci_fixing, RunState.ready})
"""CI's word counts in these: before the review, when it changes in the middle of it or after it, and when a repair is no longer needed."""

_SAYS_NOTHING = frozenset({Conclusion.action_required, Conclusion.cancelled, Conclusion.stale})

IN_REVIEW = frozenset({RunState.pr_open, RunState.ci_fixing, RunState.reviewing, RunState.revising})


@dataclass(frozen=True, slots=True)
class Steer:
    """A person's words meant for the agent; `seq` is the fact's place in the stream, `request` when they are the request anew."""

    text: str
    by: Person
    seq: int
    message: MessageRef | None = None
    request: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    number: int
    kind: str
    text: str
    options: tuple[str, ...] = ()
    why: str = ""
    message: MessageRef | None = None
    search: bool = True


@dataclass(frozen=True, slots=True)
class PullRequestRef:
    number: int
    url: str
    head_oid: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One run. Oids are full commit ids; money is in US dollars; `seq` is the last event folded in.

    `cost_before` is what earlier attempts cost; `state_seq` the event that brought the state; `closing` who had the pull
    request closed from the chat, `untested` who had it opened although its checks had not passed, `granted_by` who had the work
    under way begun by a button; `hearing` are lenses that speak of the same head again, having heard a rebuttal; `adopted`
    when commits of somebody else are on the branch for good; `risk_shown` the risk of the pushed commit, once it has a pull request.
    """

    id: str
    seq: int
    request: RunRequest
    title: str
    clock: Clock
    state: RunState = RunState.received
    state_since: datetime | None = None
    state_seq: int = 0
    titled: bool = False
    attempt: int = 1
    repo: str = ""
    repo_reason: str = ""
    login: str = ""
    asked_base: str | None = None
    inspection: RepoInspected | None = None
    base_ref: str = ""
    base_oid: str = ""
    isolation: str = ""
    workspace: str = ""
    commands: tuple[tuple[str, str], ...] = ()
    commands_known: bool = False
    has_tests: bool = True
    plan: tuple[PlanItem, ...] = ()
    question: Question | None = None
    questions_asked: int = 0
    repo_answer: str | None = None
    repo_guess: RepoGuessed | None = None
    answer: str | None = None
    steering: tuple[Steer, ...] = ()
    steering_seen: int = 0
    turns: int = 0
    cost_usd: float = 0.0
    cost_before: float = 0.0
    cost_known: bool = True
    wip_oid: str = ""
    submission: Submitted | None = None
    gates: tuple[GateResult, ...] = ()
    gated_oid: str = ""
    risk: Risk | None = None
    risk_shown: Level | None = None
    gate_round: int = 0
    pushed_oid: str = ""
    branch: str = ""
    pr: PullRequestRef | None = None
    checks: tuple[CheckState, ...] = ()
    checks_settled: bool = False
    checks_logs: tuple[tuple[str, str], ...] = ()
    checks_stale: bool = True
    ci_result: str = ""
    ci_excerpt: str = ""
    ci_round: int = 0
    ci_rounds: int = 2
    granted_ci: int = 0
    base_red: tuple[str, ...] = ()
    red_once: tuple[str, ...] = ()
    green_once: tuple[str, ...] = ()
    rules: Rules = NO_RULES
    lenses: tuple[str, ...] = LENSES
    review_head: str = ""
    review_round: int = 0
    review_outcome: str = ""
    granted_rounds: int = 0
    verdicts: tuple[LensVerdict, ...] = ()
    rebuttals: tuple[Rebuttal, ...] = ()
    hearing: tuple[str, ...] = ()
    waived: str = ""
    failure: Failed | None = None
    refusal: Refused | None = None
    stopped_by: Person | None = None
    closed_by: str = ""
    merge_oid: str = ""
    undone: tuple[Undone, ...] = ()
    step_failure: StepFailed | None = None
    effect_failure: EffectFailed | None = None
    notes: tuple[Noted, ...] = ()
    card: MessageRef | None = None
    posts: tuple[tuple[str, MessageRef], ...] = ()
    pr_opened_at: datetime | None = None
    ready_at: datetime | None = None
    ended_at: datetime | None = None
    remarks: tuple[Heard, ...] = ()
    round: Round | None = None
    rounds: int = 0
    rounds_alone: int = 0
    held_by: Person | None = None
    foreign: Foreign | None = None
    adopted: bool = False
    known_heads: tuple[str, ...] = ()
    closing: Person | None = None
    untested: Person | None = None
    granted_by: Person | None = None
    feedback: tuple[FeedbackGiven, ...] = ()
    deliver: Deliver = Deliver.new_pr
    pushes: Pushes = Pushes.author
    explanation: str = ""
    thread: InThread = NOTHING_YET

    @property
    def head_oid(self) -> str:
        """The head that is pushed, or "" before the first push."""
        return self.pushed_oid

    @property
    def numbers(self) -> tuple[int, ...]:
        """The pull request of this run, and the issue or pull request it was asked on: what is written there is for it."""
        asked = (self.request.host.number,) if self.request.host else ()
        return (self.pr.number, *asked) if self.pr else asked

    @property
    def changes(self) -> bool:
        """Whether this run makes a change; one that only reviews or answers writes no file that is kept."""
        return self.deliver not in (Deliver.answer, Deliver.findings)

    @property
    def on_people_pull(self) -> bool:
        """Whether it was asked for on a person's pull request."""
        return self.request.host is not None and self.request.host.on_pull

    @property
    def reviews_only(self) -> int:
        """The number of the person's pull request that is reviewed and not worked on, 0 for every other run."""
        return self.request.host.number if self.request.host and self.deliver is Deliver.findings else 0

    @property
    def asked_verb(self) -> str:
        """The command that asked for this run on the code host, "" in the chat."""
        return self.remarks[0].remark.verb if self.request.host and self.remarks else ""

    @property
    def is_theirs(self) -> bool:
        """Whether the pull request it works on is a person's: only its commits are touched."""
        return self.deliver is Deliver.existing_pr

    def hears(self, remark: Remark) -> bool:
        """Whether these words can ask for work here: on a person's pull request those of its author and of the requester, and
        where anyone's wishes may be pushed there, everybody's commands. What people say there to each other is not for us.
        """
        pull = self.inspection.pull if self.inspection else None
        if not self.is_theirs or pull is None:
            return True
        anyone = self.pushes is Pushes.anyone and bool(remark.verb)
        return anyone or remark.by.id in (self.request.requester.id, str(pull.author_id))

    @property
    def rules_oid(self) -> str:
        """The commit whose files say who may, what is checked and how: never one that a pull request under way brings along.

        For a person's pull request it is the base branch's tip as it was when this was asked: an old branch keeps no old rules.
        """
        seen = self.inspection
        return seen.base_oid if seen and seen.pull else self.base_oid

    @property
    def asked_head(self) -> str:
        """The commit that the request is about: the head of a person's pull request, else the base."""
        pull = self.inspection.pull if self.inspection else None
        return pull.head_oid if pull else self.base_oid

    @property
    def review_base(self) -> str:
        """What the lenses compare the head with: where nothing of ours lies upon somebody's new head, the head they had first."""
        return self.asked_head if self.base_oid == self.review_head else self.base_oid

    @property
    def unheard(self) -> bool:
        """Whether people wrote something to the agent that it has not read yet."""
        return any(steer.seq > self.steering_seen for steer in self.steering)

    @property
    def red_checks(self) -> tuple[CheckState, ...]:
        """Checks of the head that failed; one that waits for approval, or was called off, says nothing of the change."""
        return tuple(c for c in self.checks if c.conclusion.is_red and c.conclusion not in _SAYS_NOTHING)

    @property
    def new_red_checks(self) -> tuple[CheckState, ...]:
        """Checks of the head that failed and are not red on the base commit as well."""
        return tuple(c for c in self.red_checks if c.name not in self.base_red)

    @property
    def flaky_checks(self) -> tuple[str, ...]:
        """Names of checks that failed and passed on exactly this head."""
        return tuple(name for name in self.red_once if name in self.green_once)

    @property
    def checks_called_off(self) -> tuple[CheckState, ...]:
        """Checks of the head that were cancelled or given up by the code host before they came to a result."""
        return tuple(c for c in self.checks if c.conclusion in (Conclusion.cancelled, Conclusion.stale))

    @property
    def ci_is_red(self) -> bool:
        """Whether the newest snapshot of the head's checks is complete and not green."""
        return self.checks_settled and bool(self.red_checks)

    @property
    def ci_is_newly_red(self) -> bool:
        """As `ci_is_red`, by a check that is not red on the base commit too."""
        return self.checks_settled and bool(self.new_red_checks)

    @property
    def ci_wants_approval(self) -> bool:
        """Whether the code host waits for a maintainer before it runs a check."""
        return any(c.conclusion is Conclusion.action_required for c in self.checks)

    @property
    def awaited_approvals(self) -> tuple[str, ...]:
        """Names of the gates on the pushed head that only a person may pass, and that nobody has passed yet."""
        held = self.gated_oid == self.pushed_oid
        return tuple(gate.name for gate in wants_person(self.gates)) if held else ()

    @property
    def work_round(self) -> int:
        """How often work was handed back to the author so far: by a gate, CI or a reviewer."""
        return self.gate_round + self.ci_round + max(0, self.review_round - 1)

    @property
    def edited_by_people(self) -> bool:
        """Whether a person changed our part of the pull request's description."""
        return any(note.code == DESCRIPTION_EDITED for note in self.notes)

    @property
    def reviewer_left_out(self) -> bool:
        """Whether the requester was not asked for review, because too much waits for them already."""
        return any(note.code == REVIEWER_FULL for note in self.notes)

    @property
    def at_work_for(self) -> tuple[Heard, ...]:
        """The remarks that the round under way is about."""
        if self.round is None or self.round.over:
            return ()
        return tuple(h for h in self.remarks if h.remark.key in self.round.remarks)

    @property
    def asked_for_work(self) -> tuple[Person, ...]:
        """Who asked for the work under way, as far as it was not the request itself: in a round, or by a button."""
        asked = (h.remark for h in self.at_work_for if not h.remark.by_program)
        heard = tuple(dict.fromkeys(remark.by for remark in asked if self.hears(remark)))
        return heard or ((self.granted_by,) if self.granted_by else ())

    def heard(self, key: str) -> Heard | None:
        return next((h for h in self.remarks if h.remark.key == key), None)

    def waiting_remarks(self) -> tuple[Heard, ...]:
        """What people with the right to ask wrote, and no round has taken up. Comments of an approving review ask for nothing."""
        approving = {h.remark.id for h in self.remarks if h.remark.state == "approved"}
        return tuple(
            h
            for h in self.remarks
            if h.standing is Standing.waiting
            and (h.remark.verb or (h.remark.state != "approved" and h.remark.review not in approving))
        )

    def open_findings(self) -> tuple[Finding, ...]:
        """Blocking findings on the reviewed head that nobody waived."""
        if self.waived:
            return ()
        return tuple(f for v in self.current_verdicts() for f in v.upheld if f.status is Status.open)

    def rebuttal_of(self, number: int) -> Rebuttal | None:
        """What the author said of a finding, the last time it did."""
        return next((r for r in reversed(self.rebuttals) if r.finding == number), None)

    def rebutted(self, number: int) -> bool:
        """Whether the author's evidence against a finding was seen by the harness too."""
        found = self.rebuttal_of(number)
        return found is not None and seen(found.proof)

    def unsettled_findings(self) -> tuple[Finding, ...]:
        """What the lenses hold against the head they looked at and nobody settled: blocking findings first, then notes."""
        notes = (f for v in self.current_verdicts() for f in v.findings if f.severity is Severity.note)
        return (*self.open_findings(), *(f for f in notes if f.status is Status.open))

    def current_verdicts(self) -> tuple[LensVerdict, ...]:
        """Verdicts on the head under review; older ones are history."""
        return tuple(v for v in self.verdicts if v.head_oid == self.review_head)
