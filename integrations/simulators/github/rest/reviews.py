"""Reviews and review comments."""

from __future__ import annotations

from integrations.simulators.github.acts import comments, reviews
from integrations.simulators.github.errors import forbidden, not_found, unprocessable
from integrations.simulators.github.model.access import Need, role_of
from integrations.simulators.github.model.state import Pull, Repo, Review, Role
from integrations.simulators.github.rest.pulls import READ, WRITE
from integrations.simulators.github.rest.table import Call, Listing, Reply, Table
from integrations.simulators.github.views import issues, pulls
from integrations.simulators.github.views.base import JSON

routes = Table()
_BASE = "/repos/{owner}/{repo}/pulls"


@routes.on("GET", _BASE + "/{number}/reviews")
def listing(call: Call) -> Listing:
    repo = call.repo(READ)
    issue, pull = call.pull(repo)
    mine = call.actor.user.id if call.actor.user else 0
    found = [r for r in pull.reviews if r.state != "PENDING" or r.user_id == mine]
    return Listing(found, lambda r: pulls.review(call.view, repo, issue, r))


@routes.on("POST", _BASE + "/{number}/reviews")
def create(call: Call) -> JSON:
    repo = call.repo(WRITE)
    issue, _ = call.pull(repo)
    new = _new(call)
    made = reviews.create(call.hub, repo, issue, new=new, sender=call.sender)
    return pulls.review(call.view, repo, issue, made)


def _new(call: Call) -> reviews.NewReview:
    raw = call.fields.get("comments") or []
    return reviews.NewReview(
        event=call.maybe_text("event") or None,
        body=call.maybe_text("body") or "",
        commit_id=call.maybe_text("commit_id"),
        comments=[c for c in raw if isinstance(c, dict)],
    )


@routes.on("GET", _BASE + "/{number}/reviews/{id}")
def get(call: Call) -> JSON:
    repo = call.repo(READ)
    issue, pull = call.pull(repo)
    return pulls.review(call.view, repo, issue, _review(call, pull))


@routes.on("PUT", _BASE + "/{number}/reviews/{id}")
def edit(call: Call) -> JSON:
    repo = call.repo(WRITE)
    issue, pull = call.pull(repo)
    review = _review(call, pull)
    review.body = call.text("body")
    return pulls.review(call.view, repo, issue, review)


@routes.on("POST", _BASE + "/{number}/reviews/{id}/events")
def submit(call: Call) -> JSON:
    repo = call.repo(WRITE)
    issue, pull = call.pull(repo)
    review = _review(call, pull)
    reviews.submit(call.hub, repo, issue, review=review, new=_new(call), sender=call.sender)
    return pulls.review(call.view, repo, issue, review)


@routes.on("DELETE", _BASE + "/{number}/reviews/{id}")
def delete_pending(call: Call) -> JSON:
    repo = call.repo(WRITE)
    issue, pull = call.pull(repo)
    review = _review(call, pull)
    if review.state != "PENDING":
        raise unprocessable("Can not delete a non-pending pull request review")
    pull.reviews.remove(review)
    return pulls.review(call.view, repo, issue, review)


@routes.on("PUT", _BASE + "/{number}/reviews/{id}/dismissals")
def dismiss(call: Call) -> JSON:
    repo = call.repo(Need("pull_requests", "write", Role.WRITE))
    issue, pull = call.pull(repo)
    review = _review(call, pull)
    call.text("message")
    reviews.dismiss(call.hub, repo, issue, review=review, sender=call.sender)
    return pulls.review(call.view, repo, issue, review)


@routes.on("GET", _BASE + "/{number}/reviews/{id}/comments")
def comments_of(call: Call) -> Listing:
    repo = call.repo(READ)
    issue, pull = call.pull(repo)
    review = _review(call, pull)
    found = [c for c in pull.review_comments if c.review_id == review.id]
    return Listing(found, lambda c: pulls.review_comment(call.view, repo, issue, c))


