"""Issues, comments, labels, assignees, reactions."""

from __future__ import annotations

from integrations.simulators.github.acts import comments, pulls
from integrations.simulators.github.errors import ApiError, invalid_request, not_found, validation
from integrations.simulators.github.model.access import Actor, Need, allows, check
from integrations.simulators.github.model.state import Issue, Label, Reaction, Repo, Role
from integrations.simulators.github.rest.reviews import own
from integrations.simulators.github.rest.table import Call, Listing, Reply, Table
from integrations.simulators.github.views import issues
from integrations.simulators.github.views.base import JSON

routes = Table()
_BASE = "/repos/{owner}/{repo}/issues"
_COLOR = frozenset("0123456789abcdefABCDEF")


def _repo(call: Call, level: str = "read", role: Role = Role.READ) -> Repo:
    """Issue routes serve pull requests too: either permission of an App is enough."""
    area = "pull_requests" if _only_pulls(call.actor, level) else "issues"
    return call.repo(Need(area, level, role))


def _only_pulls(actor: Actor, level: str) -> bool:
    return actor.installation is not None and not allows(actor, "issues", level)


@routes.on("GET", _BASE)
def listing(call: Call) -> Listing:
    repo, state = _repo(call), call.query.get("state", "open")
    wanted = [n for n in call.query.get("labels", "").split(",") if n]
    found = [i for i in reversed(repo.issues.values()) if state in ("all", i.state)]
    found = [i for i in found if all(n in [repo.labels[x].name for x in i.labels] for n in wanted)]
    return Listing(found, lambda i: issues.issue(call.view, repo, i))


@routes.on("POST", _BASE)
def create(call: Call) -> Reply:
    repo, title, body = _repo(call, "write"), call.text("title"), call.maybe_text("body")
    issue = comments.create_issue(call.hub, repo, title=title, body=body, actor=call.actor)
    comments.add_labels(call.hub, repo, issue, names=call.texts("labels"), sender=call.sender)
    comments.assign(call.hub, repo, issue, logins=call.texts("assignees"), sender=call.sender)
    return Reply(201, issues.issue(call.view, repo, issue))


@routes.on("GET", _BASE + "/{number}")
def get(call: Call) -> JSON:
    repo = _repo(call)
    return issues.issue(call.view, repo, call.issue(repo))


@routes.on("PATCH", _BASE + "/{number}")
def edit(call: Call) -> JSON:
    repo = _repo(call, "write")
    issue, state = call.issue(repo), call.maybe_text("state")
    if call.actor.installation is None:
        own(call, repo, issue.user_id)
    texts: dict[str, str | None] = {n: call.maybe_text(n) for n in ("title", "body") if n in call.fields}
    if issue.pull is not None:
        pulls.edit(call.hub, repo, issue, changes=texts, sender=call.sender)
    else:
        pulls.check_text(texts.get("title"), texts.get("body"))
        issue.title, issue.body = texts.get("title") or issue.title, texts.get("body", issue.body)
    if state not in (None, "open", "closed"):
        raise validation({"resource": "Issue", "field": "state", "code": "invalid"})
    if "labels" in call.fields:
        _set_labels(call, repo, issue, _names(call.fields["labels"]))
    comments.assign(call.hub, repo, issue, logins=call.texts("assignees"), sender=call.sender)
    if state is not None:
        comments.set_state(call.hub, repo, issue, state=state, sender=call.sender)
    return issues.issue(call.view, repo, issue)


@routes.on("GET", _BASE + "/comments")
def all_comments(call: Call) -> Listing:
    repo = _repo(call)
    found = [c for i in repo.issues.values() for c in i.comments]
    return Listing(found, lambda c: issues.comment(call.view, repo, c))


@routes.on("GET", _BASE + "/{number}/comments")
def issue_comments(call: Call) -> Listing:
    repo = _repo(call)
    found, since = call.issue(repo).comments, call.query.get("since")
    if since:
        found = [c for c in found if c.updated_at.isoformat() >= since.replace("Z", "+00:00")]
    return Listing(found, lambda c: issues.comment(call.view, repo, c))


