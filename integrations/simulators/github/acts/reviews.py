"""Reviews, review comments and their threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.simulators.github.acts import events, merging
from integrations.simulators.github.errors import ApiError, custom, not_found, unprocessable, validation
from integrations.simulators.github.hub import Hub
from integrations.simulators.github.model.diffs import DiffLine, at_position, diff, find_line, hunk_until
from integrations.simulators.github.model.state import Issue, Pull, Repo, Review, ReviewComment, User

STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
MAX_BODY = 65_536
_DOCS = "/pulls/reviews#create-a-review-for-a-pull-request"
_COMMENT_DOCS = "/pulls/comments#create-a-review-comment-for-a-pull-request"


@dataclass(frozen=True, slots=True)
class NewReview:
    """A review to create. Without an event it stays PENDING."""

    event: str | None
    body: str
    commit_id: str | None
    comments: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where in the diff a comment stands; `line` is None for a comment on the whole file."""

    path: str
    side: str
    line: DiffLine | None
    number: int | None
    start_line: int | None
    start_side: str | None
    hunk: str


def create(hub: Hub, repo: Repo, issue: Issue, *, new: NewReview, sender: User) -> Review:
    """Create a review with all its comments or nothing. Raises ApiError 422."""
    pull = _pull(issue)
    _check_event(issue, new, sender)
    if any(r.state == "PENDING" and r.user_id == sender.id for r in pull.reviews):
        raise unprocessable("User can only have one pending review per pull request", docs=_DOCS)
    commit = new.commit_id or pull.head_sha
    if commit not in {h.sha for h in pull.head_history} and not _in_pull(hub, repo, pull, commit):
        raise unprocessable("The commit_id is not part of the pull request", docs=_DOCS)
    anchors = [_review_anchor(hub, repo, pull, raw, commit) for raw in new.comments]
    now = hub.world.now()
    review = Review(
        id=hub.world.next_id(),
        user_id=sender.id,
        body=new.body,
        state=STATES[new.event] if new.event else "PENDING",
        commit_id=commit,
        submitted_at=now if new.event else None,
    )
    pull.reviews.append(review)
    for raw, anchor in zip(new.comments, anchors, strict=True):
        _add(hub, pull, anchor, review=review, body=str(raw["body"]))
    if new.event:
        _submitted(hub, repo, issue, review=review, sender=sender)
    return review


def submit(hub: Hub, repo: Repo, issue: Issue, *, review: Review, new: NewReview, sender: User) -> None:
    """Submit a pending review."""
    if review.state != "PENDING":
        raise unprocessable("Review has already been submitted", docs=_DOCS)
    if new.event is None:
        raise validation(custom("PullRequestReview", "event can't be blank", field="event"))
    _check_event(issue, new, sender)
    review.state, review.submitted_at = STATES[new.event], hub.world.now()
    review.body = new.body or review.body
    _submitted(hub, repo, issue, review=review, sender=sender)


def _check_event(issue: Issue, new: NewReview, sender: User) -> None:
    if new.event is not None and new.event not in STATES:
        raise unprocessable(f'Variable $event of type PullRequestReviewEvent was provided "{new.event}"')
    if sender.id == issue.user_id and new.event == "APPROVE":
        raise unprocessable("Can not approve your own pull request", docs=_DOCS)
    if sender.id == issue.user_id and new.event == "REQUEST_CHANGES":
        raise unprocessable("Can not request changes on your own pull request", docs=_DOCS)
    if (new.event == "REQUEST_CHANGES" and not new.body) or (
        new.event == "COMMENT" and not new.body and not new.comments
    ):
        raise unprocessable("Body can't be blank", docs=_DOCS)
    _check_body(new.body)


def _check_body(body: str) -> None:
    if len(body) > MAX_BODY:
        raise unprocessable(f"Body is too long (maximum is {MAX_BODY} characters)")


def _submitted(hub: Hub, repo: Repo, issue: Issue, *, review: Review, sender: User) -> None:
    pull = _pull(issue)
    issue.updated_at = hub.world.now()
    if review.user_id in pull.requested:
        pull.requested.remove(review.user_id)
    events.review(hub, repo, issue, it=review, action="submitted", sender=sender)
    for comment in [c for c in pull.review_comments if c.review_id == review.id]:
        events.review_comment(hub, repo, issue, it=comment, action="created", sender=sender)
    merging.auto_merge(hub, repo, pull.head_sha)


