"""Acting as a person: what the control API and the buttons of the pages do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.simulators.github.acts import checks, comments, merging, pulls, refs, reviews
from integrations.simulators.github.errors import ApiError
from integrations.simulators.github.model.access import Actor
from integrations.simulators.github.model.state import Issue, Protection, Repo, Role, User
from integrations.simulators.github.sim import Sim

Body = dict[str, Any]
OnPull = Callable[[Sim, Repo, Issue, User, Body], Any]
_EVENTS = {"approve": "APPROVE", "request_changes": "REQUEST_CHANGES", "review": "COMMENT"}


def act(sim: Sim, body: Body) -> Any:
    """Do `do` as `as` in `repo`. Raises KeyError for missing fields, ApiError as GitHub would."""
    world = sim.world
    user = world.find_user(str(body["as"]))
    if user is None:
        raise ValueError(f"there is no user {body['as']}")
    repo = world.find_repo(str(body["repo"]))
    if repo is None:
        raise ValueError(f"there is no repository {body['repo']}")
    name = str(body["do"])
    if name in _ON_REPO:
        return _ON_REPO[name](sim, repo, user, body)
    if name not in _ON_PULL:
        raise ValueError(f"do must be one of {', '.join(sorted({*_ON_PULL, *_ON_REPO}))}")
    return _ON_PULL[name](sim, repo, world.issue(repo, int(body["number"])), user, body)


def actor(user: User) -> Actor:
    """A person at the browser."""
    return Actor(key=f"person-{user.id}", via="person", user=user)


def _comment(sim: Sim, repo: Repo, issue: Issue, user: User, body: Body) -> Any:
    made = comments.create(sim.hub, repo, issue, body=body.get("body"), actor=actor(user))
    return {"id": made.id}


def _edit_comment(sim: Sim, repo: Repo, issue: Issue, user: User, body: Body) -> Any:
    _, found = sim.world.comment(repo, int(body["comment_id"]))
    comments.edit(sim.hub, repo, issue, it=found, body=body.get("body"), sender=user)
    return {"id": found.id}


def _review(sim: Sim, repo: Repo, issue: Issue, user: User, body: Body) -> Any:
    event = _EVENTS.get(str(body["do"]), "COMMENT")
    new = reviews.NewReview(
        event=str(body.get("event", event)),
        body=str(body.get("body", "")),
        commit_id=body.get("commit_id"),
        comments=body.get("comments") or (),
    )
    return {"id": reviews.create(sim.hub, repo, issue, new=new, sender=user).id}


def _reply(sim: Sim, repo: Repo, issue: Issue, user: User, body: Body) -> Any:
    to, text = int(body["comment_id"]), str(body["body"])
    return {"id": reviews.reply(sim.hub, repo, issue, to=to, body=text, sender=user).id}


def _resolve(sim: Sim, repo: Repo, issue: Issue, user: User, body: Body) -> Any:
    root_id, resolved = int(body["comment_id"]), bool(body.get("resolved", True))
    reviews.resolve(sim.hub, repo, issue, root_id=root_id, resolved=resolved, sender=user)
    return {"resolved": resolved}


def _merge(sim: Sim, repo: Repo, issue: Issue, user: User, body: Body) -> Any:
    order = merging.MergeOrder(method=str(body.get("method", "merge")), sha=body.get("sha"))
    return merging.merge(sim.hub, repo, issue, order=order, actor=actor(user))


def _close(sim: Sim, repo: Repo, issue: Issue, user: User, body: Body) -> Any:
    comments.set_state(sim.hub, repo, issue, state="closed", sender=user)
    return {"state": issue.state}


def _reopen(sim: Sim, repo: Repo, issue: Issue, user: User, body: Body) -> Any:
    comments.set_state(sim.hub, repo, issue, state="open", sender=user)
    return {"state": issue.state}


def _ready(sim: Sim, repo: Repo, issue: Issue, user: User, body: Body) -> Any:
    pulls.set_draft(sim.hub, repo, issue, draft=False, sender=user)
    return {"draft": False}


def _draft(sim: Sim, repo: Repo, issue: Issue, user: User, body: Body) -> Any:
    pulls.set_draft(sim.hub, repo, issue, draft=True, sender=user)
    return {"draft": True}


def _edit(sim: Sim, repo: Repo, issue: Issue, user: User, body: Body) -> Any:
    changes: dict[str, str | None] = {k: body[k] for k in ("title", "body", "base") if k in body}
    pulls.edit(sim.hub, repo, issue, changes=changes, sender=user)
    return {"number": issue.number}


def _label(sim: Sim, repo: Repo, issue: Issue, user: User, body: Body) -> Any:
    comments.add_labels(sim.hub, repo, issue, names=body["labels"], sender=user)
    return {"labels": [repo.labels[i].name for i in issue.labels]}


def _rerun(sim: Sim, repo: Repo, issue: Issue, user: User, body: Body) -> Any:
    if issue.pull is not None:
        sim.ci.head_moved(repo, issue, issue.pull, user)
    return {"queued": True}


def _push_commit(sim: Sim, repo: Repo, user: User, body: Body) -> Any:
    """Commit {path: text or null} to a branch, as a push by a person would."""
    git, branch = sim.world.git(repo), str(body["branch"])
    tip = git.branch(branch)
    base = tip or git.branch(str(body.get("from", repo.default_branch)))
    if base is None:
        raise ValueError(f"there is no branch {branch}")
    changes = [
        ("100644", git.write_blob(text.encode()) if text is not None else None, path)
        for path, text in body["files"].items()
    ]
    who = merging.person(sim.hub, user)
    tree = git.write_tree(git.commit(base).tree, changes)
    message = str(body.get("message", "Update files"))
    sha = git.commit_tree(tree, [base], message=message, author=who, committer=who)
    refs.set_ref(sim.hub, repo, refs.Move(refs.HEADS + branch, tip, sha), sender=user)
    return {"sha": sha}


def _set_permission(sim: Sim, repo: Repo, user: User, body: Body) -> Any:
    who = sim.world.add_user(str(body["user"]))
    role = Role[str(body["role"]).upper()]
    repo.collaborators[who.id] = role
    return {"user": who.login, "role": role.name.lower()}


def _protect(sim: Sim, repo: Repo, user: User, body: Body) -> Any:
    repo.protections[str(body["branch"])] = Protection(**body.get("rules", {}))
    return {"protected": True}


def _rename(sim: Sim, repo: Repo, user: User, body: Body) -> Any:
    sim.world.renamed[sim.world.full_name(repo).lower()] = repo.id
    repo.name = str(body["name"])
    return {"full_name": sim.world.full_name(repo)}


def _open_pull(sim: Sim, repo: Repo, user: User, body: Body) -> Any:
    new = pulls.NewPull(
        title=str(body["title"]),
        head=str(body["head"]),
        base=str(body.get("base", repo.default_branch)),
        body=body.get("body"),
        draft=bool(body.get("draft", False)),
    )
    return {"number": pulls.create(sim.hub, repo, new, actor=actor(user)).number}


def _open_fork_pull(sim: Sim, repo: Repo, user: User, body: Body) -> Any:
    """A pull request of somebody who cannot push here: {path: text} committed in their own copy."""
    git, base = sim.world.git(repo), str(body.get("base", repo.default_branch))
    tip = git.branch(base)
    if tip is None:
        raise ValueError(f"there is no branch {base}")
    blobs = [("100644", git.write_blob(text.encode()), path) for path, text in body["files"].items()]
    who = merging.person(sim.hub, user)
    tree = git.write_tree(git.commit(tip).tree, blobs)
    sha = git.commit_tree(tree, [tip], message=str(body["title"]), author=who, committer=who)
    fork = (f"{user.login}/{repo.name}", sha)
    new = pulls.NewPull(str(body["title"]), str(body["head"]), base, body.get("body"), fork=fork)
    return {"number": pulls.create(sim.hub, repo, new, actor=actor(user)).number, "sha": sha}


def _open_issue(sim: Sim, repo: Repo, user: User, body: Body) -> Any:
    made = comments.create_issue(
        sim.hub, repo, title=str(body["title"]), body=body.get("body"), actor=actor(user)
    )
    return {"number": made.number, "id": made.id}


def _edit_issue(sim: Sim, repo: Repo, issue: Issue, user: User, body: Body) -> Any:
    issue.title, issue.body = str(body.get("title", issue.title)), body.get("body", issue.body)
    return {"number": issue.number}


def _status(sim: Sim, repo: Repo, user: User, body: Body) -> Any:
    """Set a commit status, as some other CI would."""
    made = checks.create_status(sim.hub, repo, sha=str(body["sha"]), raw=body, sender=user)
    return {"id": made.id}


def _press(sim: Sim, repo: Repo, user: User, body: Body) -> Any:
    """Press a button of a check run."""
    run = repo.check_runs.get(int(body["check_run"]))
    if run is None:
        raise ApiError(404, "There is no such check run.")
    checks.press(sim.hub, repo, run=run, identifier=str(body["action"]), sender=user)
    return {"pressed": True}


def _delete_branch(sim: Sim, repo: Repo, user: User, body: Body) -> Any:
    ref = refs.HEADS + str(body["branch"])
    old = sim.world.git(repo).ref(ref)
    if old is None:
        raise ApiError(422, "Reference does not exist")
    refs.set_ref(sim.hub, repo, refs.Move(ref, old, None), sender=user)
    return {"deleted": True}


_ON_REPO: dict[str, Callable[[Sim, Repo, User, Body], Any]] = {
    "push_commit": _push_commit,
    "set_permission": _set_permission,
    "protect": _protect,
    "rename": _rename,
    "open_pull": _open_pull,
    "open_issue": _open_issue,
    "open_fork_pull": _open_fork_pull,
    "status": _status,
    "delete_branch": _delete_branch,
    "press": _press,
}
_ON_PULL: dict[str, OnPull] = {
    "comment": _comment,
    "edit_comment": _edit_comment,
    "review": _review,
    "approve": _review,
    "request_changes": _review,
    "reply": _reply,
    "resolve": _resolve,
    "merge": _merge,
    "close": _close,
    "reopen": _reopen,
    "ready": _ready,
    "draft": _draft,
    "edit": _edit,
    "edit_issue": _edit_issue,
    "label": _label,
    "rerun": _rerun,
}