@routes.on("POST", _BASE + "/{number}/comments")
def comment(call: Call) -> Reply:
    repo = _repo(call, "write")
    issue, body = call.issue(repo), call.fields.get("body")
    made = comments.create(call.hub, repo, issue, body=body, actor=call.actor)
    return Reply(201, issues.comment(call.view, repo, made))


@routes.on("GET", _BASE + "/comments/{id}")
def get_comment(call: Call) -> JSON:
    repo = _repo(call)
    return issues.comment(call.view, repo, call.world.comment(repo, call.number("id"))[1])


@routes.on("PATCH", _BASE + "/comments/{id}")
def edit_comment(call: Call) -> JSON:
    repo = _repo(call, "write")
    issue, found = call.world.comment(repo, call.number("id"))
    own(call, repo, found.user_id)
    comments.edit(call.hub, repo, issue, it=found, body=call.fields.get("body"), sender=call.sender)
    return issues.comment(call.view, repo, found)


@routes.on("DELETE", _BASE + "/comments/{id}")
def delete_comment(call: Call) -> Reply:
    repo = _repo(call, "write")
    issue, found = call.world.comment(repo, call.number("id"))
    own(call, repo, found.user_id)
    comments.delete(call.hub, repo, issue, it=found, sender=call.sender)
    return Reply(204)


@routes.on("GET", _BASE + "/comments/{id}/reactions")
def comment_reactions(call: Call) -> Listing:
    repo = _repo(call)
    found = call.world.comment(repo, call.number("id"))[1]
    return Listing(found.reactions, lambda r: issues.reaction(call.view, r))


@routes.on("POST", _BASE + "/comments/{id}/reactions")
def react_to_comment(call: Call) -> Reply:
    repo = _repo(call, "write")
    return _react(call, call.world.comment(repo, call.number("id"))[1].reactions)


@routes.on("DELETE", _BASE + "/comments/{id}/reactions/{reaction}")
def unreact_to_comment(call: Call) -> Reply:
    repo = _repo(call, "write")
    return _unreact(call, call.world.comment(repo, call.number("id"))[1].reactions)


@routes.on("GET", _BASE + "/{number}/reactions")
def reactions(call: Call) -> Listing:
    found = call.issue(_repo(call)).reactions
    return Listing(found, lambda r: issues.reaction(call.view, r))


@routes.on("POST", _BASE + "/{number}/reactions")
def react(call: Call) -> Reply:
    return _react(call, call.issue(_repo(call, "write")).reactions)


@routes.on("DELETE", _BASE + "/{number}/reactions/{reaction}")
def unreact(call: Call) -> Reply:
    return _unreact(call, call.issue(_repo(call, "write")).reactions)


def _react(call: Call, found: list[Reaction]) -> Reply:
    made, new = comments.react(call.hub, found, content=call.fields.get("content"), sender=call.sender)
    return Reply(201 if new else 200, issues.reaction(call.view, made))


def _unreact(call: Call, found: list[Reaction]) -> Reply:
    hit = next((r for r in found if r.id == call.number("reaction")), None)
    if hit is None or hit.user_id != call.sender.id:
        raise not_found("/reactions/reactions")
    found.remove(hit)
    return Reply(204)


@routes.on("POST", _BASE + "/{number}/assignees")
def assign(call: Call) -> Reply:
    repo = _repo(call, "write", Role.TRIAGE)
    issue = call.issue(repo)
    comments.assign(call.hub, repo, issue, logins=call.texts("assignees"), sender=call.sender)
    return Reply(201, issues.issue(call.view, repo, issue))


@routes.on("DELETE", _BASE + "/{number}/assignees")
def unassign(call: Call) -> JSON:
    repo = _repo(call, "write", Role.TRIAGE)
    issue = call.issue(repo)
    gone = {n.lower() for n in call.texts("assignees")}
    issue.assignees = [u for u in issue.assignees if call.world.users[u].login.lower() not in gone]
    return issues.issue(call.view, repo, issue)


@routes.on("GET", _BASE + "/{number}/labels")
def issue_labels(call: Call) -> Listing:
    repo = _repo(call)
    return _labels_of(call, repo, call.issue(repo))


@routes.on("POST", _BASE + "/{number}/labels")
def add_labels(call: Call) -> Listing:
    repo = _repo(call, "write", Role.TRIAGE)
    issue, names = call.issue(repo), _names(call.body)
    comments.add_labels(call.hub, repo, issue, names=names, sender=call.sender)
    return _labels_of(call, repo, issue)


