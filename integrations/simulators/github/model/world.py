"""The whole simulated GitHub in memory: lookups, ids, the clock and the one lock."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.errors import not_found
from integrations.simulators.github.model.git import GitRepo
from integrations.simulators.github.model.state import (
    App,
    CheckRun,
    CheckSuite,
    Comment,
    Hook,
    Installation,
    Issue,
    Pull,
    Repo,
    ReviewComment,
    User,
)

ACTIONS_APP_ID = 15368
GHOST_ID = 10137


class World:
    """State of one simulator. Hold `lock` while reading or changing it."""

    def __init__(self, config: GitHubSimConfig) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.root: Path = config.root
        self.public_url = config.public_url
        self.users: dict[int, User] = {}
        self.apps: dict[int, App] = {}
        self.installations: dict[int, Installation] = {}
        self.repos: dict[int, Repo] = {}
        self.hooks: dict[int, Hook] = {}
        self.renamed: dict[str, int] = {}
        self._ids = itertools.count(1_000_001)

    def now(self) -> datetime:
        """The present, to the second, as GitHub keeps time."""
        return datetime.now(UTC).replace(microsecond=0)

    def next_id(self) -> int:
        return next(self._ids)

    def git(self, repo: Repo) -> GitRepo:
        return GitRepo(repo.path)

    def user(self, user_id: int) -> User:
        return self.users[user_id]

    def find_user(self, login: str) -> User | None:
        wanted = login.lower()
        return next((u for u in self.users.values() if u.login.lower() == wanted), None)

    def add_user(
        self, login: str, *, type: str = "User", id: int | None = None, name: str | None = None
    ) -> User:
        """The user of that login, made when unknown."""
        known = self.find_user(login)
        if known is not None:
            return known
        user = User(id=id or self.next_id(), login=login, created_at=self.now(), type=type, name=name)
        self.users[user.id] = user
        return user

    def full_name(self, repo: Repo) -> str:
        return f"{self.users[repo.owner_id].login}/{repo.name}"

    def find_repo(self, full_name: str) -> Repo | None:
        wanted = full_name.lower()
        return next((r for r in self.repos.values() if self.full_name(r).lower() == wanted), None)

    def issue(self, repo: Repo, number: int) -> Issue:
        """Issue or pull request `number`; 404 when there is none."""
        found = repo.issues.get(number)
        if found is None:
            raise not_found()
        return found

    def pull(self, repo: Repo, number: int) -> tuple[Issue, Pull]:
        """Pull request `number`; 404 when there is none or it is a plain issue."""
        found = repo.issues.get(number)
        if found is None or found.pull is None:
            raise not_found()
        return found, found.pull

    def pulls(self, repo: Repo) -> Iterator[tuple[Issue, Pull]]:
        for issue in repo.issues.values():
            if issue.pull is not None:
                yield issue, issue.pull

    def open_pulls(self, repo: Repo, *, head_sha: str) -> list[tuple[Issue, Pull]]:
        return [(i, p) for i, p in self.pulls(repo) if i.state == "open" and p.head_sha == head_sha]

    def comment(self, repo: Repo, comment_id: int) -> tuple[Issue, Comment]:
        for issue in repo.issues.values():
            for comment in issue.comments:
                if comment.id == comment_id:
                    return issue, comment
        raise not_found()

    def review_comment(self, repo: Repo, comment_id: int) -> tuple[Issue, Pull, ReviewComment]:
        for issue, pull in self.pulls(repo):
            for comment in pull.review_comments:
                if comment.id == comment_id:
                    return issue, pull, comment
        raise not_found()

    def runs_of(self, repo: Repo, suite: CheckSuite) -> list[CheckRun]:
        return [r for r in repo.check_runs.values() if r.suite_id == suite.id]

    def installation_for(self, repo: Repo, app_id: int) -> Installation | None:
        for inst in self.installations.values():
            if inst.app_id == app_id and inst.account_id == repo.owner_id and covers(inst, repo):
                return inst
        return None


def covers(inst: Installation, repo: Repo) -> bool:
    """Whether an installation reaches a repository of its account."""
    return repo.owner_id == inst.account_id and (inst.repo_ids is None or repo.id in inst.repo_ids)
