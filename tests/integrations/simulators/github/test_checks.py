"""Check runs, suites and statuses as a client writes and reads them."""

from __future__ import annotations

from typing import Any

import pytest
from github import GithubException
from github.PullRequest import PullRequest

from tests.integrations.simulators.github.conftest import TOKENS, Stage


@pytest.fixture
def pull(stage: Stage) -> PullRequest:
    name = stage.new_repo()
    stage.branch(name, "t", {"x": "1\n"})
    return stage.as_app(name).create_pull("main", "t", title="T", body="")


def annotation(line: int = 1) -> dict[str, Any]:
    return {
        "path": "x",
        "start_line": line,
        "end_line": line,
        "annotation_level": "failure",
        "message": f"problem {line}",
    }


def test_an_app_creates_updates_and_completes_a_check_run(stage: Stage, pull: PullRequest) -> None:
    repo = pull.base.repo
    run = repo.create_check_run("sortie/review", pull.head.sha, status="in_progress", external_id="R-1042")
    assert (run.status, run.app.slug, run.external_id) == ("in_progress", "sortie", "R-1042")
    assert [p.number for p in run.pull_requests] == [pull.number]
    run.edit(
        status="completed",
        conclusion="failure",
        output={"title": "1 blocking", "summary": "S", "annotations": [annotation()]},
    )
    found = repo.get_check_run(run.id)
    assert (found.conclusion, found.output.title, found.output.annotations_count) == (
        "failure",
        "1 blocking",
        1,
    )
    assert [a.message for a in found.get_annotations()] == ["problem 1"]
    suite = next(s for s in repo.get_commit(pull.head.sha).get_check_suites() if s.app.slug == "sortie")
    assert (suite.status, suite.conclusion) == ("completed", "failure")
    assert [r.id for r in suite.get_check_runs()] == [run.id]
    stage.idle()
    name = repo.full_name
    assert [h.payload["action"] for h in stage.inbox.of(name, "check_run")] == ["created", "completed"]
    done = stage.inbox.of(name, "check_suite.completed")[0].payload
    assert done["check_suite"]["conclusion"] == "failure"
    assert done["installation"]["id"] > 0


def test_a_pressed_button_is_told_to_its_app_with_who_pressed_it(stage: Stage, pull: PullRequest) -> None:
    repo = pull.base.repo
    button = {"identifier": "fix", "label": "Fix findings", "description": "A round of work"}
    run = repo.create_check_run("sortie/review", pull.head.sha, external_id="R-1:review", actions=[button])
    stage.act("priya", "press", repo.full_name, check_run=run.id, action="fix")
    told = stage.inbox.wait(repo.full_name, "check_run.requested_action")[0].payload
    assert told["requested_action"] == {"identifier": "fix"} and told["sender"]["login"] == "priya"
    assert (told["check_run"]["external_id"], told["check_run"]["head_sha"]) == ("R-1:review", pull.head.sha)
    with pytest.raises(AssertionError, match="no action other"):
        stage.act("priya", "press", repo.full_name, check_run=run.id, action="other")


def test_a_new_head_makes_an_empty_suite_for_the_app(stage: Stage, pull: PullRequest) -> None:
    requested = stage.inbox.wait(pull.base.repo.full_name, "check_suite.requested")[0].payload
    assert requested["check_suite"]["head_sha"] == pull.head.sha
    assert requested["check_suite"]["status"] == "queued"


def test_annotations_are_appended_fifty_at_a_time(pull: PullRequest) -> None:
    repo = pull.base.repo
    output: dict[str, Any] = {"title": "t", "summary": "s"}
    many = [annotation(n) for n in range(1, 52)]
    with pytest.raises(GithubException) as error:
        repo.create_check_run("c", pull.head.sha, output={**output, "annotations": many})
    assert error.value.status == 422
    assert "No more than 50 items are allowed; 51 were supplied." in str(error.value.message)
    run = repo.create_check_run("c", pull.head.sha, output={**output, "annotations": many[:50]})
    run.edit(output={**output, "annotations": many[50:]})
    assert repo.get_check_run(run.id).output.annotations_count == 51


