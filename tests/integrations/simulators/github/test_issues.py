"""Comments, labels, reactions, assignees, plain issues."""

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


def problem(error: pytest.ExceptionInfo[GithubException]) -> dict[str, Any]:
    assert error.value.status == 422
    assert isinstance(error.value.data, dict)
    found: dict[str, Any] = error.value.data["errors"][0]
    return found


def test_a_comment_is_made_edited_and_found(stage: Stage, pull: PullRequest) -> None:
    made = pull.create_issue_comment("<!-- sortie kind=status --> hello")
    assert made.user.login == "sortie[bot]"
    made.edit("changed")
    assert [c.body for c in pull.get_issue_comments()] == ["changed"]
    assert pull.get_issue_comment(made.id).body == "changed"
    stage.idle()
    hits = stage.inbox.of(pull.base.repo.full_name, "issue_comment")
    assert [h.payload["action"] for h in hits] == ["created", "edited"]
    assert hits[1].payload["changes"]["body"]["from"].endswith("hello")
    assert "pull_request" in hits[0].payload["issue"]
    made.delete()
    assert pull.get_issue_comments().totalCount == 0


@pytest.mark.parametrize(
    ("body", "message"),
    [("x" * 65_537, "Body is too long (maximum is 65536 characters)"), (" ", "Body cannot be blank")],
)
def test_a_comment_too_long_or_blank_is_refused(pull: PullRequest, body: str, message: str) -> None:
    with pytest.raises(GithubException) as error:
        pull.create_issue_comment(body)
    assert problem(error) == {
        "resource": "IssueComment",
        "code": "unprocessable",
        "field": "data",
        "message": message,
    }


def test_a_comment_of_the_greatest_length_is_kept_whole(pull: PullRequest) -> None:
    assert pull.create_issue_comment("x" * 65_536).body == "x" * 65_536


def test_readers_may_comment_and_only_the_author_or_a_writer_may_edit(
    stage: Stage, pull: PullRequest
) -> None:
    name = pull.base.repo.full_name
    theirs = stage.as_person("rosa", name).get_issue(pull.number).create_comment("hi")
    path = f"/repos/{name}/issues/comments/{theirs.id}"
    assert stage.rest("PATCH", path, token=TOKENS["tariq"], body={"body": "x"}).status_code == 403
    assert stage.rest("PATCH", path, token=TOKENS["priya"], body={"body": "x"}).status_code == 200
    by_app = stage.rest("PATCH", path, token=stage.installation_token(name), body={"body": "x"})
    assert by_app.status_code == 403


def test_a_reaction_counts_once_per_person(stage: Stage, pull: PullRequest) -> None:
    comment = pull.create_issue_comment("x")
    first = comment.create_reaction("eyes")
    assert comment.create_reaction("eyes").id == first.id
    assert [r.content for r in comment.get_reactions()] == ["eyes"]
    assert pull.get_issue_comment(comment.id).raw_data["reactions"]["eyes"] == 1
    with pytest.raises(GithubException) as error:
        comment.create_reaction("ship")
    assert error.value.status == 422
    first_path = f"/repos/{pull.base.repo.full_name}/issues/comments/{comment.id}/reactions"
    again = stage.rest("POST", first_path, token=TOKENS["rosa"], body={"content": "rocket"})
    assert (again.status_code, again.json()["content"]) == (201, "rocket")


def test_labels_are_made_put_on_and_taken_off(stage: Stage, pull: PullRequest) -> None:
    repo = pull.base.repo
    repo.create_label("risk:low", "00ff00", "Low")
    pull.add_to_labels("risk:low", "brand new")
    assert [label.name for label in pull.get_labels()] == ["risk:low", "brand new"]
    pull.remove_from_labels("brand new")
    pull.set_labels("sortie")
    assert [label.name for label in pull.get_labels()] == ["sortie"]
    stage.idle()
    hits = [h.name for h in stage.inbox.of(repo.full_name, "pull_request")]
    assert hits.count("pull_request.labeled") == 3
    assert hits.count("pull_request.unlabeled") == 2