@routes.on("GET", _BASE + "/{number}/comments")
def review_comments(call: Call) -> Listing:
    repo = call.repo(READ)
    issue, pull = call.pull(repo)
    return Listing(pull.review_comments, lambda c: pulls.review_comment(call.view, repo, issue, c))


@routes.on("POST", _BASE + "/{number}/comments")
def create_comment(call: Call) -> Reply:
    repo = call.repo(WRITE)
    issue, _ = call.pull(repo)
    to = call.fields.get("in_reply_to")
    if isinstance(to, int):
        made = reviews.reply(call.hub, repo, issue, to=to, body=call.text("body"), sender=call.sender)
    else:
        made = reviews.comment(call.hub, repo, issue, raw=call.fields, sender=call.sender)
    return Reply(201, pulls.review_comment(call.view, repo, issue, made))


@routes.on("POST", _BASE + "/{number}/comments/{id}/replies")
def reply(call: Call) -> Reply:
    repo = call.repo(WRITE)
    issue, _ = call.pull(repo)
    to, body = call.number("id"), call.text("body")
    made = reviews.reply(call.hub, repo, issue, to=to, body=body, sender=call.sender)
    return Reply(201, pulls.review_comment(call.view, repo, issue, made))


@routes.on("GET", _BASE + "/comments")
def all_comments(call: Call) -> Listing:
    repo = call.repo(READ)
    found = [(i, c) for i, p in call.world.pulls(repo) for c in p.review_comments]
    return Listing(found, lambda hit: pulls.review_comment(call.view, repo, *hit))


@routes.on("GET", _BASE + "/comments/{id}")
def get_comment(call: Call) -> JSON:
    repo = call.repo(READ)
    issue, _, comment = call.world.review_comment(repo, call.number("id"))
    return pulls.review_comment(call.view, repo, issue, comment)


@routes.on("PATCH", _BASE + "/comments/{id}")
def edit_comment(call: Call) -> JSON:
    repo = call.repo(WRITE)
    issue, _, comment = call.world.review_comment(repo, call.number("id"))
    own(call, repo, comment.user_id)
    reviews.edit_comment(call.hub, repo, issue, it=comment, body=call.text("body"), sender=call.sender)
    return pulls.review_comment(call.view, repo, issue, comment)


@routes.on("DELETE", _BASE + "/comments/{id}")
def delete_comment(call: Call) -> Reply:
    repo = call.repo(WRITE)
    issue, _, comment = call.world.review_comment(repo, call.number("id"))
    own(call, repo, comment.user_id)
    reviews.delete_comment(call.hub, repo, issue, it=comment, sender=call.sender)
    return Reply(204)


@routes.on("POST", _BASE + "/comments/{id}/reactions")
def react(call: Call) -> Reply:
    repo = call.repo(WRITE)
    _, _, comment = call.world.review_comment(repo, call.number("id"))
    content = call.fields.get("content")
    made, new = comments.react(call.hub, comment.reactions, content=content, sender=call.sender)
    return Reply(201 if new else 200, issues.reaction(call.view, made))


@routes.on("GET", _BASE + "/comments/{id}/reactions")
def reactions(call: Call) -> Listing:
    repo = call.repo(READ)
    _, _, comment = call.world.review_comment(repo, call.number("id"))
    return Listing(comment.reactions, lambda r: issues.reaction(call.view, r))


def own(call: Call, repo: Repo, author_id: int) -> None:
    """Only the author, or someone with write access, changes a comment. Raises ApiError 403."""
    who = call.sender
    if who.id != author_id and (
        call.actor.installation is not None or role_of(call.world, who, repo) < Role.WRITE
    ):
        raise forbidden("Resource not accessible by integration" if call.actor.app else "Must be the author.")


def _review(call: Call, pull: Pull) -> Review:
    found = next((r for r in pull.reviews if r.id == call.number("id")), None)
    if found is None:
        raise not_found("/pulls/reviews#get-a-review-for-a-pull-request")
    return found
