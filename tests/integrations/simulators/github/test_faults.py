"""Faults of the API on demand, and what the simulator wrote down."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from github import Auth, Github, GithubException, GithubRetry, RateLimitExceededException

from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.server import GitHubSimulator
from tests.integrations.simulators.github.conftest import TOKENS, Stage


def comment(stage: Stage, repo: str, text: str) -> requests.Response:
    path = f"/repos/{repo}/issues/1/comments"
    return stage.rest("POST", path, token=TOKENS["priya"], body={"body": text})


def texts(stage: Stage, repo: str) -> list[str]:
    answer = stage.rest("GET", f"/repos/{repo}/issues/1/comments", token=TOKENS["priya"])
    return [c["body"] for c in answer.json()]


@pytest.fixture
def repo(stage: Stage) -> str:
    name = stage.new_repo()
    stage.as_person("priya", name).create_issue("One")
    return name


def arm(stage: Stage, repo: str, **fault: Any) -> None:
    stage.control("POST", "/faults", {"match": f"POST /repos/{repo}/issues/*/comments", **fault})


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_before_means_nothing_happened(stage: Stage, repo: str, status: int) -> None:
    arm(stage, repo, kind="status", status=status, headers={"X-Odd": "1"})
    answer = comment(stage, repo, "x")
    assert (answer.status_code, answer.headers["X-Odd"]) == (status, "1")
    assert texts(stage, repo) == []
    assert comment(stage, repo, "y").status_code == 201


def test_a_server_error_after_commit_means_it_happened(stage: Stage, repo: str) -> None:
    arm(stage, repo, kind="status", when="after_commit")
    assert comment(stage, repo, "x").status_code == 502
    assert texts(stage, repo) == ["x"]


@pytest.mark.parametrize(("when", "expected"), [("before", []), ("after_commit", ["x"])])
def test_a_connection_is_reset_with_or_without_effect(
    stage: Stage, repo: str, when: str, expected: list[str]
) -> None:
    arm(stage, repo, kind="reset", when=when)
    with pytest.raises(requests.ConnectionError):
        comment(stage, repo, "x")
    assert texts(stage, repo) == expected
    assert comment(stage, repo, "y").status_code == 201


def test_faults_hit_only_what_they_match_and_only_so_often(stage: Stage, repo: str) -> None:
    arm(stage, repo, kind="status", times=2, skip=1)
    codes = [comment(stage, repo, str(n)).status_code for n in range(5)]
    assert codes == [201, 502, 502, 201, 201]
    assert stage.control("GET", "/faults") == []
    arm(stage, repo, kind="status")
    assert len(stage.control("GET", "/faults")) == 1
    stage.control("DELETE", "/faults")
    assert comment(stage, repo, "x").status_code == 201


def test_a_delay_is_a_delay(stage: Stage, repo: str) -> None:
    arm(stage, repo, kind="delay", delay_s=0.4)
    started = time.monotonic()
    assert comment(stage, repo, "x").status_code == 201
    assert time.monotonic() - started >= 0.4


def test_a_primary_rate_limit_is_understood_by_pygithub(stage: Stage, repo: str) -> None:
    arm(stage, repo, kind="ratelimit")
    issue = stage.as_person("priya", repo).get_issue(1)
    with pytest.raises(RateLimitExceededException) as error:
        issue.create_comment("x")
    headers = {k.lower(): v for k, v in (error.value.headers or {}).items()}
    assert headers["x-ratelimit-remaining"] == "0"
    assert int(headers["x-ratelimit-reset"]) > time.time() + 2000


def test_a_secondary_rate_limit_makes_pygithub_wait_and_try_again(stage: Stage, repo: str) -> None:
    arm(stage, repo, kind="ratelimit", headers={"Retry-After": "1"})
    refused = comment(stage, repo, "x")
    assert (refused.status_code, refused.headers["retry-after"]) == (403, "1")
    assert "secondary rate limit" in refused.json()["message"]
    arm(stage, repo, kind="ratelimit", headers={"Retry-After": "1"})
    retry = GithubRetry(total=2, secondary_rate_wait=1)
    patient = Github(auth=Auth.Token(TOKENS["priya"]), base_url=stage.url, retry=retry)
    stage.clients.append(patient)
    started = time.monotonic()
    patient.get_repo(repo).get_issue(1).create_comment("at last")
    assert time.monotonic() - started >= 1
    assert texts(stage, repo) == ["at last"]


def test_a_fault_can_hit_graphql_and_the_enterprise_address(stage: Stage, repo: str) -> None:
    stage.control("POST", "/faults", {"match": "POST /graphql", "kind": "status", "status": 503})
    with pytest.raises(GithubException) as error:
        stage.github(TOKENS["priya"], "/api/v3").requester.graphql_query("{ viewer { login } }", {})
    assert error.value.status == 503
    arm(stage, repo, kind="status")
    path = f"/api/v3/repos/{repo}/issues/1/comments"
    assert stage.rest("POST", path, token=TOKENS["priya"], body={"body": "x"}).status_code == 502


@pytest.mark.parametrize(
    "bad", [{"kind": "nonsense"}, {"kind": "status", "when": "never"}, {"event": "push", "kind": "x"}]
)
def test_a_fault_that_makes_no_sense_is_refused(stage: Stage, bad: dict[str, Any]) -> None:
    answer = requests.post(f"{stage.url}/_sim/faults", json=bad, timeout=10)
    assert answer.status_code == 400


def test_every_request_is_written_down_without_secrets(stage: Stage, repo: str) -> None:
    before = stage.control("GET", "/requests")[-1]["n"]
    comment(stage, repo, f"my token is {TOKENS['ada']} and ghs_4711_abc.def-ghi")
    stage.rest("GET", f"/repos/{repo}/issues?per_page=1", token=TOKENS["priya"])
    stage.rest("GET", f"/repos/{repo}", token="ghp_doesnotexist")
    wrote, read, refused = stage.control("GET", f"/requests?since={before}")
    assert (wrote["method"], wrote["status"], wrote["actor"]) == ("POST", 201, "priya")
    assert wrote["path"] == f"/repos/{repo}/issues/1/comments"
    assert wrote["body"] == {"body": "my token is [redacted] and [redacted]"}
    assert (read["query"], read["status"]) == ("per_page=1", 200)
    assert (refused["actor"], refused["status"]) == ("anonymous", 401)
    assert [e["method"] for e in stage.control("GET", f"/requests?since={before}&method=POST")] == ["POST"]


def test_a_lost_answer_is_marked_in_the_log(stage: Stage, repo: str) -> None:
    before = stage.control("GET", "/requests")[-1]["n"]
    arm(stage, repo, kind="reset", when="after_commit")
    with pytest.raises(requests.ConnectionError):
        comment(stage, repo, "x")
    entry = stage.control("GET", f"/requests?since={before}")[0]
    assert (entry["fault"], entry["status"], entry["actor"]) == ("reset", 0, "priya")


def test_the_hourly_budget_is_counted_and_ends(tmp_path: Any) -> None:
    config = GitHubSimConfig(root=tmp_path, token=TOKENS["priya"], login="priya", rate_limit_per_hour=3)
    with GitHubSimulator(config) as simulator:
        headers = {"Authorization": f"Bearer {TOKENS['priya']}"}

        def get(path: str) -> requests.Response:
            return requests.get(simulator.url + path, headers=headers, timeout=10)

        left = [get("/user").headers["X-RateLimit-Remaining"] for _ in range(3)]
        assert left == ["2", "1", "0"]
        refused = get("/user")
        assert refused.status_code == 403
        assert refused.json()["message"].startswith("API rate limit exceeded")
        assert get("/rate_limit").json()["resources"]["core"]["remaining"] == 0