def test_a_label_too_long_or_twice_is_refused(pull: PullRequest) -> None:
    repo = pull.base.repo
    with pytest.raises(GithubException) as error:
        repo.create_label("x" * 51, "00ff00")
    assert problem(error)["message"] == "name is too long (maximum is 50 characters)"
    repo.create_label("one", "00ff00")
    with pytest.raises(GithubException) as twice:
        repo.create_label("ONE", "00ff00")
    assert problem(twice) == {"resource": "Label", "code": "already_exists", "field": "name"}
    with pytest.raises(GithubException) as put:
        pull.add_to_labels("y" * 51)
    assert problem(put)["field"] == "name"


def test_a_label_is_renamed_and_deleted(pull: PullRequest) -> None:
    label = pull.base.repo.create_label("old", "00ff00")
    label.edit("new/name", "ff0000", "D")
    found = pull.base.repo.get_label("new/name")
    assert (found.color, found.description) == ("ff0000", "D")
    found.delete()
    with pytest.raises(GithubException) as error:
        pull.base.repo.get_label("new/name")
    assert error.value.status == 404


def test_only_triage_may_label(stage: Stage, pull: PullRequest) -> None:
    path = f"/repos/{pull.base.repo.full_name}/issues/{pull.number}/labels"
    assert stage.rest("POST", path, token=TOKENS["rosa"], body=["x"]).status_code == 403
    assert stage.rest("POST", path, token=TOKENS["tariq"], body={"labels": ["x"]}).status_code == 200


def test_an_issue_is_opened_assigned_closed_and_searched(stage: Stage) -> None:
    name = stage.new_repo()
    repo = stage.as_person("priya", name)
    issue = repo.create_issue("Refunds fail", body="with null", labels=["bug"], assignees=["marco", "nobody"])
    assert [u.login for u in issue.assignees] == ["marco"]
    issue.edit(state="closed")
    assert repo.get_issue(issue.number).state == "closed"
    gh = stage.github(TOKENS["priya"])
    assert [i.number for i in gh.search_issues(f"refunds repo:{name} is:issue label:bug")] == [issue.number]
    assert gh.search_issues(f"refunds repo:{name} is:pr").totalCount == 0
    hits = [h.name for h in stage.inbox.wait(name, "issues", 3)]
    assert (hits[0], hits[-1]) == ("issues.opened", "issues.closed")


def test_a_pull_request_is_an_issue_too(pull: PullRequest) -> None:
    issue = pull.as_issue()
    assert (issue.number, issue.title) == (pull.number, "T")
    assert issue.pull_request is not None
    assert [i.number for i in pull.base.repo.get_issues()] == [pull.number]


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("ada", "admin", "admin"),
        ("olga", "admin", "admin"),
        ("priya", "write", "write"),
        ("tariq", "read", "triage"),
        ("rosa", "read", "read"),
        ("mallory", "none", "none"),
    ],
)
def test_a_role_is_told_both_ways(stage: Stage, login: str, permission: str, role: str) -> None:
    name = stage.new_repo()
    path = f"/repos/{name}/collaborators/{login}/permission"
    answer = stage.rest("GET", path, token=stage.installation_token(name)).json()
    assert (answer["permission"], answer["role_name"]) == (permission, role)
    by_login = stage.rest("GET", f"/users/{login}", token=TOKENS["priya"]).json()
    assert answer["user"]["id"] == by_login["id"]


def test_maintain_reads_as_write_in_permission(stage: Stage) -> None:
    name = stage.new_repo()
    stage.act("ada", "set_permission", name, user="marco", role="maintain")
    path = f"/repos/{name}/collaborators/marco/permission"
    answer = stage.rest("GET", path, token=TOKENS["priya"]).json()
    assert (answer["permission"], answer["role_name"]) == ("write", "maintain")
    assert stage.rest("GET", path, token=TOKENS["rosa"]).status_code == 403
    missing = stage.rest("GET", path.replace("marco", "nobody-at-all"), token=TOKENS["priya"])
    assert missing.status_code == 404
