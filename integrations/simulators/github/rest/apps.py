"""GitHub Apps: who am I, installations, installation tokens, hook deliveries."""

from __future__ import annotations

import json
from collections.abc import Iterable

from integrations.simulators.github.errors import ApiError, not_found, validation
from integrations.simulators.github.hooks.deliveries import Delivery
from integrations.simulators.github.model.state import App, Installation, Repo
from integrations.simulators.github.model.world import covers
from integrations.simulators.github.rest.table import Call, Listing, Reply, Table
from integrations.simulators.github.views import people, repos
from integrations.simulators.github.views.base import JSON, iso

routes = Table()
_LEVELS = {"read": 1, "write": 2, "admin": 3}
_TOKEN_DOCS = "/apps/apps#create-an-installation-access-token-for-an-app"


@routes.on("GET", "/app")
def app(call: Call) -> JSON:
    count = sum(i.app_id == call.app.id for i in call.world.installations.values())
    return {**people.app(call.view, call.app), "installations_count": count}


@routes.on("GET", "/apps/{slug}")
def app_by_slug(call: Call) -> JSON:
    found = next((a for a in call.world.apps.values() if a.slug == call.params["slug"]), None)
    if found is None:
        raise not_found("/apps/apps#get-an-app")
    return people.app(call.view, found)


@routes.on("GET", "/app/installations")
def installations(call: Call) -> Listing:
    found = [i for i in call.world.installations.values() if i.app_id == call.app.id]
    return Listing(found, lambda i: people.installation(call.view, i))


@routes.on("GET", "/app/installations/{number}")
def installation(call: Call) -> JSON:
    return people.installation(call.view, _installation(call, call.app))


@routes.on("GET", "/repos/{owner}/{repo}/installation")
def installation_of_repo(call: Call) -> JSON:
    app_, name = call.app, f"{call.params['owner']}/{call.params['repo']}"
    repo = call.world.find_repo(name)
    found = call.world.installation_for(repo, app_.id) if repo else None
    if found is None:
        raise not_found("/apps/apps#get-a-repository-installation-for-the-authenticated-app")
    return people.installation(call.view, found)


@routes.on("GET", "/orgs/{owner}/installation")
@routes.on("GET", "/users/{owner}/installation")
def installation_of_account(call: Call) -> JSON:
    app_, owner = call.app, call.world.find_user(call.params["owner"])
    for found in call.world.installations.values():
        if owner is not None and found.account_id == owner.id and found.app_id == app_.id:
            return people.installation(call.view, found)
    raise not_found("/apps/apps#get-an-organization-installation-for-the-authenticated-app")


@routes.on("POST", "/app/installations/{number}/access_tokens")
def access_token(call: Call) -> Reply:
    """Honours `repositories`, `repository_ids` and `permissions`; `{}` means all that were granted."""
    inst = _installation(call, call.app)
    if inst.suspended_at is not None:
        raise ApiError(403, "This installation has been suspended", docs=_TOKEN_DOCS)
    chosen = _repositories(call, inst)
    permissions = _permissions(call, inst)
    repo_ids = None if chosen is None else frozenset(r.id for r in chosen)
    token = call.tokens.mint(inst, permissions=permissions, repo_ids=repo_ids)
    selection = "all" if chosen is None and inst.repo_ids is None else "selected"
    body: JSON = {
        "token": token.secret,
        "expires_at": iso(token.expires_at),
        "permissions": permissions,
        "repository_selection": selection,
    }
    if chosen is not None:
        body["repositories"] = [repos.full(call.view, r) for r in chosen]
    return Reply(201, body)


def _repositories(call: Call, inst: Installation) -> list[Repo] | None:
    names, ids = call.texts("repositories"), call.fields.get("repository_ids") or []
    if not names and not ids:
        return None
    reachable = {r.id: r for r in call.world.repos.values() if covers(inst, r)}
    by_name = {r.name.lower(): r for r in reachable.values()}
    chosen = [by_name.get(n.lower()) for n in names] + [reachable.get(i) for i in ids]
    found = [r for r in chosen if r is not None]
    if len(found) < len(chosen):
        raise ApiError(
            422,
            "There is at least one repository that does not exist or is not accessible to the parent"
            " installation.",
            docs=_TOKEN_DOCS,
        )
    return found


