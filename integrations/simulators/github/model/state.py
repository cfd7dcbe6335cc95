"""Entities of the simulated GitHub: mutable rows, changed only by `acts` under the world's lock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Any

from integrations.simulators.github.config import CIConfig

REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


class Role(IntEnum):
    """A collaborator's role, ordered by power."""

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5


@dataclass(slots=True)
class User:
    id: int
    login: str
    created_at: datetime
    type: str = "User"
    name: str | None = None
    email: str | None = None
    site_admin: bool = False
    members: set[int] = field(default_factory=set)


@dataclass(slots=True)
class App:
    id: int
    slug: str
    name: str
    owner_id: int
    bot_id: int
    created_at: datetime
    public_key: Any = None
    permissions: dict[str, str] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    webhook_url: str | None = None
    webhook_secret: str = ""
    hook_id: int = 0

    @property
    def client_id(self) -> str:
        return f"Iv1.sim{self.id:013d}"


@dataclass(slots=True)
class Installation:
    id: int
    app_id: int
    account_id: int
    created_at: datetime
    permissions: dict[str, str]
    events: list[str]
    repo_ids: set[int] | None = None
    suspended_at: datetime | None = None


@dataclass(slots=True)
class Hook:
    id: int
    url: str
    secret: str
    events: list[str]
    created_at: datetime
    repo_id: int | None = None
    app_id: int | None = None
    active: bool = True
    last_status: str = "unused"
    last_code: int | None = None


@dataclass(slots=True)
class Label:
    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass(slots=True)
class Reaction:
    id: int
    user_id: int
    content: str
    created_at: datetime


@dataclass(slots=True)
class Comment:
    id: int
    number: int
    user_id: int
    body: str
    created_at: datetime
    updated_at: datetime
    app_id: int | None = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(slots=True)
class ReviewComment:
    id: int
    review_id: int
    user_id: int
    body: str
    path: str
    commit_id: str
    original_commit_id: str
    diff_hunk: str
    created_at: datetime
    updated_at: datetime
    line: int | None = None
    original_line: int | None = None
    side: str = "RIGHT"
    start_line: int | None = None
    original_start_line: int | None = None
    start_side: str | None = None
    position: int | None = None
    original_position: int | None = None
    in_reply_to_id: int | None = None
    subject_type: str = "line"
    reactions: list[Reaction] = field(default_factory=list)

    @property
    def root_id(self) -> int:
        return self.in_reply_to_id or self.id


@dataclass(slots=True)
class Review:
    id: int
    user_id: int
    body: str
    state: str
    commit_id: str
    submitted_at: datetime | None


@dataclass(slots=True)
class AutoMerge:
    enabled_by: int
    method: str
    title: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """A head the pull request has had; `order` is an id, for sorting within a second."""

    at: datetime
    sha: str
    user_id: int
    order: int


@dataclass(slots=True)
class Pull:
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    draft: bool
    maintainer_can_modify: bool = False
    fork: str = ""
    merged_at: datetime | None = None
    merged_by: int | None = None
    merge_commit_sha: str | None = None
    requested: list[int] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    review_comments: list[ReviewComment] = field(default_factory=list)
    resolved_threads: dict[int, int] = field(default_factory=dict)
    auto_merge: AutoMerge | None = None
    merge_asked: tuple[str, str] | None = None
    merge_known: tuple[str, str, bool] | None = None
    head_history: list[Head] = field(default_factory=list)


@dataclass(slots=True)
class Issue:
    """An issue; a pull request is an issue with `pull` set, as on GitHub."""

    id: int
    number: int
    user_id: int
    title: str
    body: str | None
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    closed_by: int | None = None
    locked: bool = False
    app_id: int | None = None
    labels: list[int] = field(default_factory=list)
    assignees: list[int] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    pull: Pull | None = None


@dataclass(slots=True)
class Status:
    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator_id: int
    created_at: datetime


@dataclass(slots=True)
class CheckSuite:
    id: int
    app_id: int
    head_sha: str
    head_branch: str | None
    before: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True)
class CheckRun:
    id: int
    suite_id: int
    app_id: int
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    started_at: datetime | None
    completed_at: datetime | None
    external_id: str = ""
    details_url: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, Any]] = field(default_factory=list)
    actions: list[dict[str, Any]] = field(default_factory=list)
    log: str | None = None


@dataclass(slots=True)
class WorkflowRun:
    id: int
    suite_id: int
    run_number: int
    name: str
    event: str
    actor_id: int
    title: str
    created_at: datetime
    updated_at: datetime
    attempt: int = 1


@dataclass(slots=True)
class Protection:
    """Rules of one branch. `required_checks` are contexts of statuses or names of check runs."""

    require_pull: bool = True
    required_checks: list[str] = field(default_factory=list)
    strict: bool = False
    required_approvals: int = 0
    allow_force_push: bool = False
    enforce_admins: bool = False


@dataclass(slots=True)
class Repo:
    id: int
    owner_id: int
    name: str
    path: Path
    created_at: datetime
    updated_at: datetime
    pushed_at: datetime
    default_branch: str = "main"
    private: bool = True
    description: str | None = None
    archived: bool = False
    allow_auto_merge: bool = True
    delete_branch_on_merge: bool = False
    deny_non_fast_forward: bool = False
    list_lag_s: float = 0.0
    ci: CIConfig = field(default_factory=CIConfig)
    collaborators: dict[int, Role] = field(default_factory=dict)
    protections: dict[str, Protection] = field(default_factory=dict)
    labels: dict[int, Label] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    statuses: dict[str, list[Status]] = field(default_factory=dict)
    suites: dict[int, CheckSuite] = field(default_factory=dict)
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    workflow_runs: dict[int, WorkflowRun] = field(default_factory=dict)
    next_number: int = 1
