"""git over HTTP: who may fetch and push, what rules refuse, and what a push sets off."""

from __future__ import annotations

import pytest

from tests.integrations.simulators.github.conftest import TOKENS, Stage, commit, git


def test_a_clone_with_an_installation_token_has_the_files(stage: Stage) -> None:
    repo = stage.new_repo()
    work = stage.clone(repo, stage.installation_token(repo))
    assert (work / "app.py").read_text().startswith("def answer()")


@pytest.mark.parametrize("token", ["ghp_unknown", None])
def test_an_unknown_or_missing_token_is_asked_to_authenticate(stage: Stage, token: str | None) -> None:
    repo = stage.new_repo()
    refused = git(stage.root, "ls-remote", stage.git_url(repo, token))
    assert refused.returncode != 0
    assert "Authentication failed" in refused.stderr or "could not read Username" in refused.stderr


def test_a_public_repository_is_readable_by_anyone_but_not_writable(stage: Stage) -> None:
    repo = stage.new_repo(private=False)
    assert "refs/heads/main" in git(stage.root, "ls-remote", stage.git_url(repo, None)).stdout
    work = stage.clone(repo, TOKENS["mallory"])
    commit(work, {"x": "1\n"})
    refused = git(work, "push", "origin", "HEAD:refs/heads/x")
    assert refused.returncode != 0
    assert "403" in refused.stderr


def test_a_private_repository_does_not_exist_for_strangers(stage: Stage) -> None:
    repo = stage.new_repo()
    refused = git(stage.root, "ls-remote", stage.git_url(repo, TOKENS["mallory"]))
    assert "not found" in refused.stderr.lower()


@pytest.mark.parametrize("login", ["rosa", "tariq"])
def test_read_and_triage_may_clone_but_not_push(stage: Stage, login: str) -> None:
    repo = stage.new_repo()
    work = stage.clone(repo, TOKENS[login])
    commit(work, {"x": "1\n"})
    refused = git(work, "push", "origin", "HEAD:refs/heads/x")
    assert "403" in refused.stderr
    assert "x" not in git(work, "ls-remote", "--heads", "origin").stdout.replace("origin", "")


def test_a_token_without_contents_write_may_not_push(stage: Stage) -> None:
    repo = stage.new_repo()
    work = stage.clone(repo, stage.installation_token(repo, permissions={"contents": "read"}))
    commit(work, {"x": "1\n"})
    assert "403" in git(work, "push", "origin", "HEAD:refs/heads/x").stderr


def test_a_push_to_a_protected_branch_is_refused_with_github_s_words(stage: Stage) -> None:
    repo = stage.new_repo(protect={"main": {}})
    work = stage.clone(repo, TOKENS["priya"])
    commit(work, {"x": "1\n"})
    refused = git(work, "push", "origin", "HEAD:main")
    assert refused.returncode != 0
    assert "GH006: Protected branch update failed for refs/heads/main" in refused.stderr
    assert "Changes must be made through a pull request." in refused.stderr
    assert "[remote rejected]" in refused.stderr
    assert git(work, "push", "origin", "HEAD:refs/heads/topic").returncode == 0


def test_a_protected_branch_cannot_be_deleted_or_rewritten(stage: Stage) -> None:
    repo = stage.new_repo(protect={"rel": {"require_pull": False}})
    work = stage.clone(repo, TOKENS["priya"])
    commit(work, {"x": "1\n"})
    assert git(work, "push", "origin", "HEAD:refs/heads/rel").returncode == 0
    assert git(work, "commit", "--amend", "-m", "Other").returncode == 0
    assert "Cannot force-push to this branch" in git(work, "push", "--force", "origin", "HEAD:rel").stderr
    assert "Cannot delete this branch" in git(work, "push", "origin", ":rel").stderr


def test_an_admin_passes_protection_unless_it_includes_admins(stage: Stage) -> None:
    repo = stage.new_repo(protect={"main": {}})
    work = stage.clone(repo, TOKENS["ada"])
    commit(work, {"x": "1\n"})
    assert git(work, "push", "origin", "HEAD:main").returncode == 0
    stage.act("ada", "protect", repo, branch="main", rules={"enforce_admins": True})
    commit(work, {"x": "2\n"})
    assert "GH006" in git(work, "push", "origin", "HEAD:main").stderr


def test_a_rewritten_branch_needs_force_and_may_be_forbidden_altogether(stage: Stage) -> None:
    repo = stage.new_repo(deny_non_fast_forward=True)
    work = stage.clone(repo, TOKENS["priya"])
    commit(work, {"x": "1\n"})
    assert git(work, "push", "origin", "HEAD:refs/heads/t").returncode == 0
    assert git(work, "commit", "--amend", "-m", "Other").returncode == 0
    assert "non-fast-forward" in git(work, "push", "origin", "HEAD:refs/heads/t").stderr
    assert "rejected" in git(work, "push", "--force", "origin", "HEAD:refs/heads/t").stderr


def test_an_app_without_the_workflows_permission_cannot_push_workflow_files(stage: Stage) -> None:
    repo = stage.new_repo()
    work = stage.clone(repo, stage.installation_token(repo))
    commit(work, {".github/workflows/ci.yml": "on: push\n"})
    refused = git(work, "push", "origin", "HEAD:refs/heads/w")
    assert refused.returncode != 0
    assert "workflow `.github/workflows/ci.yml` without `workflows` permission" in refused.stderr
    assert git(work, "push", stage.git_url(repo, TOKENS["priya"]), "HEAD:refs/heads/w").returncode == 0


