"""What REST answers, held against the response schemas of GitHub's own OpenAPI description."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.integrations.simulators.github.conftest import TOKENS, Stage, until

SCHEMAS: dict[str, Any] = json.loads((Path(__file__).parent / "fixtures" / "schemas.json").read_text())


def violations(name: str, body: Any) -> list[str]:
    """How a body differs from a schema."""
    schema = {"$defs": SCHEMAS, "$ref": f"#/$defs/{name}"}
    found = Draft202012Validator(schema).iter_errors(body)
    return sorted(f"{name}{error.json_path[1:]}: {error.message[:160]}" for error in found)


@pytest.fixture(scope="module")
def facts(stage: Stage) -> dict[str, str]:
    """Names and ids of a repository with one of everything."""
    jobs = [{"name": "tests", "command": "true"}]
    name = stage.new_repo(ci={"jobs": jobs}, protect={"main": {"required_checks": ["tests"]}})
    head = stage.branch(name, "t", {"app.py": "def answer():\n    return 42\n"})
    repo = stage.as_app(name)
    pull = repo.create_pull("main", "t", title="T", body="B")
    repo.create_label("risk:low", "00ff00", "Little can go wrong")
    pull.add_to_labels("risk:low")
    pull.create_review_request(reviewers=["rosa"])
    comment = pull.create_issue_comment("hello")
    comment.create_reaction("eyes")
    said = pull.create_review_comment("why", repo.get_commit(head), "app.py", line=2)
    run = repo.create_check_run(
        "r",
        head,
        status="completed",
        conclusion="success",
        output={
            "title": "t",
            "summary": "s",
            "annotations": [
                {
                    "path": "app.py",
                    "start_line": 1,
                    "end_line": 1,
                    "annotation_level": "notice",
                    "message": "m",
                }
            ],
        },
    )
    repo.get_commit(head).create_status("success", context="c")
    hook = stage.as_person("ada", name).create_hook("web", {"url": stage.inbox.url + "/2"}, ["push"])
    until(lambda: repo.get_workflow_runs()[0].status == "completed", "CI")
    stage.idle()
    flow = repo.get_workflow_runs()[0]
    return {
        "repo": f"/repos/{name}",
        "head": head,
        "blob": repo.get_contents("app.py", ref="t").sha,  # type: ignore[union-attr]  # one file
        "comment": str(comment.id),
        "review": str(pull.get_reviews()[0].id),
        "said": str(said.id),
        "run": str(run.id),
        "hook": str(hook.id),
        "flow": str(flow.id),
        "job": str(flow.jobs()[0].id),
        "delivery": str(stage.as_person("ada", name).get_hook_deliveries(hook.id)[0].id),
        "installation": str(stage.integration().get_repo_installation(*name.split("/")).id),
    }


CASES = [
    ("private-user", "/user", None),
    ("public-user", "/users/priya", None),
    ("organization-full", "/orgs/acme", None),
    ("rate-limit-overview", "/rate_limit", None),
    ("full-repository", "{repo}", None),
    ("short-branch", "{repo}/branches", "[0]"),
    ("branch-with-protection", "{repo}/branches/main", None),
    ("commit", "{repo}/commits", "[0]"),
    ("commit", "{repo}/commits/t", None),
    ("commit-comparison", "{repo}/compare/main...t", None),
    ("git-ref", "{repo}/git/ref/heads/t", None),
    ("git-commit", "{repo}/git/commits/{head}", None),
    ("git-tree", "{repo}/git/trees/t?recursive=1", None),
    ("blob", "{repo}/git/blobs/{blob}", None),
    ("content-file", "{repo}/contents/app.py", None),
    ("pull-request-simple", "{repo}/pulls", "[0]"),
    ("pull-request", "{repo}/pulls/1", None),
    ("diff-entry", "{repo}/pulls/1/files", "[0]"),
    ("commit", "{repo}/pulls/1/commits", "[0]"),
    ("pull-request-review", "{repo}/pulls/1/reviews", "[0]"),
    ("pull-request-review", "{repo}/pulls/1/reviews/{review}", None),
    ("pull-request-review-comment", "{repo}/pulls/1/comments", "[0]"),
    ("pull-request-review-comment", "{repo}/pulls/comments/{said}", None),
    ("issue", "{repo}/issues/1", None),
    ("issue-comment", "{repo}/issues/1/comments", "[0]"),
    ("issue-comment", "{repo}/issues/comments/{comment}", None),
    ("reaction", "{repo}/issues/comments/{comment}/reactions", "[0]"),
    ("label", "{repo}/labels", "[0]"),
    ("status", "{repo}/commits/t/statuses", "[0]"),
    ("combined-commit-status", "{repo}/commits/t/status", None),
    ("check-run", "{repo}/commits/t/check-runs", "check_runs"),
    ("check-run", "{repo}/check-runs/{run}", None),
    ("check-annotation", "{repo}/check-runs/{run}/annotations", "[0]"),
    ("check-suite", "{repo}/commits/t/check-suites", "check_suites"),
    ("workflow-run", "{repo}/actions/runs", "workflow_runs"),
    ("workflow-run", "{repo}/actions/runs/{flow}", None),
    ("job", "{repo}/actions/runs/{flow}/jobs", "jobs"),
    ("job", "{repo}/actions/jobs/{job}", None),
    ("collaborator", "{repo}/collaborators", "[0]"),
    ("repository-collaborator-permission", "{repo}/collaborators/priya/permission", None),
    ("hook", "{repo}/hooks/{hook}", None),
    ("hook-delivery-item", "{repo}/hooks/{hook}/deliveries", "[0]"),
    ("hook-delivery", "{repo}/hooks/{hook}/deliveries/{delivery}", None),
    ("issue-search-result-item", "/search/issues?q=is:pr+T", "items"),
]


@pytest.mark.parametrize(("schema", "path", "part"), CASES)
def test_an_answer_follows_its_schema(
    stage: Stage, facts: dict[str, str], schema: str, path: str, part: str | None
) -> None:
    answer = stage.rest("GET", path.format(**facts), token=TOKENS["ada"])
    assert answer.status_code == 200, answer.text
    body = answer.json()
    rows = body if part == "[0]" else body[part] if part else [body]
    assert rows
    for row in rows:
        assert violations(schema, row) == []


@pytest.mark.parametrize(
    ("schema", "path"), [("integration", "/app"), ("installation", "/app/installations/{installation}")]
)
def test_an_answer_to_an_app_follows_its_schema(
    stage: Stage, facts: dict[str, str], schema: str, path: str
) -> None:
    jwt = stage.integration().auth.token
    answer = stage.rest("GET", path.format(**facts), token=jwt)
    assert violations(schema, answer.json()) == []


def test_an_installation_token_follows_its_schema(stage: Stage, facts: dict[str, str]) -> None:
    jwt = stage.integration().auth.token
    path = f"/app/installations/{facts['installation']}/access_tokens"
    body = {"repositories": [facts["repo"].rpartition("/")[2]], "permissions": {"contents": "read"}}
    answer = stage.rest("POST", path, token=jwt, body=body)
    assert violations("installation-token", answer.json()) == []


def test_written_things_come_back_in_their_schemas(stage: Stage, facts: dict[str, str]) -> None:
    repo = facts["repo"]
    posts: list[tuple[str, str, str, Any]] = [
        ("reaction", "POST", f"{repo}/issues/1/reactions", {"content": "+1"}),
        ("issue-comment", "POST", f"{repo}/issues/1/comments", {"body": "x"}),
        ("pull-request-review", "POST", f"{repo}/pulls/1/reviews", {"body": "x", "event": "COMMENT"}),
        ("pull-request", "PATCH", f"{repo}/pulls/1", {"title": "New"}),
        ("issue", "PATCH", f"{repo}/issues/1", {"title": "Newer"}),
        ("file-commit", "PUT", f"{repo}/contents/n.txt", {"message": "m", "content": "eA==", "branch": "t"}),
        ("label", "POST", f"{repo}/labels", {"name": "l", "color": "ffffff"}),
    ]
    for schema, method, path, body in posts:
        answer = stage.rest(method, path, token=TOKENS["ada"], body=body)
        assert answer.status_code in (200, 201), answer.text
        assert violations(schema, answer.json()) == []


def test_a_wrong_answer_would_be_noticed() -> None:
    assert any(
        "'sha' is a required property" in v for v in violations("short-branch", {"name": "x", "commit": {}})
    )
    assert violations("label", {"id": "1"}) != []
