"""Nouns of a code host (GitHub)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """A person's role on a repository, GitHub's `role_name`; custom roles map to the nearest lower one."""

    none = "none"
    read = "read"
    triage = "triage"
    write = "write"
    maintain = "maintain"
    admin = "admin"

    @property
    def may_write(self) -> bool:
        return self in (Role.write, Role.maintain, Role.admin)

    def covers(self, needed: "Role") -> bool:
        """Whether this role may do everything that `needed` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Label:
    """A label as it is made where it is not there yet; `color` is six hexadecimal digits."""

    name: str
    color: str
    description: str


class Conclusion(StrEnum):
    """How one check ended; `pending` until it did. Commit statuses are mapped: error → failure."""

    pending = "pending"
    success = "success"
    failure = "failure"
    neutral = "neutral"
    skipped = "skipped"
    cancelled = "cancelled"
    timed_out = "timed_out"
    action_required = "action_required"
    stale = "stale"

    @property
    def is_red(self) -> bool:
        return self in (
            Conclusion.failure,
            Conclusion.cancelled,
            Conclusion.timed_out,
            Conclusion.action_required,
            Conclusion.stale,
        )


@dataclass(frozen=True, slots=True)
class RepoFacts:
    """What the code host says of a repository for one person at one moment."""

    full_name: str
    default_branch: str
    private: bool
    archived: bool
    description: str
    login: str
    user_id: int
    role: Role


@dataclass(frozen=True, slots=True)
class Held:
    """The role an account holds on a repository right now; `user_id` never changes, a login may."""

    login: str
    user_id: int
    role: Role


@dataclass(frozen=True, slots=True)
class GivenReview:
    """A review that counts for merging. `state` is approved, changes_requested, commented or dismissed."""

    login: str
    user_id: int
    state: str
    head_oid: str
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class CheckState:
    """One check run or commit status on one commit. `ref` is the vendor's id, used to fetch its log ("" for a status)."""

    name: str
    conclusion: Conclusion
    url: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class ChecksSnapshot:
    """All checks of one commit as the host lists them now. `settled` when every suite and status is done."""

    head_oid: str
    checks: tuple[CheckState, ...]
    settled: bool


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request. `state` is "open" or "closed"; `head_repo` is another than its own for a fork, "" for one that is gone."""

    number: int
    url: str
    head_oid: str
    head_ref: str
    base_ref: str
    draft: bool
    state: str
    merged: bool
    node_id: str = ""
    merged_at: datetime | None = None
    closed_by: str = ""
    head_repo: str = ""
    author_id: int = 0


@dataclass(frozen=True, slots=True)
class ReviewComment:
    """One inline comment: `line` is 1-based in the new file. `start` is the first line where it is about several, else 0."""

    path: str
    line: int
    body: str
    start: int = 0


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation of a check run; `level` is notice, warning or failure."""

    path: str
    line: int
    level: str
    message: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class CheckButton:
    """A button of a check run, at most three of them: identifier and label at most 20 characters, description at most 40."""

    identifier: str
    label: str
    description: str


@dataclass(frozen=True, slots=True)
class CheckRunReport:
    """A check run (with an App) or a commit status (with a plain token) that we write. Only a check run has buttons."""

    name: str
    head_oid: str
    external_id: str
    conclusion: Conclusion
    title: str
    summary: str
    details_url: str
    annotations: tuple[Annotation, ...] = ()
    buttons: tuple[CheckButton, ...] = ()