@routes.on("PUT", _BASE + "/{number}/labels")
def set_labels(call: Call) -> Listing:
    repo = _repo(call, "write", Role.TRIAGE)
    issue = call.issue(repo)
    _set_labels(call, repo, issue, _names(call.body))
    return _labels_of(call, repo, issue)


@routes.on("DELETE", _BASE + "/{number}/labels")
def clear_labels(call: Call) -> Reply:
    repo = _repo(call, "write", Role.TRIAGE)
    _set_labels(call, repo, call.issue(repo), [])
    return Reply(204)


@routes.on("DELETE", _BASE + "/{number}/labels/{name:path}")
def remove_label(call: Call) -> Listing:
    repo = _repo(call, "write", Role.TRIAGE)
    issue, label = call.issue(repo), _label(call, repo)
    comments.remove_label(call.hub, repo, issue, label=label, sender=call.sender)
    return _labels_of(call, repo, issue)


def _set_labels(call: Call, repo: Repo, issue: Issue, names: list[str]) -> None:
    for label_id in list(issue.labels):
        label = repo.labels[label_id]
        if label.name not in names:
            comments.remove_label(call.hub, repo, issue, label=label, sender=call.sender)
    comments.add_labels(call.hub, repo, issue, names=names, sender=call.sender)


def _labels_of(call: Call, repo: Repo, issue: Issue) -> Listing:
    found = [repo.labels[i] for i in issue.labels]
    return Listing(found, lambda label: issues.label(call.view, repo, label))


def _names(body: object) -> list[str]:
    """Label names in any form GitHub takes: a bare list, {"labels": […]}, strings or {"name"} objects."""
    rows = body.get("labels") if isinstance(body, dict) else body
    if not isinstance(rows, list):
        raise invalid_request('"labels" wasn\'t supplied.')
    return [str(r["name"]) if isinstance(r, dict) and "name" in r else str(r) for r in rows]


@routes.on("GET", "/repos/{owner}/{repo}/labels")
def labels(call: Call) -> Listing:
    repo = call.repo()
    return Listing(list(repo.labels.values()), lambda label: issues.label(call.view, repo, label))


@routes.on("POST", "/repos/{owner}/{repo}/labels")
def create_label(call: Call) -> Reply:
    repo = _repo(call, "write", Role.WRITE)
    name = comments.check_label(repo, call.fields.get("name"))
    made = Label(call.world.next_id(), name, _color(call) or "ededed", call.maybe_text("description"))
    repo.labels[made.id] = made
    return Reply(201, issues.label(call.view, repo, made))


@routes.on("GET", "/repos/{owner}/{repo}/labels/{name:path}")
def get_label(call: Call) -> JSON:
    repo = call.repo()
    return issues.label(call.view, repo, _label(call, repo))


@routes.on("PATCH", "/repos/{owner}/{repo}/labels/{name:path}")
def edit_label(call: Call) -> JSON:
    repo = _repo(call, "write", Role.WRITE)
    label, new = _label(call, repo), call.maybe_text("new_name")
    if new is not None:
        label.name = comments.check_label(repo, new, unlike=label)
    label.color = _color(call) or label.color
    if "description" in call.fields:
        label.description = call.maybe_text("description")
    return issues.label(call.view, repo, label)


@routes.on("DELETE", "/repos/{owner}/{repo}/labels/{name:path}")
def delete_label(call: Call) -> Reply:
    repo = _repo(call, "write", Role.WRITE)
    label = _label(call, repo)
    del repo.labels[label.id]
    for issue in repo.issues.values():
        issue.labels = [i for i in issue.labels if i != label.id]
    return Reply(204)


def _color(call: Call) -> str | None:
    color = call.maybe_text("color")
    if color is not None and (len(color) != 6 or not set(color) <= _COLOR):
        raise validation({"resource": "Label", "code": "invalid", "field": "color"})
    return color


def _label(call: Call, repo: Repo) -> Label:
    check(call.world, call.actor, repo, need=Need("metadata"))
    found = comments.find_label(repo, call.params["name"])
    if found is None:
        raise ApiError(404, "Not Found", docs="/issues/labels#get-a-label")
    return found
