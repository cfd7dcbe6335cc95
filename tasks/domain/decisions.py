"""Decisions, and what steps bring back: appended under the lease."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tasks.domain.checks import GateResult
from tasks.domain.grants import NO_RULES, Pushes, Rules
from tasks.domain.rebuttal import Rebuttal
from tasks.domain.remarks import Answer, Kind
from tasks.domain.request import Deliver
from tasks.domain.risk import Risk
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


@dataclass(frozen=True, slots=True)
class RepoChosen:
    """Which repository and base, and why; the reason is shown on the card."""

    repo: str
    reason: str
    base: str | None
    login: str


@dataclass(frozen=True, slots=True)
class RepoGuessed:
    """How likely each repository is meant, the likeliest first; empty where that is unknown. Numbers between 0 and 1."""

    likely: tuple[tuple[str, float], ...] = ()


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
    """The requester may, the repository can be read: work may start, and end in this.

    `pushes` is whose wishes may be pushed to a person's branch, as far as the operator is concerned.
    """

    deliver: Deliver = Deliver.new_pr
    pushes: Pushes = Pushes.author


@dataclass(frozen=True, slots=True)
class Titled:
    """The request restated as an imperative title, or kept as it was where no model could be asked in time.

    `question` when it wants to know something and no change.
    """

    title: str
    question: bool = False


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
    """The gates ran on base and on exactly this head; `risk` is what they and its paths amount to, None in older events."""

    oid: str
    results: tuple[GateResult, ...]
    risk: Risk | None = None


@dataclass(frozen=True, slots=True)
class Reopened:
    """People's words came after the work was handed in: the author hears them before anybody is told that it is ready."""

    head_oid: str


@dataclass(frozen=True, slots=True)
class CiJudged:
    """All checks of the pushed head are done: green, red, red only where the base is red too ("red_before"), or there are
    none in this repository ("none"). `rounds` is how many repairs there may be.
    """

    head_oid: str
    result: str
    excerpt: str = ""
    rounds: int = 2


@dataclass(frozen=True, slots=True)
class Explained:
    """The answer to a question about the code at exactly this commit, in the agent's words."""

    head_oid: str
    text: str


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
class FindingsRebutted:
    """The author leaves what these findings are about as it is at `oid`, and the harness looked at why."""

    oid: str
    rebuttals: tuple[Rebuttal, ...]


@dataclass(frozen=True, slots=True)
class Noted:
    """A remark for the timeline and the card: for example that main is red already."""

    code: str
    sentence: str
    data: dict[str, str] = field(default_factory=dict)
