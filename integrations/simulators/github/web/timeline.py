"""A pull request's conversation, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.simulators.github.model.state import Issue, Pull, Repo, Review, ReviewComment, User
from integrations.simulators.github.model.world import World

VERBS = {
    "APPROVED": "approved these changes",
    "CHANGES_REQUESTED": "requested changes",
    "COMMENTED": "reviewed",
    "DISMISSED": "had a review that was dismissed",
    "PENDING": "started a review",
}


@dataclass(frozen=True, slots=True)
class Thread:
    """Review comments on one place; `resolved_by` is a login."""

    comments: list[ReviewComment]
    resolved_by: str | None

    @property
    def root(self) -> ReviewComment:
        return self.comments[0]

    @property
    def outdated(self) -> bool:
        return self.root.line is None and self.root.subject_type == "line"


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: kind is comment, review, commits, merged or closed."""

    kind: str
    at: datetime
    order: int
    user: User
    text: str = ""
    body: str | None = None
    data: Any = None
    threads: list[Thread] = field(default_factory=list)


def timeline(world: World, repo: Repo, issue: Issue) -> list[Item]:
    """Everything that was said and done, oldest first."""
    pull = issue.pull
    items = [
        Item("comment", c.created_at, c.id, world.users[c.user_id], body=c.body, data=c)
        for c in issue.comments
    ]
    if pull is not None:
        items += _reviews(world, pull)
        items += _commits(world, repo, pull)
        if pull.merged_at is not None and pull.merged_by is not None:
            who = world.users[pull.merged_by]
            items.append(Item("merged", pull.merged_at, 10**12, who, data=pull.merge_commit_sha))
        elif issue.closed_at is not None and issue.closed_by is not None:
            items.append(Item("closed", issue.closed_at, 10**12, world.users[issue.closed_by]))
    return sorted(items, key=lambda item: (item.at, item.order))


def _reviews(world: World, pull: Pull) -> Iterator[Item]:
    found = threads(world, pull)
    for review in pull.reviews:
        own = [t for t in found if t.root.review_id == review.id]
        if review.state == "PENDING" or (not own and not review.body and review.state == "COMMENTED"):
            continue
        yield _review_item(world, review, own)


def _review_item(world: World, review: Review, own: list[Thread]) -> Item:
    at = review.submitted_at
    assert at is not None
    who = world.users[review.user_id]
    text = VERBS[review.state]
    return Item("review", at, review.id, who, text=text, body=review.body, data=review, threads=own)


def threads(world: World, pull: Pull) -> list[Thread]:
    """All review threads of a pull request."""
    found = []
    for root in pull.review_comments:
        if root.in_reply_to_id is None:
            said = [c for c in pull.review_comments if c.root_id == root.id]
            resolver = pull.resolved_threads.get(root.id)
            found.append(Thread(said, world.users[resolver].login if resolver else None))
    return found


def _commits(world: World, repo: Repo, pull: Pull) -> Iterator[Item]:
    git = world.git(repo)
    before = git.merge_base(pull.base_sha, pull.head_history[0].sha) or pull.base_sha
    for number, moved in enumerate(pull.head_history):
        head = moved.sha
        forced = number > 0 and not git.is_ancestor(before, head)
        start = git.merge_base(pull.base_sha, head) if forced else before
        new = git.log(f"{start}..{head}", f"^{pull.base_sha}", limit=50)[::-1]
        text = "force-pushed" if forced else "pushed"
        who = world.users[moved.user_id]
        yield Item("commits", moved.at, moved.order, who, text=text, data=new)
        before = head
