"""Everything that can be recorded of a run: facts from outside and decisions of ours. Each is stored with its version."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from integrations.types.chat import MessageRef
from integrations.types.code_host import CheckState, Role
from tasks.domain.checks import GateResult
from tasks.domain.grants import NO_RULES, Rules
from tasks.domain.remarks import Answer, Kind, Remark
from tasks.domain.request import Person, RunRequest
from tasks.domain.verdict import LENSES, LensVerdict


class FailureClass(StrEnum):
    """What kind of thing failed a step; recovery is counted by it."""

    worker_lost = "worker_lost"
    sandbox = "sandbox"
    model = "model"
    agent = "agent"
    git = "git"
    delivery = "delivery"
    internal = "internal"


@dataclass(frozen=True, slots=True)
class LookFirst:
    """A place a reviewer should read first; `line` is 1-based in the new file."""

    path: str
    line: int
    why: str


# --- facts from outside: appended at once by whoever hears them ---------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunRequested:
    """The first event of every run."""

    request: RunRequest
    title: str


@dataclass(frozen=True, slots=True)
class Replied:
    """A person wrote in the thread. `steering` when it is meant for us; context otherwise."""

    by: Person
    text: str
    message: MessageRef
    steering: bool


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """A person chose an option or wrote an answer."""

    question: int
    answer: str
    by: Person


@dataclass(frozen=True, slots=True)
class StopRequested:
    """A person said stop: from here on nothing more is done."""

    by: Person


@dataclass(frozen=True, slots=True)
class RetryRequested:
    """A person wants another attempt; `branch_kept` carries on from the work already saved."""

    by: Person


@dataclass(frozen=True, slots=True)
class DisputeDecided:
    """A person settled a dispute: fix it, or waive the findings with a reason."""

    by: Person
    fix: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CiChanged:
    """The code host told us that something about the checks of a commit moved; what, the next snapshot says."""

    head_oid: str


@dataclass(frozen=True, slots=True)
class PullRequestMoved:
    """The pull request was merged, closed, reopened or got another head, as the host last told us."""

    number: int
    state: str
    merged: bool
    head_oid: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Remarked:
    """Somebody wrote on our pull request, or pressed a button there. What they may, the host is asked next."""

    number: int
    remark: Remark


@dataclass(frozen=True, slots=True)
class ApprovalsMoved:
    """A review of our pull request stopped counting; who approves now, the host is asked."""

    number: int


@dataclass(frozen=True, slots=True)
class HeadMoved:
    """The branch on the code host holds a commit that is not the one we pushed last, as we saw when we looked."""

    head_oid: str


# --- results of our own effects: appended by the publisher --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CardPosted:
    message: MessageRef


@dataclass(frozen=True, slots=True)
class Posted:
    """A post other than the card stands in the thread; `name` is its catalogue number, for example "M5"."""

    name: str
    message: MessageRef


@dataclass(frozen=True, slots=True)
class RepoInspected:
    """What the publisher learned of the repository and of the requester's rights, and the base it mirrored."""

    repo: str
    found: bool
    login: str = ""
    user_id: int = 0
    role: Role = Role.none
    default_branch: str = ""
    base_ref: str = ""
    base_oid: str = ""
    private: bool = True
    archived: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class BranchPushed:
    branch: str
    oid: str


@dataclass(frozen=True, slots=True)
class PullRequestOpened:
    number: int
    url: str
    head_oid: str


@dataclass(frozen=True, slots=True)
class ChecksSeen:
    """All checks of one commit as the host listed them; `settled` when nothing is running any more."""

    head_oid: str
    checks: tuple[CheckState, ...]
    settled: bool
    logs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MadeReady:
    """The pull request is out of draft."""

    number: int


@dataclass(frozen=True, slots=True)
class PermissionSeen:
    """What the host says of a remark's author right now. `owner` whether they own the code that the remark is about."""

    remark: str
    login: str
    user_id: int
    role: Role
    owner: bool = False


@dataclass(frozen=True, slots=True)
class HeadAdopted:
    """Work goes on from this head that somebody else pushed; `base_oid` is where it leaves the base branch."""

    head_oid: str
    base_oid: str


@dataclass(frozen=True, slots=True)
class MergePrepared:
    """The harness merged the base branch's tip into the head. `start_oid` holds the files, with markers where they conflict.

    `start_oid` is "" where the head holds all of the base branch already.
    """

    round: int
    base_oid: str
    start_oid: str
    conflicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EffectFailed:
    """An outside write was refused for good, or its outcome stays unknown. `kind` is the effect's."""

    kind: str
    code: str
    message: str
    unknown: bool = False