def comment(hub: Hub, repo: Repo, issue: Issue, *, raw: Mapping[str, Any], sender: User) -> ReviewComment:
    """A single review comment; it makes its own review, as on GitHub. Raises ApiError 422."""
    pull = _pull(issue)
    _check_comment(raw)
    commit = str(raw.get("commit_id") or pull.head_sha)
    if not _in_pull(hub, repo, pull, commit):
        error = custom(
            "PullRequestReviewComment", "commit_id is not part of the pull request", field="commit_id"
        )
        raise validation(error, docs=_COMMENT_DOCS)
    anchor = _find_anchor(hub, repo, pull, raw, commit)
    if isinstance(anchor, str):
        field = f"pull_request_review_thread.{anchor}"
        error = custom("PullRequestReviewComment", "could not be resolved", field=field)
        raise validation(error, docs=_COMMENT_DOCS)
    return _single(hub, repo, issue, anchor=anchor, body=str(raw["body"]), sender=sender)


def reply(hub: Hub, repo: Repo, issue: Issue, *, to: int, body: str, sender: User) -> ReviewComment:
    """Answer in a thread. Raises ApiError 404 when the comment is not this pull request's."""
    pull = _pull(issue)
    parent = next((c for c in pull.review_comments if c.id == to), None)
    if parent is None:
        raise not_found("/pulls/comments#create-a-reply-for-a-review-comment")
    _check_comment({"body": body})
    root = next(c for c in pull.review_comments if c.id == parent.root_id)
    now, world = hub.world.now(), hub.world
    review = Review(world.next_id(), sender.id, "", "COMMENTED", pull.head_sha, now)
    pull.reviews.append(review)
    answer = ReviewComment(
        id=world.next_id(),
        review_id=review.id,
        user_id=sender.id,
        body=body,
        path=root.path,
        commit_id=root.commit_id,
        original_commit_id=root.original_commit_id,
        diff_hunk=root.diff_hunk,
        created_at=now,
        updated_at=now,
        line=root.line,
        original_line=root.original_line,
        side=root.side,
        position=root.position,
        original_position=root.original_position,
        in_reply_to_id=root.id,
        subject_type=root.subject_type,
    )
    pull.review_comments.append(answer)
    issue.updated_at = now
    events.review_comment(hub, repo, issue, it=answer, action="created", sender=sender)
    return answer


def edit_comment(hub: Hub, repo: Repo, issue: Issue, *, it: ReviewComment, body: str, sender: User) -> None:
    """Change the text of a review comment."""
    _check_comment({"body": body})
    it.body, it.updated_at = body, hub.world.now()
    events.review_comment(hub, repo, issue, it=it, action="edited", sender=sender)


def delete_comment(hub: Hub, repo: Repo, issue: Issue, *, it: ReviewComment, sender: User) -> None:
    """Delete a review comment."""
    _pull(issue).review_comments.remove(it)
    events.review_comment(hub, repo, issue, it=it, action="deleted", sender=sender)


def dismiss(hub: Hub, repo: Repo, issue: Issue, *, review: Review, sender: User) -> None:
    """Dismiss an approval or a request for changes. Raises ApiError 422 for other reviews."""
    if review.state not in ("APPROVED", "CHANGES_REQUESTED"):
        raise unprocessable(f"Can not dismiss a {review.state.lower()} pull request review")
    review.state = "DISMISSED"
    events.review(hub, repo, issue, it=review, action="dismissed", sender=sender)


def resolve(hub: Hub, repo: Repo, issue: Issue, *, root_id: int, resolved: bool, sender: User) -> None:
    """Resolve or unresolve a thread, named by its first comment."""
    pull = _pull(issue)
    if (root_id in pull.resolved_threads) == resolved:
        return
    if resolved:
        pull.resolved_threads[root_id] = sender.id
    else:
        del pull.resolved_threads[root_id]
    action = "resolved" if resolved else "unresolved"
    events.thread(hub, repo, issue, root_id=root_id, action=action, sender=sender)