def test_refs_of_pull_requests_cannot_be_pushed(stage: Stage) -> None:
    repo = stage.new_repo()
    work = stage.clone(repo, TOKENS["priya"])
    commit(work, {"x": "1\n"})
    assert "hidden ref" in git(work, "push", "origin", "HEAD:refs/pull/9/head").stderr


def test_a_large_push_in_chunks_and_gzipped_fetches_work(stage: Stage) -> None:
    repo = stage.new_repo()
    work = stage.clone(repo, TOKENS["priya"])
    sha = commit(work, {f"data/{n}.txt": f"{n * 7919 % 1009}\n" * 900 for n in range(200)})
    pushed = git(work, "-c", "http.postBuffer=4096", "push", "origin", "HEAD:refs/heads/big")
    assert pushed.returncode == 0, pushed.stderr
    again = stage.clone(repo, TOKENS["rosa"])
    assert git(again, "rev-parse", "origin/big").stdout.strip() == sha


def test_a_push_moves_the_pull_request_before_the_client_hears_of_success(stage: Stage) -> None:
    repo = stage.new_repo()
    work = stage.clone(repo, stage.installation_token(repo))
    first = commit(work, {"app.py": "def answer():\n    return 42\n"})
    assert git(work, "push", "origin", "HEAD:refs/heads/fix").returncode == 0
    pull = stage.as_app(repo).create_pull("main", "fix", title="Fix", body="", draft=True)
    assert pull.head.sha == first
    second = commit(work, {"more.py": "x = 1\n"})
    assert git(work, "push", "origin", "HEAD:refs/heads/fix").returncode == 0
    assert pull.update()
    assert pull.head.sha == second
    hit = stage.inbox.wait(repo, "pull_request.synchronize")[0].payload
    assert (hit["before"], hit["after"], hit["number"]) == (first, second, pull.number)
    assert hit["pull_request"]["head"]["sha"] == second
    pushes = [h.payload for h in stage.inbox.wait(repo, "push", 2)]
    assert [p["after"] for p in pushes] == [first, second]
    assert (pushes[0]["created"], pushes[1]["created"], pushes[1]["forced"]) == (True, False, False)
    assert pushes[1]["commits"][0]["added"] == ["more.py"]
    assert stage.inbox.of(repo, "create")[0].payload["ref"] == "fix"


def test_a_force_push_is_told_as_forced(stage: Stage) -> None:
    repo = stage.new_repo()
    work = stage.clone(repo, TOKENS["priya"])
    commit(work, {"x": "1\n"})
    assert git(work, "push", "origin", "HEAD:refs/heads/t").returncode == 0
    assert git(work, "commit", "--amend", "-m", "Other").returncode == 0
    assert git(work, "push", "--force", "origin", "HEAD:refs/heads/t").returncode == 0
    assert stage.inbox.wait(repo, "push", 2)[1].payload["forced"] is True


def test_a_deleted_head_branch_closes_its_pull_request(stage: Stage) -> None:
    repo = stage.new_repo()
    stage.branch(repo, "gone", {"x": "1\n"})
    pull = stage.as_app(repo).create_pull("main", "gone", title="T", body="")
    work = stage.clone(repo, TOKENS["priya"])
    assert git(work, "push", "origin", ":gone").returncode == 0
    assert pull.update()
    assert (pull.state, pull.merged) == ("closed", False)
    deleted = stage.inbox.wait(repo, "delete")[0].payload
    assert (deleted["ref"], deleted["ref_type"]) == ("gone", "branch")


def test_pushing_the_head_to_the_base_counts_as_merging(stage: Stage) -> None:
    repo = stage.new_repo()
    work = stage.clone(repo, TOKENS["priya"])
    sha = commit(work, {"x": "1\n"})
    assert git(work, "push", "origin", "HEAD:refs/heads/t").returncode == 0
    pull = stage.as_app(repo).create_pull("main", "t", title="T", body="")
    assert git(work, "push", "origin", "HEAD:main").returncode == 0
    assert pull.update()
    assert (pull.state, pull.merged, pull.merge_commit_sha) == ("closed", True, sha)


def test_a_push_whose_answer_is_lost_has_happened(stage: Stage) -> None:
    repo = stage.new_repo()
    work = stage.clone(repo, TOKENS["priya"])
    sha = commit(work, {"x": "1\n"})
    path = f"POST /{repo}.git/git-receive-pack"
    stage.control("POST", "/faults", {"match": path, "kind": "reset", "when": "after_commit"})
    assert git(work, "push", "origin", "HEAD:refs/heads/lost").returncode != 0
    assert sha in git(work, "ls-remote", "origin", "refs/heads/lost").stdout
    stage.inbox.wait(repo, "push")


def test_a_push_can_be_declined_on_demand(stage: Stage) -> None:
    repo = stage.new_repo()
    work = stage.clone(repo, TOKENS["priya"])
    commit(work, {"x": "1\n"})
    path = f"POST /{repo}.git/git-receive-pack"
    stage.control("POST", "/faults", {"match": path, "kind": "decline_push"})
    assert "GH013" in git(work, "push", "origin", "HEAD:refs/heads/d").stderr
    assert git(work, "push", "origin", "HEAD:refs/heads/d").returncode == 0
