"""Facts from outside, appended at once by whoever hears them, without the lease."""

from dataclasses import dataclass
from enum import StrEnum

from integrations.types.chat import MessageRef
from tasks.domain.remarks import Remark
from tasks.domain.request import Person, RunRequest


@dataclass(frozen=True, slots=True)
class RunRequested:
    """The first event of every run. `remark` is the comment that asked, where it was asked on the code host."""

    request: RunRequest
    title: str
    remark: Remark | None = None


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
class RepoChanged:
    """A person says that another repository was meant. The request, its thread and its clock stay; the work begins anew."""

    by: Person
    repo: str


@dataclass(frozen=True, slots=True)
class DisputeDecided:
    """A dispute is settled: fix it, or waive the findings with a reason. Meant by a press that the host allows; older versions
    stored it as a fact.
    """

    by: Person
    fix: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PressedInChat:
    """A person did something in the chat whose right only the code host knows: it is asked next. `login` is their linked account,
    `account_id` its id, 0 where only the login is known.

    `words` are what they wrote, or chose; `message` where they wrote it, `question` the number of the one they answer.
    """

    by: Person
    login: str
    verb: str
    words: str = ""
    account_id: int = 0
    message: MessageRef | None = None
    question: int = 0


class Chip(StrEnum):
    """What was bad about a result."""

    wrong_repo = "wrong_repo"
    wrong_fix = "wrong_fix"
    too_slow = "too_slow"
    too_noisy = "too_noisy"
    broke_something = "broke_something"


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """What a person thinks of the result. A note for people: it steers nothing."""

    by: Person
    good: bool
    chips: tuple[Chip, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class CiChanged:
    """The code host told us that something about the checks of a commit moved; what, the next snapshot says."""

    head_oid: str


@dataclass(frozen=True, slots=True)
class PullRequestMoved:
    """The pull request was merged, closed, reopened or got another head, as the host last told us.

    `merge_oid` is the commit that a merge made on the base branch, "" where that was not told.
    """

    number: int
    state: str
    merged: bool
    head_oid: str
    by: str = ""
    merge_oid: str = ""


class Undoing(StrEnum):
    """How a merged change came back: it was reverted, or had to be mended in a hurry."""

    revert = "revert"
    hotfix = "hotfix"


@dataclass(frozen=True, slots=True)
class Undone:
    """Another change took back, or mended, what this run had merged. `by` is a commit id or a pull request's "#14"."""

    how: Undoing
    by: str


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
class HeadShared:
    """Another pull request of our head was opened, closed or got another base; which there are, the host is asked."""

    number: int


@dataclass(frozen=True, slots=True)
class HeadMoved:
    """The branch on the code host holds a commit that is not the one we pushed last, as we saw when we looked."""

    head_oid: str