# --- decisions: appended under the lease --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RepoChosen:
    """Which repository and base, and why; the reason is shown on the card."""

    repo: str
    reason: str
    base: str | None
    login: str


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """A blocking question. `kind` is "repo" (M2) or "agent". The clock is paused until it is answered."""

    number: int
    kind: str
    text: str
    options: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Declined at triage by a rule; `code` is of the error table."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The requester may, the repository can be read: work may start."""


@dataclass(frozen=True, slots=True)
class Titled:
    """The request restated as an imperative title, or kept as it was where no model could be asked in time."""

    title: str


@dataclass(frozen=True, slots=True)
class Provisioned:
    """The workspace stands. `commands` are the gate commands (name, command); `rules` what the repository asks for.

    `workspace` is "overlay" or "clone".
    """

    base_oid: str
    commands: tuple[tuple[str, str], ...]
    has_tests: bool
    isolation: str
    rules: Rules = NO_RULES
    workspace: str = ""


@dataclass(frozen=True, slots=True)
class PlanMade:
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TurnTaken:
    """One turn of one agent is stored. `tools` are the tool names it called; `wip_oid` its saved work ("" when nothing changed).

    `steering_seen` is the number in the stream of the last words it had read, 0 before any.
    """

    role: str
    turn: int
    tools: tuple[str, ...]
    cost_usd: float | None
    wip_oid: str = ""
    note: str = ""
    steering_seen: int = 0


@dataclass(frozen=True, slots=True)
class Submitted:
    """The worker says it is done. `oid` is the commit the harness built in the quarantine repository, parented on `parent_oid`."""

    oid: str
    tree_oid: str
    parent_oid: str
    title: str
    summary: str
    look_first: tuple[LookFirst, ...] = ()
    not_done: tuple[str, ...] = ()
    files: int = 0
    added: int = 0
    removed: int = 0
    diff: str = ""


@dataclass(frozen=True, slots=True)
class Gated:
    """The gates ran on base and on exactly this head."""

    oid: str
    results: tuple[GateResult, ...]


@dataclass(frozen=True, slots=True)
class Reopened:
    """People's words came after the work was handed in: the author hears them before anybody is told that it is ready."""

    head_oid: str


@dataclass(frozen=True, slots=True)
class CiJudged:
    """All checks of the pushed head are done: green, red, or there are none in this repository ("none")."""

    head_oid: str
    result: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class ReviewStarted:
    """`lenses` are the ones that must pass this head."""

    head_oid: str
    round: int
    lenses: tuple[str, ...] = LENSES


@dataclass(frozen=True, slots=True)
class LensReported:
    verdict: LensVerdict
    cost_usd: float | None = 0.0


@dataclass(frozen=True, slots=True)
class ReviewSettled:
    """All lenses have spoken of this head: passed, blocked or unavailable."""

    head_oid: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Disputed:
    """Blocking findings are left after the last round; a person decides."""

    head_oid: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Given up, with a code; `tried` and `left` are sentences for M8."""

    code: str
    happened: str
    tried: str = ""
    left: str = ""


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step broke. `due_at` is when it is tried again; `attempt` counts failures of the same class in this step."""

    step: str
    failure: FailureClass
    code: str
    message: str
    attempt: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class RoundStarted:
    """What people wrote on the pull request is worked on now, all of these remarks at once."""

    number: int
    kind: Kind
    remarks: tuple[str, ...]
    head_oid: str


@dataclass(frozen=True, slots=True)
class RemarksAnswered:
    """The agent's answers of one round. `oid` is the commit that follows, "" when it changes nothing; `touched` its paths."""

    round: int
    answers: tuple[Answer, ...]
    oid: str
    touched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Noted:
    """A remark for the timeline and the card: for example that main is red already."""

    code: str
    sentence: str
    data: dict[str, str] = field(default_factory=dict)


Event = (
    RunRequested
    | Replied
    | QuestionAnswered
    | StopRequested
    | RetryRequested
    | DisputeDecided
    | CiChanged
    | PullRequestMoved
    | Remarked
    | ApprovalsMoved
    | HeadMoved
    | CardPosted
    | Posted
    | RepoInspected
    | BranchPushed
    | PullRequestOpened
    | ChecksSeen
    | MadeReady
    | PermissionSeen
    | HeadAdopted
    | MergePrepared
    | EffectFailed
    | RepoChosen
    | QuestionAsked
    | Refused
    | Accepted
    | Titled
    | Provisioned
    | PlanMade
    | TurnTaken
    | Submitted
    | Gated
    | Reopened
    | CiJudged
    | ReviewStarted
    | LensReported
    | ReviewSettled
    | Disputed
    | Failed
    | StepFailed
    | RoundStarted
    | RemarksAnswered
    | Noted
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event in its stream: `seq` starts at 1, `at` is UTC."""

    seq: int
    at: datetime
    event: Event
