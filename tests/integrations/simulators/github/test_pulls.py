"""Pull requests through PyGithub: opening, refusing, drafts, merging."""

from __future__ import annotations

import pytest
from github import GithubException
from github.GithubObject import NotSet
from github.PullRequest import PullRequest
from github.Repository import Repository

from tests.integrations.simulators.github.conftest import TOKENS, Stage, until


def opened(stage: Stage, repo: str, branch: str = "t", *, draft: bool = False) -> PullRequest:
    """A pull request by the App from a branch that changes app.py."""
    stage.branch(repo, branch, {"app.py": f"def answer():\n    return '{branch}'\n"})
    return stage.as_app(repo).create_pull("main", branch, title="Change it", body="Why", draft=draft)


def refused(repo: Repository, base: str, head: str, title: str = "T") -> tuple[int, list[dict[str, str]]]:
    with pytest.raises(GithubException) as error:
        repo.create_pull(base, head, title=title, body="")
    assert isinstance(error.value.data, dict)
    return error.value.status, error.value.data["errors"]


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_a_pull_request_lives_from_draft_to_merge(stage: Stage, prefix: str) -> None:
    name = stage.new_repo()
    stage.branch(name, "fix", {"app.py": "def answer():\n    return 42\n"})
    repo = stage.as_app(name, prefix)
    pull = repo.create_pull("main", "fix", title="Fix", body="Body", draft=True, maintainer_can_modify=True)
    assert (pull.number, pull.draft, pull.state, pull.base.ref) == (1, True, "open", "main")
    assert pull.url == f"{stage.url}{prefix}/repos/{name}/pulls/1"
    assert pull.html_url == f"{stage.url}/{name}/pull/1"
    assert [f.filename for f in pull.get_files()] == ["app.py"]
    assert pull.get_files()[0].patch.startswith("@@ -1,6 +1,2 @@")
    assert [c.sha for c in pull.get_commits()] == [pull.head.sha]
    pull.mark_ready_for_review()
    assert pull.draft is False
    pull.convert_to_draft()
    assert pull.draft is True
    pull.mark_ready_for_review()
    pull.edit(title="Fix the answer", body="Better")
    assert repo.get_pull(1).title == "Fix the answer"
    merged = pull.merge(sha=pull.head.sha, merge_method="squash", commit_title="Fix the answer (#1)")
    assert merged.merged
    assert repo.get_branch("main").commit.sha == merged.sha
    content = repo.get_contents("app.py")
    assert not isinstance(content, list)
    assert content.decoded_content == b"def answer():\n    return 42\n"
    assert repo.get_pull(1).merged
    stage.idle()
    actions = [h.payload["action"] for h in stage.inbox.of(name, "pull_request")]
    assert actions == [
        "opened",
        "ready_for_review",
        "converted_to_draft",
        "ready_for_review",
        "edited",
        "closed",
    ]


def test_the_list_is_filtered_by_head_base_and_state(stage: Stage) -> None:
    name = stage.new_repo()
    one, two = opened(stage, name, "one"), opened(stage, name, "two")
    repo = stage.as_app(name)
    assert [p.number for p in repo.get_pulls(head="acme:one")] == [one.number]
    assert [p.number for p in repo.get_pulls(head="other:one")] == []
    assert [p.number for p in repo.get_pulls(base="nope")] == []
    two.edit(state="closed")
    assert [p.number for p in repo.get_pulls()] == [one.number]
    assert [p.number for p in repo.get_pulls(state="all")] == [two.number, one.number]
    assert [p.number for p in repo.get_pulls(state="closed", head="acme:two")] == [two.number]


def test_a_second_pull_request_for_the_same_head_is_refused(stage: Stage) -> None:
    name = stage.new_repo()
    opened(stage, name)
    status, errors = refused(stage.as_app(name), "main", "t")
    assert status == 422
    assert errors == [
        {
            "resource": "PullRequest",
            "code": "custom",
            "message": "A pull request already exists for acme:t.",
        }
    ]


def test_a_head_or_base_that_is_not_there_is_refused(stage: Stage) -> None:
    name = stage.new_repo()
    stage.branch(name, "t", {"x": "1\n"})
    repo = stage.as_app(name)
    assert refused(repo, "main", "missing")[1] == [
        {"resource": "PullRequest", "field": "head", "code": "invalid"}
    ]
    assert refused(repo, "main", "stranger:t")[1][0]["field"] == "head"
    assert refused(repo, "missing", "t")[1] == [
        {"resource": "PullRequest", "field": "base", "code": "invalid"}
    ]


