"""Repositories, collaborators, branches and their protection, hooks."""

from __future__ import annotations

from integrations.simulators.github.acts import events, refs
from integrations.simulators.github.errors import ApiError, custom, forbidden, not_found, validation
from integrations.simulators.github.model.access import Need, check, role_of
from integrations.simulators.github.model.state import Hook, Protection, Repo, Role
from integrations.simulators.github.rest.apps import delivery_full, delivery_page, find_delivery
from integrations.simulators.github.rest.table import Call, Listing, Reply, Table
from integrations.simulators.github.views import commits, people, repos
from integrations.simulators.github.views.base import JSON

routes = Table()
ADMIN = Need("administration", "write", Role.ADMIN)
PUSHERS = Need("metadata", "read", Role.READ)
HOOKS = Need("repository_hooks", "write", Role.ADMIN)


@routes.on("GET", "/repos/{owner}/{repo}")
def get(call: Call) -> JSON:
    return repos.full(call.view, call.repo())


@routes.on("GET", "/repositories/{number}")
def get_by_id(call: Call) -> JSON:
    repo = call.world.repos.get(call.number())
    if repo is None:
        raise not_found()
    check(call.world, call.actor, repo, need=PUSHERS)
    return repos.full(call.view, repo)


@routes.on("PATCH", "/repos/{owner}/{repo}")
def edit(call: Call) -> JSON:
    repo = call.repo(ADMIN)
    for name in ("private", "archived", "allow_auto_merge", "delete_branch_on_merge"):
        if name in call.fields:
            setattr(repo, name, call.flag(name))
    if "description" in call.fields:
        repo.description = call.maybe_text("description")
    branch = call.maybe_text("default_branch")
    if branch is not None:
        if call.git(repo).branch(branch) is None:
            raise validation(
                custom("Repository", f"The branch {branch} was not found", field="default_branch")
            )
        repo.default_branch = branch
    return repos.full(call.view, repo)


@routes.on("GET", "/repos/{owner}/{repo}/languages")
def languages(call: Call) -> JSON:
    call.repo()
    return {}


@routes.on("GET", "/repos/{owner}/{repo}/topics")
def topics(call: Call) -> JSON:
    call.repo()
    return {"names": []}


@routes.on("GET", "/repos/{owner}/{repo}/collaborators/{login}/permission")
def permission(call: Call) -> JSON:
    repo, who = call.repo(), call.world.find_user(call.params["login"])
    actor = call.actor
    if actor.user is None or (
        actor.installation is None and role_of(call.world, actor.user, repo) < Role.WRITE
    ):
        raise forbidden("Must have push access to view collaborator permission.")
    if who is None:
        error = ApiError(404, f"{call.params['login']} is not a user")
        error.docs = "/collaborators/collaborators#get-repository-permissions-for-a-user"
        raise error
    return people.permission(call.view, repo, who)


@routes.on("GET", "/repos/{owner}/{repo}/collaborators")
def collaborators(call: Call) -> Listing:
    repo, world = call.repo(), call.world
    ids = {*repo.collaborators, *world.users[repo.owner_id].members}
    if world.users[repo.owner_id].type == "User":
        ids.add(repo.owner_id)
    found = [world.users[i] for i in sorted(ids)]
    found = [u for u in found if role_of(world, u, repo) > Role.NONE]
    return Listing(found, lambda u: people.collaborator(call.view, repo, u))


@routes.on("GET", "/repos/{owner}/{repo}/collaborators/{login}")
def is_collaborator(call: Call) -> Reply:
    repo, who = call.repo(), call.world.find_user(call.params["login"])
    if who is None or repo.collaborators.get(who.id, Role.NONE) == Role.NONE:
        raise not_found("/collaborators/collaborators#check-if-a-user-is-a-repository-collaborator")
    return Reply(204)


