"""The command line and the control API."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from github import Auth, GithubIntegration

from tests.integrations.simulators.github.conftest import Stage


def test_it_says_where_it_listens_and_stops_on_sigterm(tmp_path: Path) -> None:
    source = tmp_path / "src"
    source.mkdir()
    (source / "a.txt").write_text("1\n")
    seed = {
        "users": [{"login": "priya", "id": 7, "name": "Priya"}],
        "orgs": [{"login": "acme", "owners": ["priya"]}],
        "repos": [{"full_name": "acme/x", "from_path": str(source)}],
        "installations": [{"account": "acme", "id": 99}],
    }
    (tmp_path / "seed.json").write_text(json.dumps(seed))
    command = [sys.executable, "-m", "integrations.simulators.github", "--root", str(tmp_path / "sim")]
    options = ["--token", "ghp_0123456789", "--app-id", "12", "--seed", str(tmp_path / "seed.json")]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, text=True, cwd=os.getcwd()
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        key = (tmp_path / "sim" / "app.pem").read_text()
        integration = GithubIntegration(auth=Auth.AppAuth(12, key), base_url=url)
        assert integration.get_repo_installation("acme", "x").id == 99
        integration.close()
        me = requests.get(f"{url}/user", headers={"Authorization": "token ghp_0123456789"}, timeout=10)
        assert me.json()["login"] == "sortie-bot"
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    assert (tmp_path / "sim" / "app.pem").stat().st_mode & 0o077 == 0


def test_an_existing_git_repository_is_taken_over_with_its_branches(stage: Stage, tmp_path: Path) -> None:
    def git(*args: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.test"]
        subprocess.run(["git", *identity, "-C", str(tmp_path), *args], check=True, capture_output=True)

    git("init", "-b", "trunk")
    (tmp_path / "f").write_text("1\n")
    git("add", ".")
    git("commit", "-m", "One")
    git("branch", "other")
    git("tag", "v1")
    body = {"full_name": "acme/taken", "from_path": str(tmp_path)}
    made = stage.control("POST", "/repos", body)
    assert made["default_branch"] == "trunk"
    repo = stage.as_app("acme/taken")
    assert sorted(b.name for b in repo.get_branches()) == ["other", "trunk"]
    assert [t.name for t in repo.get_tags()] == ["v1"]


@pytest.mark.parametrize(
    "body",
    [
        {"full_name": "no-slash"},
        {"full_name": "../../etc/passwd"},
        {"full_name": "acme/x.git"},
        {"full_name": "acme/y", "from_path": "/no/such/place"},
        {},
    ],
)
def test_a_repository_that_makes_no_sense_is_refused(stage: Stage, body: dict[str, str]) -> None:
    answer = requests.post(f"{stage.url}/_sim/repos", json=body, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_person_can_act_in_every_way(stage: Stage) -> None:
    name = stage.new_repo()
    sha = stage.branch(name, "t", {"x": "1\n"})
    assert stage.act("priya", "open_pull", name, head="t", title="T", draft=True) == {"number": 1}
    stage.act("priya", "ready", name, number=1)
    stage.act("priya", "draft", name, number=1)
    stage.act("priya", "ready", name, number=1)
    stage.act("marco", "label", name, number=1, labels=["a"])
    made = stage.act("marco", "comment", name, number=1, body="one")
    stage.act("marco", "edit_comment", name, number=1, comment_id=made["id"], body="two")
    stage.act("marco", "status", name, sha=sha, state="success", context="other-ci")
    stage.act("marco", "edit", name, number=1, title="Better", body="Body")
    stage.act("marco", "close", name, number=1)
    stage.act("marco", "reopen", name, number=1)
    pull = stage.as_app(name).get_pull(1)
    assert (pull.title, pull.state, pull.draft) == ("Better", "open", False)
    assert [c.body for c in pull.get_issue_comments()] == ["two"]
    stage.act("marco", "merge", name, number=1, method="squash")
    stage.act("marco", "delete_branch", name, branch="t")
    assert [b.name for b in stage.as_app(name).get_branches()] == ["main"]


@pytest.mark.parametrize(
    "body",
    [
        {"as": "nobody-here", "do": "comment", "repo": "acme/x"},
        {"as": "priya", "do": "comment", "repo": "acme/none"},
        {"as": "priya", "do": "dance", "repo": "REPO"},
        {"as": "priya", "do": "comment", "repo": "REPO"},
        {"do": "comment"},
    ],
)
def test_an_act_that_makes_no_sense_is_refused(stage: Stage, body: dict[str, str]) -> None:
    if body.get("repo") == "REPO":
        body = {**body, "repo": stage.new_repo()}
    answer = requests.post(f"{stage.url}/_sim/act", json=body, timeout=10)
    assert answer.status_code == 400
