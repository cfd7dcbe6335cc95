"""Statuses, check runs, check suites, Actions runs and jobs."""

from __future__ import annotations

from integrations.simulators.github.acts import checks, events
from integrations.simulators.github.errors import ApiError, forbidden, not_found
from integrations.simulators.github.model.access import Need
from integrations.simulators.github.model.state import CheckRun, CheckSuite, Repo, Role, WorkflowRun
from integrations.simulators.github.rest.commits import resolve
from integrations.simulators.github.rest.table import Call, Listing, Reply, Table
from integrations.simulators.github.views import checks as views
from integrations.simulators.github.views.base import JSON

routes = Table()
READ = Need("checks")
WRITE = Need("checks", "write", Role.READ)
STATUS_READ = Need("statuses")
STATUS_WRITE = Need("statuses", "write", Role.WRITE)
ACTIONS = Need("actions")
_REPO = "/repos/{owner}/{repo}"


@routes.on("POST", _REPO + "/statuses/{sha}")
def create_status(call: Call) -> Reply:
    repo, sha = call.repo(STATUS_WRITE), call.params["sha"]
    made = checks.create_status(call.hub, repo, sha=sha, raw=call.fields, sender=call.sender)
    return Reply(201, views.status(call.view, repo, made))


@routes.on("GET", _REPO + "/statuses/{ref:path}")
@routes.on("GET", _REPO + "/commits/{ref:path}/statuses")
def statuses(call: Call) -> Listing:
    repo = call.repo(STATUS_READ)
    found = repo.statuses.get(resolve(call, repo, call.params["ref"]), [])
    return Listing(found[::-1], lambda s: views.status(call.view, repo, s))


@routes.on("GET", _REPO + "/commits/{ref:path}/status")
def combined(call: Call) -> JSON:
    repo = call.repo(STATUS_READ)
    return views.combined(call.view, repo, resolve(call, repo, call.params["ref"]))


@routes.on("GET", _REPO + "/commits/{ref:path}/check-runs")
def runs_of_commit(call: Call) -> Listing:
    repo = call.repo(READ)
    sha = resolve(call, repo, call.params["ref"])
    return _runs(call, repo, [r for r in repo.check_runs.values() if r.head_sha == sha])


@routes.on("GET", _REPO + "/check-suites/{id}/check-runs")
def runs_of_suite(call: Call) -> Listing:
    repo = call.repo(READ)
    return _runs(call, repo, call.world.runs_of(repo, _suite(call, repo)))


def _runs(call: Call, repo: Repo, found: list[CheckRun]) -> Listing:
    query = call.query
    found = [r for r in found if query.get("check_name") in (None, r.name)]
    found = [r for r in found if query.get("status") in (None, r.status)]
    found = [r for r in found if query.get("app_id") in (None, str(r.app_id))]
    if query.get("filter", "latest") == "latest":
        newest = {(r.app_id, r.name): r for r in sorted(found, key=lambda r: r.id)}
        found = [r for r in found if newest[r.app_id, r.name] is r]
    found = sorted(found, key=lambda r: -r.id)
    return Listing(found, lambda r: views.check_run(call.view, repo, r), key="check_runs")


@routes.on("GET", _REPO + "/commits/{ref:path}/check-suites")
def suites_of_commit(call: Call) -> Listing:
    repo = call.repo(READ)
    sha, app = resolve(call, repo, call.params["ref"]), call.query.get("app_id")
    found = [s for s in repo.suites.values() if s.head_sha == sha and app in (None, str(s.app_id))]
    return Listing(found, lambda s: views.suite_full(call.view, repo, s), key="check_suites")


@routes.on("GET", _REPO + "/check-suites/{id}")
def suite(call: Call) -> JSON:
    repo = call.repo(READ)
    return views.suite_full(call.view, repo, _suite(call, repo))


@routes.on("POST", _REPO + "/check-suites")
def create_suite(call: Call) -> Reply:
    repo, sha = call.repo(WRITE), call.text("head_sha")
    if call.actor.installation is None or call.actor.app is None:
        raise forbidden("You must authenticate via a GitHub App.")
    if call.git(repo).kind(sha) != "commit":
        raise ApiError(422, f"No commit found for SHA: {sha}")
    made = checks.suite_for(call.hub, repo, app_id=call.actor.app.id, sha=sha)
    return Reply(201, views.suite_full(call.view, repo, made))


@routes.on("POST", _REPO + "/check-suites/{id}/rerequest")
def rerequest_suite(call: Call) -> Reply:
    repo = call.repo(WRITE)
    found = _suite(call, repo)
    _rerun(call, repo, found, False)
    events.check_suite(call.hub, repo, suite=found, action="rerequested", sender=call.sender)
    return Reply(201, {})


@routes.on("POST", _REPO + "/check-runs")
def create_run(call: Call) -> Reply:
    repo = call.repo(WRITE)
    made = checks.create_run(call.hub, repo, raw=call.fields, actor=call.actor)
    return Reply(201, views.check_run(call.view, repo, made))


@routes.on("GET", _REPO + "/check-runs/{id}")
def get_run(call: Call) -> JSON:
    repo = call.repo(READ)
    return views.check_run(call.view, repo, _run(call, repo))