@routes.on("PUT", "/repos/{owner}/{repo}/collaborators/{login}")
def add_collaborator(call: Call) -> Reply:
    repo, who = call.repo(ADMIN), call.world.find_user(call.params["login"])
    if who is None:
        raise not_found()
    names = {"pull": Role.READ, "push": Role.WRITE, **{r.name.lower(): r for r in Role}}
    repo.collaborators[who.id] = names.get(call.maybe_text("permission") or "push", Role.WRITE)
    return Reply(204)


@routes.on("DELETE", "/repos/{owner}/{repo}/collaborators/{login}")
def remove_collaborator(call: Call) -> Reply:
    repo, who = call.repo(ADMIN), call.world.find_user(call.params["login"])
    if who is not None:
        repo.collaborators.pop(who.id, None)
    return Reply(204)


@routes.on("GET", "/repos/{owner}/{repo}/assignees")
def assignees(call: Call) -> Listing:
    repo, world = call.repo(), call.world
    found = [u for u in world.users.values() if u.type == "User" and role_of(world, u, repo) >= Role.TRIAGE]
    return Listing(found, lambda u: people.user(call.view, u))


@routes.on("GET", "/repos/{owner}/{repo}/branches")
def branches(call: Call) -> Listing:
    repo = call.repo()
    found = [(r.removeprefix(refs.HEADS), sha) for r, sha in call.git(repo).refs(refs.HEADS).items()]
    if call.query.get("protected") in ("true", "false"):
        found = [b for b in found if (b[0] in repo.protections) == (call.query["protected"] == "true")]
    return Listing(found, lambda b: _short(call, repo, *b))


def _short(call: Call, repo: Repo, name: str, sha: str) -> JSON:
    url = f"{call.view.repo_api(repo)}/commits/{sha}"
    return {"name": name, "commit": {"sha": sha, "url": url}, "protected": name in repo.protections}


@routes.on("GET", "/repos/{owner}/{repo}/branches/{branch:path}/protection")
def protection(call: Call) -> JSON:
    repo, name = call.repo(Need("administration", "read", Role.ADMIN)), call.params["branch"]
    if name not in repo.protections:
        raise ApiError(404, "Branch not protected", docs="/branches/branch-protection#get-branch-protection")
    return repos.protection(call.view, repo, name)


@routes.on("PUT", "/repos/{owner}/{repo}/branches/{branch:path}/protection")
def protect(call: Call) -> JSON:
    repo, name = call.repo(ADMIN), call.params["branch"]
    if call.git(repo).branch(name) is None:
        raise ApiError(404, "Branch not found")
    checks, reviews = (
        call.fields.get("required_status_checks"),
        call.fields.get("required_pull_request_reviews"),
    )
    contexts = [
        *(checks or {}).get("contexts", []),
        *(c["context"] for c in (checks or {}).get("checks", [])),
    ]
    repo.protections[name] = Protection(
        require_pull=reviews is not None,
        required_checks=list(dict.fromkeys(contexts)),
        strict=bool((checks or {}).get("strict")),
        required_approvals=int((reviews or {}).get("required_approving_review_count", 1 if reviews else 0)),
        allow_force_push=bool(call.fields.get("allow_force_pushes")),
        enforce_admins=bool(call.fields.get("enforce_admins")),
    )
    return repos.protection(call.view, repo, name)


@routes.on("DELETE", "/repos/{owner}/{repo}/branches/{branch:path}/protection")
def unprotect(call: Call) -> Reply:
    repo = call.repo(ADMIN)
    if repo.protections.pop(call.params["branch"], None) is None:
        raise ApiError(404, "Branch not protected")
    return Reply(204)


