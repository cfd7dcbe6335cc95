"""What people write on a pull request of ours, where each of it stands, and the rounds of work that come of it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from integrations.types.chat import MessageRef
from integrations.types.code_host import Role
from tasks.domain.checks import GateResult
from tasks.domain.commands import SWITCH
from tasks.domain.rebuttal import Proof, seen
from tasks.domain.request import Person
from tasks.domain.risk import Risk


class Place(StrEnum):
    """Where it was written: in the conversation, on a line, as a review's own words, by a check run's button, or in the chat."""

    comment = "comment"
    inline = "inline"
    review = "review"
    button = "button"
    chat = "chat"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing a person wrote. `id` is the host's; `by.id` the host's user id, which never changes, `by.name` the login.

    `verb` is the command in it ("" for none, "request" for free words to us) and `words` what follows the verb. `needs` is
    the role the command asks for, `owner` whether it asks for a code owner. `path` and `line` (1-based in the new file),
    `thread` and `review` are an inline comment's; `state` is a review's; `head` is the commit of a pressed button's check run.
    """

    place: Place
    id: int
    by: Person
    text: str
    verb: str = ""
    words: str = ""
    needs: Role = Role.write
    owner: bool = False
    path: str = ""
    line: int = 0
    thread: int = 0
    review: int = 0
    state: str = ""
    head: str = ""

    @property
    def key(self) -> str:
        """Names it within its run."""
        return f"{self.place}:{self.id}"

    @property
    def by_program(self) -> bool:
        return self.by.provider == PROGRAM


CHAT = "slack"
"""The provider of a person who spoke in the chat."""

PROGRAM = "github-app"
"""The provider of a person that is a program: one of those whose comments the operator lets count."""


class Standing(StrEnum):
    """`asked` while the host is asked who this is; `waiting` for a round; `moot` when there is nothing to do about it."""

    asked = "asked"
    waiting = "waiting"
    working = "working"
    done = "done"
    refused = "refused"
    moot = "moot"


class Why(StrEnum):
    """Why a remark was refused or led to nothing."""

    role = "role"
    owner = "owner"
    account = "account"
    over = "over"
    not_over = "not_over"
    no_finding = "no_finding"
    no_findings = "no_findings"
    outdated = "outdated"
    no_reason = "no_reason"
    not_red = "not_red"
    not_now = "not_now"
    already = "already"
    human_commits = "human_commits"
    not_ours = "not_ours"
    moved_on = "moved_on"
    elsewhere = "elsewhere"
    person = "person"
    unasked = "unasked"


@dataclass(frozen=True, slots=True)
class Heard:
    """A remark as the run knows it. `at` is when it arrived; `role` what its author had then.

    `number` is the pull request or issue it stands on; `account_id`, `message` and `question` are as in PressedInChat.
    """

    remark: Remark
    at: datetime
    standing: Standing = Standing.asked
    why: str = ""
    role: Role = Role.none
    number: int = 0
    account_id: int = 0
    message: MessageRef | None = None
    question: int = 0


class Claim(StrEnum):
    """How the agent says it dealt with a remark. Only the harness says what became of it."""

    fixed = "fixed"
    not_changed = "not_changed"
    question = "question"


@dataclass(frozen=True, slots=True)
class Answer:
    """The agent's answer to one remark, and what it puts forward where it changed nothing."""

    remark: str
    said: Claim
    text: str
    proof: Proof | None = None


class Kind(StrEnum):
    """What a round is about."""

    comments = "comments"
    ci = "ci"
    conflicts = "conflicts"
    rebase = "rebase"


@dataclass(frozen=True, slots=True)
class Before:
    """How the run stood when a round began: it stands so again when the round changes nothing."""

    state: str
    gates: tuple[GateResult, ...]
    gated_oid: str
    ci_result: str
    ci_excerpt: str
    review_outcome: str
    risk: Risk | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One round of work that people asked for on the pull request. `head_oid` is the head it began on.

    In a round about conflicts, or a rebase, `merged_oid` is the tip of the base branch, once the harness has merged it.
    """

    number: int
    kind: Kind
    remarks: tuple[str, ...]
    head_oid: str
    before: Before
    answers: tuple[Answer, ...] = ()
    touched: tuple[str, ...] = ()
    new_oid: str = ""
    over: bool = False
    merged_oid: str = ""
    conflicts: tuple[str, ...] = ()

    @property
    def merges(self) -> bool:
        """Whether this round's commit holds the newest base branch too."""
        return bool(self.merged_oid) and not self.over

    @property
    def onto(self) -> str:
        """The tip of the base branch that this round rebuilds the work on, "" in every round but a rebase under way."""
        return self.merged_oid if self.kind is Kind.rebase and not self.over else ""

    def answer_to(self, remark: str) -> Answer | None:
        return next((a for a in self.answers if a.remark == remark), None)


class Outcome(StrEnum):
    """What became of a remark, as the harness saw it. `unproven` is not changed, without evidence."""

    fixed = "fixed"
    changed_elsewhere = "changed_elsewhere"
    not_changed = "not_changed"
    unproven = "unproven"
    question = "question"
    unanswered = "unanswered"


def outcome(round_: Round, remark: Remark) -> Outcome:
    """ "Fixed" only where the pushed commit of the round changed the file the remark stands on; any change for one without a file."""
    given = round_.answer_to(remark.key)
    if given is None:
        return Outcome.unanswered
    if given.said is Claim.not_changed:
        return Outcome.not_changed if seen(given.proof) else Outcome.unproven
    if given.said is not Claim.fixed:
        return Outcome(given.said)
    there = remark.path in round_.touched if remark.path else bool(round_.touched)
    return Outcome.fixed if round_.new_oid and there else Outcome.changed_elsewhere


@dataclass(frozen=True, slots=True)
class Foreign:
    """A head that somebody else put on our branch. `by` is a login, "" where the host did not say."""

    oid: str
    by: str = ""


def refusal(remark: Remark, *, role: Role, user_id: int, owner: bool) -> str:
    """Why this person may not do this, "" where they may. An account is its id: a login may have changed hands."""
    if not is_account(remark.by, user_id):
        return Why.account
    if not role.covers(remark.needs):
        return Why.role
    if remark.verb == SWITCH:
        return Why.elsewhere
    return Why.owner if remark.owner and not owner else ""


def is_account(by: Person, user_id: int) -> bool:
    """Whether this is still the account that spoke. Whoever spoke in the chat is known there, and to the host by their login alone."""
    return by.provider == CHAT or str(user_id) == by.id