def test_a_head_without_new_commits_is_refused(stage: Stage) -> None:
    name = stage.new_repo()
    repo = stage.as_app(name)
    repo.create_git_ref("refs/heads/same", repo.get_branch("main").commit.sha)
    assert refused(repo, "main", "same")[1][0]["message"] == "No commits between main and same"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("body", "x" * 65_537, "body is too long (maximum is 65536 characters)"),
        ("title", "x" * 257, "title is too long (maximum is 256 characters)"),
    ],
)
def test_texts_that_are_too_long_are_refused(stage: Stage, field: str, value: str, message: str) -> None:
    name = stage.new_repo()
    pull = opened(stage, name)
    with pytest.raises(GithubException) as error:
        pull.edit(title=value if field == "title" else NotSet, body=value if field == "body" else NotSet)
    assert error.value.status == 422
    assert isinstance(error.value.data, dict)
    assert error.value.data["errors"][0]["message"] == message


def test_mergeable_is_unknown_first_and_true_later(stage: Stage) -> None:
    name = stage.new_repo()
    pull = opened(stage, name)
    assert pull.mergeable is None
    assert pull.mergeable_state == "unknown"
    again = stage.as_app(name).get_pull(pull.number)
    assert (again.mergeable, again.mergeable_state) == (True, "clean")


def test_a_conflict_is_dirty_and_cannot_be_merged(stage: Stage) -> None:
    name = stage.new_repo()
    pull = opened(stage, name)
    stage.branch(name, "main", {"app.py": "def answer():\n    return 'else'\n"})
    pull.update()
    until(lambda: pull.update() is False or pull.mergeable is not None, "mergeable")
    fresh = stage.as_app(name).get_pull(pull.number)
    assert (fresh.mergeable, fresh.mergeable_state) == (False, "dirty")
    with pytest.raises(GithubException) as error:
        fresh.merge()
    assert error.value.status == 405
    assert error.value.message == "Pull Request is not mergeable"


def test_a_merge_of_another_sha_is_409(stage: Stage) -> None:
    name = stage.new_repo()
    pull = opened(stage, name)
    old = pull.head.sha
    stage.branch(name, "t", {"more": "1\n"})
    with pytest.raises(GithubException) as error:
        pull.merge(sha=old)
    assert (error.value.status, error.value.message) == (
        409,
        "Head branch was modified. Review and try the merge again.",
    )


def test_a_draft_and_a_closed_pull_request_cannot_be_merged(stage: Stage) -> None:
    name = stage.new_repo()
    pull = opened(stage, name, draft=True)
    with pytest.raises(GithubException) as draft:
        pull.merge()
    assert (draft.value.status, draft.value.message) == (405, "Pull Request is still a draft")
    pull.edit(state="closed")
    with pytest.raises(GithubException) as closed:
        pull.merge()
    assert closed.value.status == 405


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_each_way_of_merging_makes_its_kind_of_history(stage: Stage, method: str) -> None:
    name = stage.new_repo()
    stage.branch(name, "t", {"one": "1\n"})
    stage.branch(name, "t", {"two": "2\n"})
    stage.branch(name, "main", {"three": "3\n"})
    repo = stage.as_app(name)
    pull = repo.create_pull("main", "t", title="T", body="")
    sha = pull.merge(merge_method=method).sha
    commit = repo.get_commit(sha)
    assert len(commit.parents) == (2 if method == "merge" else 1)
    count = len(list(repo.get_commits()))
    assert count == {"merge": 5, "squash": 3, "rebase": 4}[method]
    tree = {e.path for e in repo.get_git_tree(sha).tree}
    assert {"one", "two", "three"} <= tree
    assert pull.update()
    assert pull.merge_commit_sha == sha


def test_protection_blocks_the_merge_until_checks_and_approvals_are_there(stage: Stage) -> None:
    name = stage.new_repo(protect={"main": {"required_checks": ["build"], "required_approvals": 1}})
    pull = opened(stage, name)
    until(lambda: stage.as_app(name).get_pull(1).mergeable_state == "blocked", "blocked")
    with pytest.raises(GithubException) as error:
        pull.merge()
    assert error.value.message == 'Required status check "build" is expected.'
    stage.as_app(name).get_commit(pull.head.sha).create_status("success", context="build")
    with pytest.raises(GithubException) as error:
        pull.merge()
    assert error.value.message == "At least 1 approving review is required by reviewers with write access."
    stage.act("rosa", "approve", name, number=1)
    with pytest.raises(GithubException):
        pull.merge()
    stage.act("marco", "approve", name, number=1)
    assert pull.merge().merged


def test_auto_merge_waits_for_the_required_check(stage: Stage) -> None:
    name = stage.new_repo(protect={"main": {"required_checks": ["build"]}})
    pull = opened(stage, name)
    pull.enable_automerge(merge_method="SQUASH", expected_head_oid=pull.head.sha)
    assert stage.as_app(name).get_pull(1).raw_data["auto_merge"]["merge_method"] == "squash"
    stage.as_app(name).get_commit(pull.head.sha).create_status("success", context="build")
    assert stage.as_app(name).get_pull(1).merged