@pytest.mark.parametrize(
    "body",
    [
        {"name": "c"},
        {"head_sha": "HEAD"},
        {"name": "c", "head_sha": "0" * 40},
        {"name": "c", "head_sha": "HEAD", "status": "done"},
        {"name": "c", "head_sha": "HEAD", "conclusion": "great"},
        {"name": "c", "head_sha": "HEAD", "status": "completed"},
        {"name": "c", "head_sha": "HEAD", "output": {"title": "t"}},
        {"name": "c", "head_sha": "HEAD", "output": {"title": "t", "summary": "s" * 65_536}},
        {
            "name": "c",
            "head_sha": "HEAD",
            "actions": [{"label": "x" * 21, "description": "", "identifier": "i"}],
        },
        {"name": "c", "head_sha": "HEAD", "actions": [{}, {}, {}, {}]},
        {
            "name": "c",
            "head_sha": "HEAD",
            "output": {"title": "", "summary": "", "annotations": [{"path": "x"}]},
        },
    ],
)
def test_a_check_run_that_makes_no_sense_is_refused(
    stage: Stage, pull: PullRequest, body: dict[str, Any]
) -> None:
    if body.get("head_sha") == "HEAD":
        body = {**body, "head_sha": pull.head.sha}
    name = pull.base.repo.full_name
    token = stage.installation_token(name)
    assert stage.rest("POST", f"/repos/{name}/check-runs", token=token, body=body).status_code == 422


def test_a_person_s_token_may_not_write_check_runs(stage: Stage, pull: PullRequest) -> None:
    name = pull.base.repo.full_name
    body = {"name": "c", "head_sha": pull.head.sha}
    refused = stage.rest("POST", f"/repos/{name}/check-runs", token=TOKENS["ada"], body=body)
    assert (refused.status_code, refused.json()["message"]) == (
        403,
        "You must authenticate via a GitHub App.",
    )


def test_a_status_is_set_and_combined(stage: Stage, pull: PullRequest) -> None:
    name = pull.base.repo.full_name
    commit = stage.as_person("priya", name).get_commit(pull.head.sha)
    assert commit.get_combined_status().state == "pending"
    commit.create_status("pending", context="ci/one", description="Running", target_url="http://x.test")
    commit.create_status("success", context="ci/one")
    assert commit.get_combined_status().state == "success"
    commit.create_status("failure", context="ci/two")
    combined = commit.get_combined_status()
    assert (combined.state, combined.total_count) == ("failure", 2)
    assert [s.context for s in commit.get_statuses()] == ["ci/two", "ci/one", "ci/one"]
    hits = [h.payload for h in stage.inbox.wait(name, "status", 3)]
    assert [(h["context"], h["state"]) for h in hits] == [
        ("ci/one", "pending"),
        ("ci/one", "success"),
        ("ci/two", "failure"),
    ]
    assert hits[0]["branches"][0]["name"] == "t"


@pytest.mark.parametrize(
    ("sha", "body"),
    [
        ("0" * 40, {"state": "success"}),
        ("HEAD", {"state": "great"}),
        ("HEAD", {"state": "success", "description": "x" * 141}),
    ],
)
def test_a_status_that_makes_no_sense_is_refused(
    stage: Stage, pull: PullRequest, sha: str, body: dict[str, Any]
) -> None:
    name = pull.base.repo.full_name
    path = f"/repos/{name}/statuses/{pull.head.sha if sha == 'HEAD' else sha}"
    assert stage.rest("POST", path, token=TOKENS["priya"], body=body).status_code == 422


def test_readers_may_not_set_a_status(stage: Stage, pull: PullRequest) -> None:
    path = f"/repos/{pull.base.repo.full_name}/statuses/{pull.head.sha}"
    assert stage.rest("POST", path, token=TOKENS["rosa"], body={"state": "success"}).status_code == 404


def test_only_the_newest_run_of_a_name_is_listed_unless_all_are_asked_for(pull: PullRequest) -> None:
    repo, sha = pull.base.repo, pull.head.sha
    first = repo.create_check_run("c", sha, conclusion="failure", status="completed")
    second = repo.create_check_run("c", sha, conclusion="success", status="completed")
    commit = repo.get_commit(sha)
    assert [r.id for r in commit.get_check_runs()] == [second.id]
    assert [r.id for r in commit.get_check_runs(filter="all")] == [second.id, first.id]
    assert commit.get_check_runs(check_name="other").totalCount == 0