def _single(hub: Hub, repo: Repo, issue: Issue, *, anchor: Anchor, body: str, sender: User) -> ReviewComment:
    pull, now = _pull(issue), hub.world.now()
    review = Review(hub.world.next_id(), sender.id, "", "COMMENTED", pull.head_sha, now)
    pull.reviews.append(review)
    made = _add(hub, pull, anchor, review=review, body=body)
    _submitted(hub, repo, issue, review=review, sender=sender)
    return made


def _add(hub: Hub, pull: Pull, anchor: Anchor, *, review: Review, body: str) -> ReviewComment:
    now, at = hub.world.now(), anchor.line
    made = ReviewComment(
        id=hub.world.next_id(),
        review_id=review.id,
        user_id=review.user_id,
        body=body,
        path=anchor.path,
        commit_id=pull.head_sha,
        original_commit_id=review.commit_id,
        diff_hunk=anchor.hunk,
        created_at=now,
        updated_at=now,
        line=anchor.number,
        original_line=anchor.number,
        side=anchor.side,
        start_line=anchor.start_line,
        original_start_line=anchor.start_line,
        start_side=anchor.start_side,
        position=at.position if at else 1,
        original_position=at.position if at else 1,
        subject_type="line" if at else "file",
    )
    pull.review_comments.append(made)
    return made


def _review_anchor(hub: Hub, repo: Repo, pull: Pull, raw: Mapping[str, Any], commit: str) -> Anchor:
    if not str(raw.get("body") or "").strip():
        raise unprocessable("Body can't be blank", docs=_DOCS)
    _check_body(str(raw["body"]))
    found = _find_anchor(hub, repo, pull, raw, commit)
    if isinstance(found, str):
        raise unprocessable(f"{found.capitalize()} could not be resolved", docs=_DOCS)
    return found


def _find_anchor(hub: Hub, repo: Repo, pull: Pull, raw: Mapping[str, Any], commit: str) -> Anchor | str:
    """The place a raw comment means, or the name of the field that could not be resolved."""
    git = hub.world.git(repo)
    base = git.merge_base(pull.base_sha, commit) or pull.base_sha
    changed = next((f for f in diff(git, base, commit) if f.path == raw.get("path")), None)
    if changed is None:
        return "path"
    side = str(raw.get("side") or "RIGHT").upper()
    if raw.get("subject_type") == "file":
        return Anchor(changed.path, side, None, None, None, None, "")
    patch = changed.patch or ""
    line = raw.get("line")
    if line is None and raw.get("position") is not None:
        at = at_position(patch, int(raw["position"]))
        side = "LEFT" if at is not None and at.kind == "-" else "RIGHT"
    else:
        at = find_line(patch, line, side) if isinstance(line, int) else None
    if at is None:
        return "line"
    start = raw.get("start_line")
    start_side = str(raw.get("start_side") or side).upper() if start is not None else None
    if start is not None and (start_side is None or find_line(patch, int(start), start_side) is None):
        return "start_line"
    number = at.old if side == "LEFT" else at.new
    return Anchor(changed.path, side, at, number, start, start_side, hunk_until(patch, at.position))


def _check_comment(raw: Mapping[str, Any]) -> None:
    body = str(raw.get("body") or "")
    if not body.strip():
        error = {"resource": "PullRequestReviewComment", "code": "missing_field", "field": "body"}
        raise validation(error, docs=_COMMENT_DOCS)
    if len(body) > MAX_BODY:
        sentence = f"body is too long (maximum is {MAX_BODY} characters)"
        raise validation(custom("PullRequestReviewComment", sentence, field="body"), docs=_COMMENT_DOCS)


def _in_pull(hub: Hub, repo: Repo, pull: Pull, commit: str) -> bool:
    git = hub.world.git(repo)
    if any(h.sha == commit for h in pull.head_history):
        return True
    return git.kind(commit) == "commit" and git.is_ancestor(commit, pull.head_sha)


def _pull(issue: Issue) -> Pull:
    if issue.pull is None:
        raise ApiError(404, "Not Found")
    return issue.pull
