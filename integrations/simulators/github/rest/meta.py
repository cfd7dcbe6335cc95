"""Root, users, organisations, rate limit, search."""

from __future__ import annotations

import re
from typing import Any

from integrations.simulators.github.errors import ApiError, not_found, validation
from integrations.simulators.github.model.access import can_read
from integrations.simulators.github.model.state import Issue, Repo, User
from integrations.simulators.github.rest.table import Call, Listing, Reply, Table
from integrations.simulators.github.views import issues, people, repos
from integrations.simulators.github.views.base import JSON

routes = Table()


@routes.on("GET", "/meta")
def meta(call: Call) -> JSON:
    return {"verifiable_password_authentication": False, "hooks": ["127.0.0.1/32"], "git": ["127.0.0.1/32"]}


@routes.on("GET", "/rate_limit")
def rate_limit(call: Call) -> JSON:
    """Asking does not count."""
    names = ("limit", "used", "remaining", "reset")
    core = {n: int(call.budget[f"X-RateLimit-{n.title()}"]) for n in names}
    kinds = ("core", "search", "graphql", "integration_manifest", "code_search")
    return {"resources": {kind: dict(core) for kind in kinds}, "rate": core}


@routes.on("GET", "/zen")
def zen(call: Call) -> Reply:
    return Reply(200, "Approachable is better than simple.", {"Content-Type": "text/plain;charset=utf-8"})


@routes.on("GET", "/user")
def me(call: Call) -> JSON:
    if call.actor.installation is not None:
        raise ApiError(403, "Resource not accessible by integration")
    return people.user_private(call.view, call.sender)


@routes.on("GET", "/user/repos")
def my_repos(call: Call) -> Listing:
    _user(call, call.sender.login)
    found = [r for r in call.world.repos.values() if can_read(call.world, call.actor, r)]
    return Listing(found, lambda r: repos.full(call.view, r))


@routes.on("GET", "/user/{id}")
def user_by_id(call: Call) -> JSON:
    found = call.world.users.get(call.number("id"))
    if found is None:
        raise not_found("/users/users#get-a-user-using-their-id")
    return people.user_full(call.view, found)


@routes.on("GET", "/users/{login}")
def user(call: Call) -> JSON:
    return people.user_full(call.view, _user(call, call.params["login"]))


@routes.on("GET", "/users/{login}/repos")
@routes.on("GET", "/orgs/{login}/repos")
def repos_of(call: Call) -> Listing:
    owner = _user(call, call.params["login"])
    found = [r for r in call.world.repos.values() if r.owner_id == owner.id]
    found = [r for r in found if can_read(call.world, call.actor, r)]
    return Listing(found, lambda r: repos.full(call.view, r))


@routes.on("GET", "/orgs/{login}")
def organization(call: Call) -> JSON:
    found = _user(call, call.params["login"])
    if found.type != "Organization":
        raise not_found("/orgs/orgs#get-an-organization")
    return people.organization_full(call.view, found)


@routes.on("GET", "/orgs/{login}/members/{name}")
def member(call: Call) -> Reply:
    org, who = _user(call, call.params["login"]), _user(call, call.params["name"])
    if who.id not in org.members:
        raise not_found("/orgs/members#check-organization-membership-for-a-user")
    return Reply(204)


@routes.on("GET", "/search/issues")
def search(call: Call) -> Listing:
    """Words and the qualifiers repo, is, type, state, author, head, base, label."""
    query = call.query.get("q", "")
    if not query.strip():
        raise validation({"resource": "Search", "field": "q", "code": "missing"}, docs="/search/search")
    terms = dict(re.findall(r"(\w+):\"?([^\s\"]+)\"?", query))
    words = re.sub(r"\w+:\"?[^\s\"]+\"?", "", query).lower().split()
    marks = set(re.findall(r"(?:is|type|state):(\w+)", query))
    found = [
        (repo, issue)
        for repo in call.world.repos.values()
        if can_read(call.world, call.actor, repo)
        and terms.get("repo", call.world.full_name(repo)).lower() == call.world.full_name(repo).lower()
        for issue in repo.issues.values()
        if _hit(call, repo, issue, terms=terms, marks=marks, words=words)
    ]
    return Listing(
        found,
        lambda hit: {**issues.issue(call.view, *hit), "score": 1.0},
        key="items",
        more={"incomplete_results": False},
    )


def _hit(
    call: Call, repo: Repo, issue: Issue, *, terms: dict[str, str], marks: set[str], words: list[str]
) -> bool:
    pull = issue.pull
    names = [repo.labels[i].name for i in issue.labels]
    wrong: list[Any] = [
        "pr" in marks and pull is None,
        "issue" in marks and pull is not None,
        "open" in marks and issue.state != "open",
        "closed" in marks and issue.state != "closed",
        "merged" in marks and (pull is None or pull.merged_at is None),
        "author" in terms and call.world.users[issue.user_id].login.lower() != terms["author"].lower(),
        "head" in terms and (pull is None or pull.head_ref != terms["head"]),
        "base" in terms and (pull is None or pull.base_ref != terms["base"]),
        "label" in terms and terms["label"] not in names,
    ]
    text = f"{issue.title} {issue.body or ''}".lower()
    return not any(wrong) and all(w in text for w in words)


def _user(call: Call, login: str) -> User:
    found = call.world.find_user(login)
    if found is None:
        raise not_found("/users/users#get-a-user")
    return found
