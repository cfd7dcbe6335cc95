"""What all of REST shares: paging, ETags, errors; and the git data, contents and repository routes."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from github import GithubException, InputGitTreeElement, UnknownObjectException

from tests.integrations.simulators.github.conftest import TOKENS, Stage


def test_lists_are_paged_with_links(stage: Stage) -> None:
    name = stage.new_repo()
    repo = stage.as_person("priya", name)
    for n in range(5):
        repo.create_issue(f"Issue {n}")
    first = stage.rest("GET", f"/api/v3/repos/{name}/issues?per_page=2&state=all", token=TOKENS["priya"])
    assert [i["number"] for i in first.json()] == [5, 4]
    assert set(first.links) == {"next", "last"}
    assert first.links["next"]["url"].startswith(f"{stage.url}/api/v3/repos/{name}/issues?")
    last = stage.rest("GET", first.links["last"]["url"].removeprefix(stage.url), token=TOKENS["priya"])
    assert [i["number"] for i in last.json()] == [1]
    assert set(last.links) == {"first", "prev"}
    assert [i.number for i in repo.get_issues()] == [5, 4, 3, 2, 1]


def test_an_unchanged_answer_is_304(stage: Stage) -> None:
    name = stage.new_repo()
    path = f"/repos/{name}"
    first = stage.rest("GET", path, token=TOKENS["priya"])
    assert first.headers["X-GitHub-Request-Id"]
    again = stage.rest("GET", path, token=TOKENS["priya"], headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    stage.as_person("ada", name).edit(description="new")
    changed = stage.rest("GET", path, token=TOKENS["priya"], headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("GET", "/repos/acme/none", None, 404, "Not Found"),
        ("GET", "/nothing", None, 404, "Not Found"),
        ("GET", "/users/nobody-here", None, 404, "Not Found"),
        ("POST", "{repo}/pulls", {"head": "t"}, 422, 'Invalid request.\n\n"base" wasn\'t supplied.'),
        (
            "POST",
            "{repo}/pulls",
            {"head": 1, "base": "main"},
            422,
            "Invalid request.\n\nFor 'properties/head'",
        ),
        ("POST", "{repo}/pulls", [1], 400, "Body should be a JSON object"),
        (
            "GET",
            "{repo}/commits/0000000000000000000000000000000000000000",
            None,
            422,
            "No commit found for SHA",
        ),
        ("GET", "{repo}/branches/none", None, 404, "Branch not found"),
        ("POST", "{repo}/git/refs", {"ref": "x", "sha": "y"}, 422, "x is not a valid ref name."),
        ("POST", "{repo}/git/refs", {"ref": "refs/heads/x", "sha": "0" * 40}, 422, "Object does not exist"),
        ("DELETE", "{repo}/git/refs/heads/none", None, 422, "Reference does not exist"),
        ("GET", "{repo}/pulls/99", None, 404, "Not Found"),
        ("GET", "{repo}/pulls/x", None, 404, "Not Found"),
        ("PUT", "{repo}/contents/a", {"message": "m", "content": "%"}, 422, "content is not valid Base64"),
    ],
)
def test_mistakes_get_github_s_answers(
    stage: Stage, method: str, path: str, body: Any, status: int, message: str
) -> None:
    name = stage.new_repo({"a": "1\n"})
    answer = stage.rest(method, path.format(repo=f"/repos/{name}"), token=TOKENS["priya"], body=body)
    assert answer.status_code == status
    assert answer.json()["message"].startswith(message)
    assert answer.json()["status"] == str(status)


def test_broken_json_is_400_and_a_bad_token_401(stage: Stage) -> None:
    name = stage.new_repo()
    path = f"/repos/{name}/issues"
    headers = {"Content-Type": "application/json"}
    broken = stage.rest("POST", path, token=TOKENS["priya"], headers=headers, data="{")
    assert (broken.status_code, broken.json()["message"]) == (400, "Problems parsing JSON")
    bad = stage.rest("GET", path, token="ghp_wrong")
    assert (bad.status_code, bad.json()["message"]) == (401, "Bad credentials")
    basic = base64.b64encode(f"x:{TOKENS['priya']}".encode()).decode()
    assert stage.rest("GET", path, headers={"Authorization": f"Basic {basic}"}).status_code == 200
    assert stage.rest("GET", path, headers={"Authorization": "Basic %%%"}).status_code == 401
    assert stage.rest("GET", path, headers={"Authorization": "Digest x"}).status_code == 401


def test_a_commit_made_from_blobs_and_trees_has_git_s_own_sha(stage: Stage) -> None:
    name = stage.new_repo()
    repo = stage.as_app(name)
    blob = repo.create_git_blob("hello\n", "utf-8")
    assert blob.sha == "ce013625030ba8dba906f756967f9e9ca394464a"
    base = repo.get_branch("main").commit
    element = InputGitTreeElement("dir/hello.txt", "100644", "blob", sha=blob.sha)
    tree = repo.create_git_tree([element], repo.get_git_tree(base.commit.tree.sha))
    commit = repo.create_git_commit("Add hello", tree, [repo.get_git_commit(base.sha)])
    ref = repo.create_git_ref("refs/heads/made", commit.sha)
    assert repo.get_git_ref("heads/made").object.sha == commit.sha
    work = stage.clone(name, TOKENS["priya"])
    assert not (work / "dir").exists()
    assert repo.compare("main", "made").files[0].filename == "dir/hello.txt"
    ref.edit(base.sha, force=True)
    with pytest.raises(GithubException) as error:
        repo.get_git_ref("heads/main").edit(commit.sha + "0")
    assert error.value.status == 422
    ref.delete()
    with pytest.raises(UnknownObjectException):
        repo.get_git_ref("heads/made")


def test_a_ref_moves_only_forward_unless_forced(stage: Stage) -> None:
    name = stage.new_repo()
    sha = stage.branch(name, "t", {"x": "1\n"})
    repo = stage.as_app(name)
    ref = repo.get_git_ref("heads/t")
    main = repo.get_branch("main").commit.sha
    with pytest.raises(GithubException) as error:
        ref.edit(main)
    assert error.value.message == "Update is not a fast forward"
    ref.edit(main, force=True)
    ref.edit(sha)
    with pytest.raises(GithubException) as twice:
        repo.create_git_ref("refs/heads/t", sha)
    assert twice.value.message == "Reference already exists"


def test_a_file_is_written_read_changed_and_removed(stage: Stage) -> None:
    name = stage.new_repo()
    repo = stage.as_app(name)
    made = repo.create_file("docs/a.md", "Add a", "one\n", branch="main")["content"]
    changed = repo.update_file("docs/a.md", "Change a", "two\n", made.sha, branch="main")["content"]
    found = repo.get_contents("docs/a.md")
    assert not isinstance(found, list)
    assert (found.decoded_content, found.sha) == (b"two\n", changed.sha)
    with pytest.raises(GithubException) as stale:
        repo.update_file("docs/a.md", "Again", "three\n", made.sha, branch="main")
    assert stale.value.status == 409
    with pytest.raises(GithubException) as missing:
        repo.create_file("docs/a.md", "Again", "three\n", branch="main")
    assert missing.value.message == 'Invalid request.\n\n"sha" wasn\'t supplied.'
    listed = repo.get_contents("docs")
    assert isinstance(listed, list)
    assert [c.path for c in listed] == ["docs/a.md"]
    repo.delete_file("docs/a.md", "Remove", changed.sha, branch="main")
    with pytest.raises(UnknownObjectException):
        repo.get_contents("docs/a.md")


def test_protected_branches_are_protected_against_rest_too(stage: Stage) -> None:
    name = stage.new_repo(protect={"main": {}})
    with pytest.raises(GithubException) as error:
        stage.as_app(name).create_file("x", "m", "x", branch="main")
    assert error.value.status == 409
    repo = stage.as_person("ada", name)
    branch = repo.get_branch("main")
    assert branch.protected
    assert branch.get_protection().required_pull_request_reviews.required_approving_review_count == 0
    branch.edit_protection(strict=True, contexts=["tests"], enforce_admins=True)
    assert branch.get_protection().required_status_checks.contexts == ["tests"]
    branch.remove_protection()
    assert not repo.get_branch("main").protected


def test_a_workflow_file_cannot_be_written_by_an_app_without_the_permission(stage: Stage) -> None:
    name = stage.new_repo()
    with pytest.raises(GithubException) as error:
        stage.as_app(name).create_file(".github/workflows/x.yml", "m", "on: push\n", branch="main")
    assert "without `workflows` permission" in str(error.value.message)


def test_commits_are_listed_by_branch_and_path(stage: Stage) -> None:
    name = stage.new_repo()
    stage.branch(name, "t", {"x": "1\n"})
    last = stage.branch(name, "t", {"y": "1\n"})
    repo = stage.as_app(name)
    assert len(list(repo.get_commits(sha="t"))) == 3
    assert [c.commit.message for c in repo.get_commits(sha="t", path="y")] == ["Update files"]
    commit = repo.get_commit("t")
    assert (commit.sha, commit.files[0].filename, commit.stats.additions) == (last, "y", 1)
    pull = repo.create_pull("main", "t", title="T", body="")
    assert [p.number for p in commit.get_pulls()] == [pull.number]
    compared = repo.compare("main", "acme:t")
    assert (compared.status, compared.ahead_by, compared.behind_by) == ("ahead", 2, 0)


def test_a_pull_request_can_be_had_as_diff_and_patch(stage: Stage) -> None:
    name = stage.new_repo()
    stage.branch(name, "t", {"x": "1\n"})
    stage.as_app(name).create_pull("main", "t", title="T", body="")
    for kind, start in (("diff", "diff --git a/x b/x"), ("patch", "From ")):
        headers = {"Accept": f"application/vnd.github.v3.{kind}"}
        answer = stage.rest("GET", f"/repos/{name}/pulls/1", token=TOKENS["priya"], headers=headers)
        assert answer.text.startswith(start)


def test_branches_merge_outside_pull_requests(stage: Stage) -> None:
    name = stage.new_repo()
    stage.branch(name, "t", {"x": "1\n"})
    stage.branch(name, "main", {"y": "1\n"})
    repo = stage.as_app(name)
    merged = repo.merge("main", "t", "Join")
    assert merged is not None
    assert len(merged.parents) == 2
    assert repo.merge("main", "t") is None
    stage.branch(name, "c", {"app.py": "c\n"})
    stage.branch(name, "main", {"app.py": "m\n"})
    with pytest.raises(GithubException) as error:
        repo.merge("main", "c")
    assert (error.value.status, error.value.message) == (409, "Merge conflict")


def test_the_root_and_users_answer(stage: Stage) -> None:
    me = stage.github(TOKENS["priya"]).get_user()
    assert (me.login, me.type) == ("priya", "User")
    assert stage.github(TOKENS["priya"]).get_user_by_id(me.id).login == "priya"
    org = stage.github(TOKENS["priya"]).get_organization("acme")
    assert org.login == "acme"
    assert stage.rest("GET", "/zen").status_code == 200
    assert stage.rest("GET", "/user").status_code == 401