def _permissions(call: Call, inst: Installation) -> dict[str, str]:
    wanted = call.fields.get("permissions") or {}
    if not isinstance(wanted, dict):
        raise validation({"resource": "Installation", "code": "invalid", "field": "permissions"})
    for area, level in wanted.items():
        if _LEVELS.get(level, 9) > _LEVELS.get(inst.permissions.get(area, ""), 0):
            raise ApiError(
                422, "The permissions requested are not granted to this installation.", docs=_TOKEN_DOCS
            )
    return {"metadata": "read", **wanted} if wanted else dict(inst.permissions)


@routes.on("GET", "/installation/repositories")
def installation_repositories(call: Call) -> Listing:
    inst, chosen = call.installation, call.actor.repo_ids
    found = [r for r in call.world.repos.values() if covers(inst, r) and (chosen is None or r.id in chosen)]
    more = {"repository_selection": "all" if inst.repo_ids is None and chosen is None else "selected"}
    return Listing(found, lambda r: repos.full(call.view, r), key="repositories", more=more)


@routes.on("DELETE", "/installation/token")
def revoke(call: Call) -> Reply:
    secret = call.headers.get("authorization", "").partition(" ")[2].strip()
    if call.installation:
        call.tokens.revoke(secret=secret)
    return Reply(204)


@routes.on("GET", "/app/hook/config")
def hook_config(call: Call) -> JSON:
    return {
        "url": call.app.webhook_url or "",
        "content_type": "json",
        "insecure_ssl": "0",
        "secret": "********",
    }


@routes.on("GET", "/app/hook/deliveries")
def deliveries(call: Call) -> Reply:
    hook_id = call.app.hook_id
    return delivery_page(call, [d for d in call.hub.deliveries.log if d.hook.id == hook_id])


@routes.on("GET", "/app/hook/deliveries/{number}")
def delivery(call: Call) -> JSON:
    return delivery_full(find_delivery(call, call.app.hook_id))


@routes.on("POST", "/app/hook/deliveries/{number}/attempts")
def redeliver(call: Call) -> Reply:
    call.hub.deliveries.redeliver(find_delivery(call, call.app.hook_id))
    return Reply(202, {})


def find_delivery(call: Call, hook_id: int) -> Delivery:
    """The delivery of the path, if it is that hook's."""
    found = call.hub.deliveries.find(call.number())
    if found is None or found.hook.id != hook_id or found.delivered_at is None:
        raise not_found("/apps/webhooks")
    return found


def delivery_page(call: Call, found: Iterable[Delivery]) -> Reply:
    """Attempted deliveries, newest first, with GitHub's cursor paging."""
    status, per_page = call.query.get("status"), min(int(call.query.get("per_page", "30")), 100)
    cursor = call.query.get("cursor")
    rows = [d for d in reversed(list(found)) if d.delivered_at is not None]
    if status in ("success", "failure"):
        rows = [d for d in rows if (d.status == "OK") == (status == "success")]
    if cursor and cursor.isdigit():
        rows = [d for d in rows if d.id < int(cursor)]
    page, headers = rows[:per_page], {}
    if len(rows) > per_page:
        url = f"{call.view.api}/app/hook/deliveries?per_page={per_page}&cursor={page[-1].id}"
        headers["Link"] = f'<{url}>; rel="next"'
    return Reply(200, [delivery_item(d) for d in page], headers)


def delivery_item(it: Delivery) -> JSON:
    """Schema hook-delivery-item."""
    return {
        "id": it.id,
        "guid": it.guid,
        "delivered_at": iso(it.delivered_at),
        "redelivery": it.redelivery,
        "duration": it.duration,
        "status": it.status,
        "status_code": it.status_code,
        "event": it.event,
        "action": it.action,
        "installation_id": it.installation_id,
        "repository_id": it.repo_id,
        "throttled_at": None,
    }


def delivery_full(it: Delivery) -> JSON:
    """Schema hook-delivery."""
    return {
        **delivery_item(it),
        "url": it.hook.url,
        "request": {"headers": dict(it.headers), "payload": json.loads(it.body)},
        "response": {"headers": dict(it.response_headers), "payload": it.response_body},
    }


def _installation(call: Call, app_: App) -> Installation:
    found = call.world.installations.get(call.number())
    if found is None or found.app_id != app_.id:
        raise not_found("/apps/apps#get-an-installation-for-the-authenticated-app")
    return found