@routes.on("PATCH", _REPO + "/check-runs/{id}")
def update_run(call: Call) -> JSON:
    repo = call.repo(WRITE)
    run = _run(call, repo)
    checks.update_run(call.hub, repo, run=run, raw=call.fields, actor=call.actor)
    return views.check_run(call.view, repo, run)


@routes.on("GET", _REPO + "/check-runs/{id}/annotations")
def run_annotations(call: Call) -> Listing:
    repo = call.repo(READ)
    run = _run(call, repo)
    html = call.view.repo_html(repo)

    def render(raw: JSON) -> JSON:
        optional = ("start_column", "end_column", "title", "raw_details")
        return {
            **dict.fromkeys(optional),
            **raw,
            "blob_href": f"{html}/blob/{run.head_sha}/{raw['path']}",
        }

    return Listing(run.annotations, render)


@routes.on("POST", _REPO + "/check-runs/{id}/rerequest")
def rerequest_run(call: Call) -> Reply:
    repo = call.repo(WRITE)
    run = _run(call, repo)
    _rerun(call, repo, repo.suites[run.suite_id], False)
    events.check_run(call.hub, repo, run=run, action="rerequested", sender=call.sender)
    return Reply(201, {})


@routes.on("GET", _REPO + "/actions/runs")
def workflow_runs(call: Call) -> Listing:
    repo, query = call.repo(ACTIONS), call.query
    found = []
    for run in sorted(repo.workflow_runs.values(), key=lambda r: -r.id):
        of = repo.suites[run.suite_id]
        state, conclusion = views.suite_state(call.world.runs_of(repo, of))
        if (
            query.get("head_sha") in (None, of.head_sha)
            and query.get("branch") in (None, of.head_branch)
            and query.get("event") in (None, run.event)
            and query.get("status") in (None, state, conclusion)
        ):
            found.append(run)
    return Listing(found, lambda r: views.workflow_run(call.view, repo, r), key="workflow_runs")


@routes.on("GET", _REPO + "/actions/runs/{id}")
def workflow_run(call: Call) -> JSON:
    repo = call.repo(ACTIONS)
    return views.workflow_run(call.view, repo, _workflow_run(call, repo))


@routes.on("GET", _REPO + "/actions/runs/{id}/jobs")
def jobs(call: Call) -> Listing:
    repo = call.repo(ACTIONS)
    run = _workflow_run(call, repo)
    found = call.world.runs_of(repo, repo.suites[run.suite_id])
    return Listing(found, lambda r: views.job(call.view, repo, run, r), key="jobs")


@routes.on("GET", _REPO + "/actions/jobs/{id}")
def job(call: Call) -> JSON:
    repo = call.repo(ACTIONS)
    run = _run(call, repo)
    return views.job(call.view, repo, _workflow_of(repo, run), run)


@routes.on("GET", _REPO + "/actions/jobs/{id}/logs")
def job_log(call: Call) -> Reply:
    """302 to a short-lived address, as on GitHub."""
    repo = call.repo(ACTIONS)
    run = _run(call, repo)
    if run.log is None:
        raise not_found("/actions/workflow-jobs#download-job-logs-for-a-workflow-run")
    return Reply(302, None, {"Location": f"{call.view.html}/_static/logs/{repo.id}/{run.id}.txt"})


@routes.on("POST", _REPO + "/actions/runs/{id}/rerun")
@routes.on("POST", _REPO + "/actions/runs/{id}/rerun-failed-jobs")
def rerun(call: Call) -> Reply:
    repo = call.repo(Need("actions", "write", Role.WRITE))
    run = _workflow_run(call, repo)
    _rerun(call, repo, repo.suites[run.suite_id], True)
    return Reply(201, {})


def _rerun(call: Call, repo: Repo, suite_: CheckSuite, must: bool) -> None:
    for issue, _ in call.world.open_pulls(repo, head_sha=suite_.head_sha):
        if any(w.suite_id == suite_.id for w in repo.workflow_runs.values()):
            call.hub.head_moved(repo, issue, call.sender)
            return
    if must:
        raise forbidden("This workflow run cannot be retried")


def _suite(call: Call, repo: Repo) -> CheckSuite:
    found = repo.suites.get(call.number("id"))
    if found is None:
        raise not_found("/checks/suites#get-a-check-suite")
    return found


def _run(call: Call, repo: Repo) -> CheckRun:
    found = repo.check_runs.get(call.number("id"))
    if found is None:
        raise not_found("/checks/runs#get-a-check-run")
    return found


def _workflow_run(call: Call, repo: Repo) -> WorkflowRun:
    found = repo.workflow_runs.get(call.number("id"))
    if found is None:
        raise not_found("/actions/workflow-runs#get-a-workflow-run")
    return found


def _workflow_of(repo: Repo, run: CheckRun) -> WorkflowRun:
    found = next((w for w in repo.workflow_runs.values() if w.suite_id == run.suite_id), None)
    if found is None:
        raise not_found("/actions/workflow-jobs#get-a-job-for-a-workflow-run")
    return found