def test_auto_merge_of_a_clean_pull_request_is_refused(stage: Stage) -> None:
    name = stage.new_repo(protect={"main": {}})
    pull = opened(stage, name)
    with pytest.raises(GithubException) as error:
        pull.enable_automerge()
    assert "Pull request is in clean status" in str(error.value)


def test_auto_merge_must_be_allowed_by_the_repository(stage: Stage) -> None:
    name = stage.new_repo(protect={"main": {"required_checks": ["x"]}}, allow_auto_merge=False)
    with pytest.raises(GithubException) as error:
        opened(stage, name).enable_automerge()
    assert "Auto merge is not allowed for this repository" in str(error.value)


def test_update_branch_merges_the_base_into_the_head(stage: Stage) -> None:
    name = stage.new_repo()
    pull = opened(stage, name)
    path = f"/repos/{name}/pulls/{pull.number}/update-branch"
    refused = stage.rest("PUT", path, token=TOKENS["priya"], body={})
    assert refused.json()["message"] == "There are no new commits on the base branch."
    stage.branch(name, "main", {"new": "1\n"})
    assert pull.update_branch(expected_head_sha=pull.head.sha)
    old = pull.head.sha
    assert pull.update()
    assert pull.head.sha != old
    assert stage.as_app(name).get_commit(pull.head.sha).parents[0].sha == old


def test_a_closed_pull_request_can_be_reopened_but_a_merged_one_cannot(stage: Stage) -> None:
    name = stage.new_repo()
    pull = opened(stage, name)
    pull.edit(state="closed")
    pull.edit(state="open")
    assert pull.state == "open"
    pull.merge()
    with pytest.raises(GithubException) as error:
        pull.edit(state="open")
    assert error.value.status == 422


def test_code_owners_are_asked_only_once_it_is_ready(stage: Stage) -> None:
    owners = {".github/CODEOWNERS": "* @marco\n/docs/ @ada\n*.py @priya @acme/team # comment\n"}
    name = stage.new_repo({**owners, "app.py": "x = 1\n", "docs/a.md": "a\n"})
    stage.branch(name, "t", {"app.py": "x = 2\n", "docs/deep/b.md": "b\n"}, who="marco")
    pull = stage.as_app(name).create_pull("main", "t", title="T", body="", draft=True)
    assert pull.requested_reviewers == []
    pull.mark_ready_for_review()
    users, _ = pull.get_review_requests()
    assert sorted(u.login for u in users) == ["ada", "priya"]
    asked = [
        h.payload["requested_reviewer"]["login"]
        for h in stage.inbox.wait(name, "pull_request.review_requested", 2)
    ]
    assert sorted(asked) == ["ada", "priya"]


def test_reviewers_must_be_collaborators_and_not_the_author(stage: Stage) -> None:
    name = stage.new_repo()
    pull = opened(stage, name)
    pull.create_review_request(reviewers=["priya"])
    assert [u.login for u in pull.get_review_requests()[0]] == ["priya"]
    with pytest.raises(GithubException) as error:
        pull.create_review_request(reviewers=["mallory"])
    assert "is not a collaborator" in (error.value.message or "")
    stage.branch(name, "mine", {"x": "1\n"})
    mine = stage.as_person("priya", name).create_pull("main", "mine", title="T", body="")
    with pytest.raises(GithubException) as own:
        mine.create_review_request(reviewers=["priya"])
    assert own.value.message == "Review cannot be requested from pull request author."


def test_strangers_cannot_see_a_private_repository_and_readers_cannot_merge(stage: Stage) -> None:
    name = stage.new_repo()
    opened(stage, name)
    assert stage.rest("GET", f"/repos/{name}", token=TOKENS["mallory"]).status_code == 404
    assert stage.rest("GET", f"/repos/{name}").status_code == 404
    merge = stage.rest("PUT", f"/repos/{name}/pulls/1/merge", token=TOKENS["rosa"], body={})
    assert merge.status_code in (403, 404)
    assert not stage.as_app(name).get_pull(1).merged


def test_a_new_pull_request_may_be_missing_from_the_list_for_a_while(stage: Stage) -> None:
    name = stage.new_repo(list_lag_s=600)
    pull = opened(stage, name)
    assert list(stage.as_app(name).get_pulls()) == []
    assert stage.as_app(name).get_pull(pull.number).number == pull.number


def test_a_renamed_repository_redirects(stage: Stage) -> None:
    name = stage.new_repo()
    pull = opened(stage, name)
    stage.act("ada", "rename", name, name=name.split("/")[1] + "-new")
    moved = stage.rest("GET", f"/repos/{name}", token=TOKENS["priya"])
    assert (moved.status_code, moved.json()["message"]) == (301, "Moved Permanently")
    target = stage.rest("GET", moved.headers["Location"].removeprefix(stage.url), token=TOKENS["priya"])
    assert target.json()["full_name"] == name + "-new"
    assert stage.as_app(name + "-new").get_pull(pull.number).title == "Change it"
