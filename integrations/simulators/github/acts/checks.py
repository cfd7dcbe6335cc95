"""Statuses, check suites and check runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.simulators.github.acts import events, merging
from integrations.simulators.github.errors import ApiError, custom, forbidden, invalid_request, validation
from integrations.simulators.github.hub import Hub
from integrations.simulators.github.model.access import Actor
from integrations.simulators.github.model.state import CheckRun, CheckSuite, Repo, Status, User
from integrations.simulators.github.views.checks import suite_state

STATES = ("error", "failure", "pending", "success")
CONCLUSIONS = (
    "success",
    "failure",
    "neutral",
    "cancelled",
    "skipped",
    "timed_out",
    "action_required",
    "stale",
)
RUN_STATES = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
MAX_ANNOTATIONS = 50
MAX_TEXT = 65_535
MAX_DESCRIPTION = 140
MAX_STATUSES = 1000
_ACTION_LIMITS = {"label": 20, "description": 40, "identifier": 20}
_LEVELS = ("notice", "warning", "failure")


def create_status(hub: Hub, repo: Repo, *, sha: str, raw: Mapping[str, Any], sender: User) -> Status:
    """Set a commit status. Raises ApiError 422 for an unknown sha, state or a too long description."""
    if hub.world.git(repo).kind(sha) != "commit":
        raise ApiError(
            422, f"No commit found for SHA: {sha}", docs="/commits/statuses#create-a-commit-status"
        )
    if raw.get("state") not in STATES:
        error = custom("Status", "state is not included in the list", field="state")
        raise validation(error, docs="/commits/statuses#create-a-commit-status")
    description = raw.get("description")
    if isinstance(description, str) and len(description) > MAX_DESCRIPTION:
        sentence = f"description is too long (maximum is {MAX_DESCRIPTION} characters)"
        raise validation(custom("Status", sentence, field="description"))
    context = str(raw.get("context") or "default")
    known = repo.statuses.setdefault(sha, [])
    if sum(s.context == context for s in known) >= MAX_STATUSES:
        raise validation(custom("Status", "This SHA and context has reached the maximum number of statuses."))
    url = raw.get("target_url")
    made = Status(
        hub.world.next_id(), sha, raw["state"], context, description, url, sender.id, hub.world.now()
    )
    known.append(made)
    events.status(hub, repo, it=made, sender=sender)
    merging.auto_merge(hub, repo, sha)
    return made


def suite_for(hub: Hub, repo: Repo, *, app_id: int, sha: str) -> CheckSuite:
    """The App's suite on a commit, made when there is none."""
    for suite in repo.suites.values():
        if suite.app_id == app_id and suite.head_sha == sha:
            return suite
    return new_suite(hub, repo, app_id=app_id, sha=sha)


def new_suite(hub: Hub, repo: Repo, *, app_id: int, sha: str) -> CheckSuite:
    """A fresh suite on a commit."""
    world, now = hub.world, hub.world.now()
    branches = world.git(repo).refs("refs/heads/")
    branch = next((r.removeprefix("refs/heads/") for r, tip in branches.items() if tip == sha), None)
    parents = world.git(repo).commit(sha).parents
    suite = CheckSuite(world.next_id(), app_id, sha, branch, parents[0] if parents else None, now, now)
    repo.suites[suite.id] = suite
    return suite


def create_run(hub: Hub, repo: Repo, *, raw: Mapping[str, Any], actor: Actor) -> CheckRun:
    """Create a check run. Raises ApiError 403 unless an App asks, 422 for bad input."""
    if actor.installation is None or actor.app is None or actor.user is None:
        raise forbidden("You must authenticate via a GitHub App.", docs="/checks/runs#create-a-check-run")
    name, sha = raw.get("name"), raw.get("head_sha")
    for field, value in (("name", name), ("head_sha", sha)):
        if not isinstance(value, str) or not value:
            raise invalid_request(f'"{field}" wasn\'t supplied.', docs="/checks/runs#create-a-check-run")
    if hub.world.git(repo).kind(str(sha)) != "commit":
        raise ApiError(422, f"No commit found for SHA: {sha}", docs="/checks/runs#create-a-check-run")
    _check(raw)
    suite = suite_for(hub, repo, app_id=actor.app.id, sha=str(sha))
    run = CheckRun(
        id=hub.world.next_id(),
        suite_id=suite.id,
        app_id=actor.app.id,
        name=str(name),
        head_sha=str(sha),
        status="queued",
        conclusion=None,
        started_at=None,
        completed_at=None,
    )
    repo.check_runs[run.id] = run
    _apply(hub, run, raw)
    run.started_at = run.started_at or hub.world.now()
    changed(hub, repo, run, action="created", sender=actor.user)
    if run.status == "completed":
        changed(hub, repo, run, action="completed", sender=actor.user)
    return run


