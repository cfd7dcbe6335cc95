"""What came of our own effects, and what was seen while they were carried out: appended by the publisher."""

from dataclasses import dataclass

from integrations.types.chat import MessageRef, UserKind
from integrations.types.code_host import CheckState, Role


@dataclass(frozen=True, slots=True)
class ThreadOpened:
    """Our message stands that opens the run's thread. `direct` where that is a direct message, though a channel was meant."""

    message: MessageRef
    direct: bool = False


@dataclass(frozen=True, slots=True)
class CardPosted:
    message: MessageRef


@dataclass(frozen=True, slots=True)
class Posted:
    """A post other than the card stands in the thread; `name` is its catalogue number, for example "M5"."""

    name: str
    message: MessageRef


@dataclass(frozen=True, slots=True)
class PullSeen:
    """A person's pull request as it was when work on it was asked for. `fork_oid` is where its head leaves the base branch.

    `ours` when its head is a branch of the same repository.
    """

    number: int
    url: str
    open: bool
    head_oid: str
    head_ref: str
    ours: bool
    author_id: int
    fork_oid: str


@dataclass(frozen=True, slots=True)
class RepoInspected:
    """What the publisher learned of the repository and of the requester's rights, and the base it mirrored.

    `person` is what the chat says of the requester, where they asked there.
    """

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
    pull: PullSeen | None = None
    person: UserKind = UserKind.member


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
class Suggested:
    """The gated change stands as suggestions in a review of a person's pull request; nothing was pushed."""

    oid: str
    url: str


@dataclass(frozen=True, slots=True)
class ChecksSeen:
    """All checks of one commit as the host listed them; `settled` when nothing is running any more.

    `base_red` names those that are red here and were red on the base commit too.
    """

    head_oid: str
    checks: tuple[CheckState, ...]
    settled: bool
    logs: tuple[tuple[str, str], ...] = ()
    base_red: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MadeReady:
    """The pull request is out of draft."""

    number: int


@dataclass(frozen=True, slots=True)
class PermissionSeen:
    """What the host says of a remark's author right now. `owner` whether they own the code that the remark is about.

    `person` is what the chat says of them, where they spoke there; `unasked` when the host, or the chat, gave no answer.
    """

    remark: str
    login: str
    user_id: int
    role: Role
    owner: bool = False
    person: UserKind = UserKind.member
    unasked: bool = False


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