@routes.on("GET", "/repos/{owner}/{repo}/branches/{branch:path}")
def branch(call: Call) -> JSON:
    repo, name = call.repo(Need("contents")), call.params["branch"]
    sha = call.git(repo).branch(name)
    if sha is None:
        raise ApiError(404, "Branch not found", docs="/branches/branches#get-a-branch")
    url, rule = f"{call.view.repo_api(repo)}/branches/{name}", repo.protections.get(name)
    contexts = rule.required_checks if rule else []
    return {
        "name": name,
        "commit": commits.commit(call.view, repo, sha),
        "_links": {"self": url, "html": f"{call.view.repo_html(repo)}/tree/{name}"},
        "protected": rule is not None,
        "protection": {
            "enabled": rule is not None,
            "required_status_checks": {
                "enforcement_level": "non_admins" if rule else "off",
                "contexts": contexts,
                "checks": [{"context": c, "app_id": None} for c in contexts],
            },
        },
        "protection_url": f"{url}/protection",
    }


@routes.on("GET", "/repos/{owner}/{repo}/hooks")
def hooks(call: Call) -> Listing:
    repo = call.repo(HOOKS)
    found = [h for h in call.world.hooks.values() if h.repo_id == repo.id]
    return Listing(found, lambda h: events.hook_body(call.view, h))


@routes.on("POST", "/repos/{owner}/{repo}/hooks")
def create_hook(call: Call) -> Reply:
    repo, config = call.repo(HOOKS), call.fields.get("config") or {}
    if not config.get("url"):
        raise validation(custom("Hook", "config url can't be blank", field="url"))
    if any(h.repo_id == repo.id and h.url == config["url"] for h in call.world.hooks.values()):
        raise validation(custom("Hook", "Hook already exists on this repository"))
    hook = Hook(
        id=call.world.next_id(),
        url=str(config["url"]),
        secret=str(config.get("secret", "")),
        events=call.texts("events") or ["push"],
        created_at=call.world.now(),
        repo_id=repo.id,
        active=call.flag("active", True),
    )
    call.world.hooks[hook.id] = hook
    events.ping(call.hub, hook)
    return Reply(201, events.hook_body(call.view, hook))


@routes.on("GET", "/repos/{owner}/{repo}/hooks/{hook}")
def hook(call: Call) -> JSON:
    return events.hook_body(call.view, _hook(call))


@routes.on("PATCH", "/repos/{owner}/{repo}/hooks/{hook}")
def edit_hook(call: Call) -> JSON:
    it, config = _hook(call), call.fields.get("config") or {}
    it.url, it.secret = str(config.get("url", it.url)), str(config.get("secret", it.secret))
    it.active = call.flag("active", it.active)
    it.events = call.texts("events") or it.events
    return events.hook_body(call.view, it)


@routes.on("DELETE", "/repos/{owner}/{repo}/hooks/{hook}")
def delete_hook(call: Call) -> Reply:
    del call.world.hooks[_hook(call).id]
    return Reply(204)


@routes.on("POST", "/repos/{owner}/{repo}/hooks/{hook}/pings")
def ping_hook(call: Call) -> Reply:
    events.ping(call.hub, _hook(call))
    return Reply(204)


@routes.on("GET", "/repos/{owner}/{repo}/hooks/{hook}/deliveries")
def hook_deliveries(call: Call) -> Reply:
    it = _hook(call)
    return delivery_page(call, [d for d in call.hub.deliveries.log if d.hook.id == it.id])


@routes.on("GET", "/repos/{owner}/{repo}/hooks/{hook}/deliveries/{number}")
def hook_delivery(call: Call) -> JSON:
    return delivery_full(find_delivery(call, _hook(call).id))


@routes.on("POST", "/repos/{owner}/{repo}/hooks/{hook}/deliveries/{number}/attempts")
def redeliver(call: Call) -> Reply:
    call.hub.deliveries.redeliver(find_delivery(call, _hook(call).id))
    return Reply(202, {})


def _hook(call: Call) -> Hook:
    repo = call.repo(HOOKS)
    found = call.world.hooks.get(call.number("hook"))
    if found is None or found.repo_id != repo.id:
        raise not_found("/repos/webhooks")
    return found