def press(hub: Hub, repo: Repo, *, run: CheckRun, identifier: str, sender: User) -> None:
    """Press a button of a check run: its App alone is told. Raises ApiError 422 where it has no such button."""
    if all(action.get("identifier") != identifier for action in run.actions):
        raise ApiError(422, f"This check run has no action {identifier}.")
    requested = {"requested_action": {"identifier": identifier}}
    events.check_run(hub, repo, run=run, action="requested_action", sender=sender, **requested)


def update_run(hub: Hub, repo: Repo, *, run: CheckRun, raw: Mapping[str, Any], actor: Actor) -> None:
    """Change a check run of one's own App; annotations are appended."""
    if actor.installation is None or actor.app is None or actor.user is None:
        raise forbidden("You must authenticate via a GitHub App.", docs="/checks/runs#update-a-check-run")
    if run.app_id != actor.app.id:
        raise forbidden(
            "Invalid app_id `" + str(run.app_id) + "` - check run can only be modified by the GitHub App"
            " that created it.",
            docs="/checks/runs#update-a-check-run",
        )
    _check(raw)
    was = run.status
    _apply(hub, run, raw)
    if run.status == "completed" and (was != "completed" or "conclusion" in raw):
        changed(hub, repo, run, action="completed", sender=actor.user)
    elif was == "completed" and run.status != "completed":
        changed(hub, repo, run, action="created", sender=actor.user)


def changed(hub: Hub, repo: Repo, run: CheckRun, *, action: str, sender: User) -> None:
    """Tell about a run, and about its suite when that is complete with it."""
    suite = repo.suites[run.suite_id]
    suite.updated_at = hub.world.now()
    events.check_run(hub, repo, run=run, action=action, sender=sender)
    if action != "completed":
        return
    if suite_state(hub.world.runs_of(repo, suite))[0] == "completed":
        events.check_suite(hub, repo, suite=suite, action="completed", sender=sender)
    merging.auto_merge(hub, repo, run.head_sha)


def _check(raw: Mapping[str, Any]) -> None:
    status, conclusion = raw.get("status"), raw.get("conclusion")
    if status is not None and status not in RUN_STATES:
        raise invalid_request(f"{status} is not a member of {list(RUN_STATES)}.")
    if conclusion is not None and conclusion not in CONCLUSIONS:
        raise invalid_request(f"{conclusion} is not a member of {list(CONCLUSIONS)}.")
    if status == "completed" and conclusion is None:
        raise invalid_request('Missing required key "conclusion".')
    for action in _list(raw.get("actions"), 3):
        for field, limit in _ACTION_LIMITS.items():
            if len(str(action.get(field, ""))) > limit:
                raise invalid_request(f"Only {limit} characters are allowed in {field}.")
    output = raw.get("output")
    if not isinstance(output, Mapping):
        return
    for field in ("title", "summary"):
        if not isinstance(output.get(field), str):
            raise invalid_request(f'"{field}" wasn\'t supplied.')
    for field in ("summary", "text"):
        if len(str(output.get(field) or "").encode()) > MAX_TEXT:
            raise invalid_request(f"Only {MAX_TEXT} characters are allowed; {field} is too long.")
    for each in _list(output.get("annotations"), MAX_ANNOTATIONS):
        if each.get("annotation_level") not in _LEVELS or not all(
            each.get(k) for k in ("path", "start_line", "end_line", "message")
        ):
            raise invalid_request(
                "annotations: path, start_line, end_line, annotation_level and message are required."
            )


def _list(value: Any, most: int) -> list[Any]:
    found = value if isinstance(value, list) else []
    if len(found) > most:
        raise invalid_request(f"No more than {most} items are allowed; {len(found)} were supplied.")
    return found


def _apply(hub: Hub, run: CheckRun, raw: Mapping[str, Any]) -> None:
    for field in ("name", "details_url", "external_id"):
        if isinstance(raw.get(field), str):
            setattr(run, field, raw[field])
    run.started_at = _time(raw.get("started_at")) or run.started_at
    if raw.get("conclusion") is not None:
        run.status, run.conclusion = "completed", raw["conclusion"]
        run.completed_at = _time(raw.get("completed_at")) or hub.world.now()
    elif raw.get("status") is not None:
        run.status, run.conclusion, run.completed_at = raw["status"], None, None
    if isinstance(raw.get("actions"), list):
        run.actions = list(raw["actions"])
    output = raw.get("output")
    if isinstance(output, Mapping):
        run.title, run.summary = output["title"], output["summary"]
        run.text = output.get("text") or run.text
        run.annotations.extend(output.get("annotations") or [])


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value).astimezone(UTC).replace(microsecond=0)
    except ValueError:
        raise invalid_request(f"{value} is not a valid date-time.") from None
