"""Check runs, suites, statuses, workflow runs and jobs as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.simulators.github.model.state import CheckRun, CheckSuite, Repo, Status, WorkflowRun
from integrations.simulators.github.views import commits, people, pulls, repos
from integrations.simulators.github.views.base import JSON, View, iso, node_id

_ORDER = ("action_required", "failure", "timed_out", "cancelled", "stale", "success", "neutral", "skipped")


def suite_state(runs: Sequence[CheckRun]) -> tuple[str, str | None]:
    """Status and conclusion of a suite from its runs; an empty suite is queued."""
    if not runs or all(r.status == "queued" for r in runs):
        return "queued", None
    if any(r.status != "completed" for r in runs):
        return "in_progress", None
    worst = min(runs, key=lambda r: _ORDER.index(r.conclusion or "neutral"))
    return "completed", worst.conclusion


def _pull_requests(view: View, repo: Repo, sha: str) -> list[JSON]:
    return [pulls.minimal(view, repo, i, p) for i, p in view.world.open_pulls(repo, head_sha=sha)]


def suite(view: View, repo: Repo, it: CheckSuite) -> JSON:
    """A suite as webhooks carry it; `suite_full` adds what REST adds."""
    runs = view.world.runs_of(repo, it)
    status, conclusion = suite_state(runs)
    url = f"{view.repo_api(repo)}/check-suites/{it.id}"
    return {
        "id": it.id,
        "node_id": node_id("CS", it.id),
        "head_branch": it.head_branch,
        "head_sha": it.head_sha,
        "status": status,
        "conclusion": conclusion,
        "url": url,
        "before": it.before,
        "after": it.head_sha,
        "pull_requests": _pull_requests(view, repo, it.head_sha),
        "app": people.app(view, view.world.apps[it.app_id]),
        "created_at": iso(it.created_at),
        "updated_at": iso(it.updated_at),
        "rerequestable": True,
        "runs_rerequestable": True,
        "latest_check_runs_count": len(runs),
        "check_runs_url": f"{url}/check-runs",
        "head_commit": commits.simple(view.world.git(repo).commit(it.head_sha)),
    }


def suite_full(view: View, repo: Repo, it: CheckSuite) -> JSON:
    """Schema check-suite."""
    return {**suite(view, repo, it), "repository": repos.minimal(view, repo)}


def check_run(view: View, repo: Repo, it: CheckRun) -> JSON:
    """Schema check-run."""
    url = f"{view.repo_api(repo)}/check-runs/{it.id}"
    html = f"{view.repo_html(repo)}/runs/{it.id}"
    return {
        "id": it.id,
        "name": it.name,
        "node_id": node_id("CR", it.id),
        "head_sha": it.head_sha,
        "external_id": it.external_id,
        "url": url,
        "html_url": html,
        "details_url": it.details_url or html,
        "status": it.status,
        "conclusion": it.conclusion,
        "started_at": iso(it.started_at),
        "completed_at": iso(it.completed_at),
        "output": {
            "title": it.title,
            "summary": it.summary,
            "text": it.text,
            "annotations_count": len(it.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": it.suite_id},
        "app": people.app(view, view.world.apps[it.app_id]),
        "pull_requests": _pull_requests(view, repo, it.head_sha),
    }


def check_run_event(view: View, repo: Repo, it: CheckRun) -> JSON:
    """A check run inside a webhook: its suite is spelled out."""
    whole = suite(view, repo, repo.suites[it.suite_id])
    left_out = (
        "head_commit",
        "check_runs_url",
        "latest_check_runs_count",
        "rerequestable",
        "runs_rerequestable",
    )
    return {**check_run(view, repo, it), "check_suite": {k: v for k, v in whole.items() if k not in left_out}}


def status(view: View, repo: Repo, it: Status) -> JSON:
    """Schema status."""
    return {**status_simple(view, repo, it), "creator": people.user(view, view.world.users[it.creator_id])}


def status_simple(view: View, repo: Repo, it: Status) -> JSON:
    """Schema simple-commit-status."""
    return {
        "url": f"{view.repo_api(repo)}/statuses/{it.sha}",
        "avatar_url": people.user(view, view.world.users[it.creator_id])["avatar_url"],
        "id": it.id,
        "node_id": node_id("SC", it.id),
        "state": it.state,
        "description": it.description,
        "target_url": it.target_url,
        "context": it.context,
        "created_at": iso(it.created_at),
        "updated_at": iso(it.created_at),
    }


def latest_statuses(repo: Repo, sha: str) -> list[Status]:
    """The newest status of each context."""
    newest: dict[str, Status] = {}
    for each in repo.statuses.get(sha, []):
        newest[each.context] = each
    return list(newest.values())


def combined(view: View, repo: Repo, sha: str) -> JSON:
    """Schema combined-commit-status; "pending" when there are no statuses at all."""
    found = latest_statuses(repo, sha)
    states = {s.state for s in found}
    bad = states & {"failure", "error"}
    state = "failure" if bad else "success" if states == {"success"} else "pending"
    api = view.repo_api(repo)
    return {
        "state": state,
        "statuses": [status_simple(view, repo, s) for s in found],
        "sha": sha,
        "total_count": len(found),
        "repository": repos.minimal(view, repo),
        "commit_url": f"{api}/commits/{sha}",
        "url": f"{api}/commits/{sha}/status",
    }


def workflow_run(view: View, repo: Repo, it: WorkflowRun) -> JSON:
    """Schema workflow-run."""
    of = repo.suites[it.suite_id]
    state, conclusion = suite_state(view.world.runs_of(repo, of))
    api, actor = view.repo_api(repo), people.user(view, view.world.users[it.actor_id])
    url = f"{api}/actions/runs/{it.id}"
    small = repos.minimal(view, repo)
    return {
        "id": it.id,
        "name": it.name,
        "node_id": node_id("WFR", it.id),
        "check_suite_id": of.id,
        "check_suite_node_id": node_id("CS", of.id),
        "head_branch": of.head_branch,
        "head_sha": of.head_sha,
        "path": ".github/workflows/ci.yml",
        "run_number": it.run_number,
        "run_attempt": it.attempt,
        "event": it.event,
        "display_title": it.title,
        "status": state,
        "conclusion": conclusion,
        "workflow_id": repo.id,
        "url": url,
        "html_url": f"{view.repo_html(repo)}/actions/runs/{it.id}",
        "pull_requests": _pull_requests(view, repo, of.head_sha),
        "created_at": iso(it.created_at),
        "updated_at": iso(it.updated_at),
        "run_started_at": iso(it.created_at),
        "actor": actor,
        "triggering_actor": actor,
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "check_suite_url": f"{api}/check-suites/{of.id}",
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "previous_attempt_url": None,
        "workflow_url": f"{api}/actions/workflows/{repo.id}",
        "referenced_workflows": [],
        "head_commit": commits.simple(view.world.git(repo).commit(of.head_sha)),
        "repository": small,
        "head_repository": small,
    }


def workflow(view: View, repo: Repo) -> JSON:
    """The `workflow` of a workflow_run event."""
    api = f"{view.repo_api(repo)}/actions/workflows/{repo.id}"
    return {
        "id": repo.id,
        "node_id": node_id("W", repo.id),
        "name": "CI",
        "path": ".github/workflows/ci.yml",
        "state": "active",
        "created_at": iso(repo.created_at),
        "updated_at": iso(repo.created_at),
        "url": api,
        "html_url": f"{view.repo_html(repo)}/blob/{repo.default_branch}/.github/workflows/ci.yml",
        "badge_url": f"{view.repo_html(repo)}/workflows/CI/badge.svg",
    }


def job(view: View, repo: Repo, run: WorkflowRun, it: CheckRun) -> JSON:
    """Schema job: one check run of a workflow run, under the same id as on GitHub."""
    api = view.repo_api(repo)
    return {
        "id": it.id,
        "node_id": node_id("CR", it.id),
        "run_id": run.id,
        "run_url": f"{api}/actions/runs/{run.id}",
        "run_attempt": run.attempt,
        "head_sha": it.head_sha,
        "head_branch": repo.suites[it.suite_id].head_branch,
        "workflow_name": run.name,
        "name": it.name,
        "url": f"{api}/actions/jobs/{it.id}",
        "html_url": f"{view.repo_html(repo)}/runs/{it.id}",
        "status": it.status,
        "conclusion": it.conclusion,
        "created_at": iso(run.created_at),
        "started_at": iso(it.started_at or run.created_at),
        "completed_at": iso(it.completed_at),
        "steps": [
            {
                "name": "Run",
                "number": 1,
                "status": it.status,
                "conclusion": it.conclusion,
                "started_at": iso(it.started_at),
                "completed_at": iso(it.completed_at),
            }
        ],
        "check_run_url": f"{api}/check-runs/{it.id}",
        "labels": ["simulator"],
        "runner_id": 1,
        "runner_name": "simulator",
        "runner_group_id": 1,
        "runner_group_name": "simulator",
    }
