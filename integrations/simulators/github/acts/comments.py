"""Comments, reactions, labels, assignees and plain issues."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.simulators.github.acts import events, refs
from integrations.simulators.github.acts.pulls import check_text, reopen
from integrations.simulators.github.errors import ApiError, custom, validation
from integrations.simulators.github.hub import Hub
from integrations.simulators.github.model.access import Actor
from integrations.simulators.github.model.state import (
    REACTIONS,
    Comment,
    Issue,
    Label,
    Reaction,
    Repo,
    User,
)
from integrations.simulators.github.views import issues as views

MAX_BODY = 65_536
MAX_LABEL = 50
MAX_ASSIGNEES = 10
_DOCS = "/issues/comments#create-an-issue-comment"


def check_body(body: object) -> str:
    """A comment's text. Raises ApiError 422 when it is blank or longer than 65,536 characters."""
    text = body if isinstance(body, str) else ""
    if not text.strip():
        problem = "Body cannot be blank"
    elif len(text) > MAX_BODY:
        problem = f"Body is too long (maximum is {MAX_BODY} characters)"
    else:
        return text
    error = {"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": problem}
    raise validation(error, docs=_DOCS)


def create(hub: Hub, repo: Repo, issue: Issue, *, body: object, actor: Actor) -> Comment:
    """Comment on an issue or pull request."""
    sender, now = actor.user, hub.world.now()
    assert sender is not None
    if issue.locked:
        raise ApiError(403, "Unable to create comment because issue is locked.", docs=_DOCS)
    text = check_body(body)
    app_id = actor.app.id if actor.app else None
    made = Comment(hub.world.next_id(), issue.number, sender.id, text, now, now, app_id)
    issue.comments.append(made)
    issue.updated_at = now
    events.issue_comment(hub, repo, issue, it=made, action="created", sender=sender)
    return made


def edit(hub: Hub, repo: Repo, issue: Issue, *, it: Comment, body: object, sender: User) -> None:
    """Change a comment's text."""
    before, it.body = it.body, check_body(body)
    it.updated_at = hub.world.now()
    changes = {"body": {"from": before}}
    events.issue_comment(hub, repo, issue, it=it, action="edited", sender=sender, changes=changes)


def delete(hub: Hub, repo: Repo, issue: Issue, *, it: Comment, sender: User) -> None:
    """Delete a comment."""
    issue.comments.remove(it)
    events.issue_comment(hub, repo, issue, it=it, action="deleted", sender=sender)


def react(hub: Hub, reactions: list[Reaction], *, content: object, sender: User) -> tuple[Reaction, bool]:
    """Add a reaction; (reaction, whether it is new). Raises ApiError 422 outside GitHub's eight."""
    if content not in REACTIONS:
        raise validation(
            {"resource": "Reaction", "code": "invalid", "field": "content", "value": content},
            docs="/reactions/reactions",
        )
    for each in reactions:
        if each.user_id == sender.id and each.content == content:
            return each, False
    made = Reaction(hub.world.next_id(), sender.id, str(content), hub.world.now())
    reactions.append(made)
    return made, True


def create_issue(hub: Hub, repo: Repo, *, title: str, body: str | None, actor: Actor) -> Issue:
    """Open a plain issue."""
    sender, world = actor.user, hub.world
    assert sender is not None
    check_text(title, body)
    now = world.now()
    issue = Issue(world.next_id(), repo.next_number, sender.id, title, body, now, now)
    issue.app_id = actor.app.id if actor.app else None
    repo.issues[issue.number] = issue
    repo.next_number += 1
    events.issue_event(hub, repo, issue, action="opened", sender=sender)
    return issue


def set_state(hub: Hub, repo: Repo, issue: Issue, *, state: str, sender: User) -> None:
    """Close or reopen an issue or pull request."""
    if state == issue.state:
        return
    if state == "closed":
        refs.close(hub, repo, issue, sender=sender)
    elif issue.pull is not None:
        reopen(hub, repo, issue, sender=sender)
    else:
        issue.state, issue.closed_at, issue.state_reason = "open", None, "reopened"
        events.issue_event(hub, repo, issue, action="reopened", sender=sender)


def find_label(repo: Repo, name: str) -> Label | None:
    return next((each for each in repo.labels.values() if each.name.lower() == name.lower()), None)


def check_label(repo: Repo, name: object, *, unlike: Label | None = None) -> str:
    """A new label's name. Raises ApiError 422 when blank, longer than 50 characters or taken."""
    text = name if isinstance(name, str) else ""
    docs = "/issues/labels#create-a-label"
    if not text.strip():
        raise validation({"resource": "Label", "code": "missing_field", "field": "name"}, docs=docs)
    if len(text) > MAX_LABEL:
        sentence = f"name is too long (maximum is {MAX_LABEL} characters)"
        raise validation(custom("Label", sentence, field="name"), docs=docs)
    taken = find_label(repo, text)
    if taken is not None and taken is not unlike:
        raise validation({"resource": "Label", "code": "already_exists", "field": "name"}, docs=docs)
    return text


def add_labels(hub: Hub, repo: Repo, issue: Issue, *, names: Sequence[object], sender: User) -> None:
    """Put labels on an issue; unknown ones are made. Raises ApiError 422 for a name that is too long."""
    texts = [n for n in names if isinstance(n, str)]
    for name in texts:
        if not name.strip() or len(name) > MAX_LABEL:
            error = {"value": name, "resource": "Label", "field": "name", "code": "invalid"}
            raise validation(error, docs="/issues/labels#add-labels-to-an-issue")
    for name in texts:
        label = find_label(repo, name)
        if label is None:
            label = Label(hub.world.next_id(), name)
            repo.labels[label.id] = label
        if label.id not in issue.labels:
            issue.labels.append(label.id)
            _labelled(hub, repo, issue, label=label, action="labeled", sender=sender)


def remove_label(hub: Hub, repo: Repo, issue: Issue, *, label: Label, sender: User) -> None:
    """Take a label off an issue. Raises ApiError 404 when it is not on it."""
    if label.id not in issue.labels:
        raise ApiError(404, "Label does not exist", docs="/issues/labels#remove-a-label-from-an-issue")
    issue.labels.remove(label.id)
    _labelled(hub, repo, issue, label=label, action="unlabeled", sender=sender)


def _labelled(hub: Hub, repo: Repo, issue: Issue, *, label: Label, action: str, sender: User) -> None:
    issue.updated_at = hub.world.now()
    if issue.pull is None:
        events.issue_event(hub, repo, issue, action=action, sender=sender)
        return
    extra = {"label": views.label(hub.view, repo, label)}
    events.pull_request(hub, repo, issue, action=action, sender=sender, **extra)


def assign(hub: Hub, repo: Repo, issue: Issue, *, logins: Sequence[str], sender: User) -> None:
    """Assign people; unknown logins are ignored, as on GitHub."""
    for login in logins:
        user = hub.world.find_user(login)
        if user is None or user.id in issue.assignees or len(issue.assignees) >= MAX_ASSIGNEES:
            continue
        issue.assignees.append(user.id)
        if issue.pull is not None:
            extra = {"assignee": hub.user_json(user)}
            events.pull_request(hub, repo, issue, action="assigned", sender=sender, **extra)
