"""CI that really runs: outcomes come from commands, in a sandbox, and are told like GitHub's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests
from github.PullRequest import PullRequest

from tests.integrations.simulators.github.conftest import TOKENS, Stage, until


def opened(
    stage: Stage, *commands: str, files: dict[str, str | None] | None = None, **ci: Any
) -> PullRequest:
    """A draft pull request in a repository whose CI runs these commands."""
    jobs = [{"name": f"job{n}", "command": c, "timeout_s": 20} for n, c in enumerate(commands)]
    name = stage.new_repo(ci={"jobs": jobs, **ci})
    stage.branch(name, "t", files or {"app.py": "def answer():\n    return 42\n"})
    return stage.as_app(name).create_pull("main", "t", title="T", body="", draft=True)


def concluded(stage: Stage, pull: PullRequest) -> dict[str, str]:
    """Conclusions by job, once all are there."""
    commit = pull.base.repo.get_commit(pull.head.sha)

    def done() -> bool:
        runs = list(commit.get_check_runs())
        return bool(runs) and all(r.status == "completed" for r in runs)

    until(done, "CI", 40)
    return {r.name: r.conclusion for r in commit.get_check_runs()}


def log_of(stage: Stage, pull: PullRequest, job: str = "job0") -> str:
    """A job's log the way a client gets it: run → jobs → redirect → text."""
    run = pull.base.repo.get_workflow_runs(head_sha=pull.head.sha)[0]
    found = next(j for j in run.jobs() if j.name == job)
    return requests.get(found.logs_url(), timeout=10).text


def test_the_outcome_is_the_command_s_and_a_push_runs_it_again(stage: Stage) -> None:
    pull = opened(stage, "sh check.sh", "true", files={"app.py": "def answer():\n    return 41\n# x\n"})
    name = pull.base.repo.full_name
    assert concluded(stage, pull) == {"job0": "failure", "job1": "success"}
    assert "1 failed" in log_of(stage, pull)
    stage.branch(name, "t", {"app.py": "def answer():\n    return 42\n"})
    pull.update()
    assert concluded(stage, pull) == {"job0": "success", "job1": "success"}
    assert "1 passed" in log_of(stage, pull)
    stage.idle()
    runs = [h.payload for h in stage.inbox.of(name, "check_run")]
    assert [r["action"] for r in runs].count("completed") == 4
    conclusions = [
        h.payload["check_suite"]["conclusion"] for h in stage.inbox.of(name, "check_suite.completed")
    ]
    assert conclusions == ["failure", "success"]
    flow = [h.payload["action"] for h in stage.inbox.of(name, "workflow_run")]
    assert flow == ["requested", "in_progress", "completed"] * 2
    assert (
        stage.inbox.of(name, "workflow_run.completed")[0].payload["workflow_run"]["conclusion"] == "failure"
    )


def test_the_command_sees_no_network_no_secrets_and_a_read_only_system(stage: Stage) -> None:
    probe = "; ".join(
        [
            "env | sort",
            "id -u",
            "ls -A $HOME /root /home 2>&1",
            "ls /sys/class/net 2>/dev/null; cat /proc/net/dev | tail -n +3 | cut -d: -f1",
            "touch /usr/x 2>&1; touch /etc/x 2>&1; touch /tmp/ok && echo tmp-ok",
            "cat /etc/shadow 2>&1",
            f"python3 -c \"import socket; socket.create_connection(('127.0.0.1', {stage.simulator.port}), 2)\" 2>&1 | tail -1",
            "git log --oneline | wc -l",
            "kill -0 1 2>&1; ps aux 2>/dev/null | wc -l",
        ]
    )
    pull = opened(stage, probe)
    concluded(stage, pull)
    log = log_of(stage, pull)
    assert "HOME=/home/ci" in log
    assert "Read-only file system" in log
    assert "tmp-ok" in log
    assert "/etc/shadow: No such file" in log
    assert "ConnectionRefusedError" in log or "Network is unreachable" in log
    for word in ("TOKEN", "ANTHROPIC", "AWS", str(stage.root)):
        assert word not in log.split("\n", 1)[1]
    if os.geteuid() == 0:
        assert "\n0\n" not in log.split("\n", 1)[1].split("tmp-ok")[0]


def test_a_command_that_never_ends_times_out(stage: Stage) -> None:
    name = stage.new_repo(
        ci={"jobs": [{"name": "slow", "command": "echo begun; sleep 600", "timeout_s": 0.5}]}
    )
    stage.branch(name, "t", {"x": "1\n"})
    pull = stage.as_app(name).create_pull("main", "t", title="T", body="")
    assert concluded(stage, pull) == {"slow": "timed_out"}
    assert "begun" in log_of(stage, pull, "slow")


def test_output_without_end_is_cut_not_kept(stage: Stage) -> None:
    pull = opened(stage, "yes | head -c 3000000; exit 3")
    assert concluded(stage, pull) == {"job0": "failure"}
    log = log_of(stage, pull)
    assert len(log) < 1_100_000
    assert "bytes of output left out" in log


def test_a_job_may_report_as_a_status(stage: Stage) -> None:
    jobs = [{"name": "ci/lint", "command": "echo long line; exit 1", "app": "status"}]
    name = stage.new_repo(ci={"jobs": jobs})
    stage.branch(name, "t", {"x": "1\n"})
    pull = stage.as_app(name).create_pull("main", "t", title="T", body="")
    commit = pull.base.repo.get_commit(pull.head.sha)
    until(lambda: commit.get_combined_status().state == "failure", "the status")
    status = commit.get_combined_status().statuses[0]
    assert (status.context, status.description) == ("ci/lint", "Exit code 1")
    page = requests.get(status.target_url, headers={"Accept": "text/html"}, timeout=10)
    assert "long line" in page.text
    assert commit.get_check_runs().totalCount == 0
    hits = [h.payload["state"] for h in stage.inbox.wait(name, "status", 2)]
    assert hits == ["pending", "failure"]


def test_a_toolchain_directory_can_be_lent_to_the_jobs(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    tool = tmp_path / "bin" / "mytool"
    tool.write_text("#!/bin/sh\necho tool says hello; touch $0.x 2>&1\n")
    tool.chmod(0o755)
    tmp_path.chmod(0o755)
    pull = opened(stage, "mytool", ro_binds=[str(tmp_path)], path=[str(tmp_path / "bin")])
    concluded(stage, pull)
    log = log_of(stage, pull)
    assert "tool says hello" in log
    assert "Read-only file system" in log


def test_a_repository_without_ci_has_no_checks(stage: Stage) -> None:
    pull = opened(stage, "true", runner="none")
    assert pull.base.repo.get_commit(pull.head.sha).get_check_runs().totalCount == 0
    assert pull.base.repo.get_workflow_runs().totalCount == 0


def test_a_run_can_be_asked_for_again(stage: Stage) -> None:
    pull = opened(stage, "true")
    concluded(stage, pull)
    run = pull.base.repo.get_workflow_runs(head_sha=pull.head.sha)[0]
    path = f"/repos/{pull.base.repo.full_name}/actions/runs/{run.id}/rerun"
    assert stage.rest("POST", path, token=TOKENS["priya"]).status_code == 201
    until(lambda: pull.base.repo.get_workflow_runs(head_sha=pull.head.sha).totalCount == 2, "a second run")
    concluded(stage, pull)


def test_without_bubblewrap_the_check_fails_with_a_clear_text(tmp_path: Path) -> None:
    binaries = tmp_path / "bin"
    binaries.mkdir()
    for name in ("git", "sh"):
        found = shutil.which(name)
        assert found
        (binaries / name).symlink_to(found)
    source = tmp_path / "src"
    source.mkdir()
    (source / "a").write_text("1\n")
    repo = {
        "full_name": "acme/x",
        "from_path": str(source),
        "ci": {"jobs": [{"name": "t", "command": "true"}]},
    }
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"users": [{"login": "p", "site_admin": True}], "repos": [repo]}))
    command = [sys.executable, "-m", "integrations.simulators.github", "--root", str(tmp_path / "sim")]
    arguments = [*command, "--seed", str(seed), "--token", "ghp_abcdefgh12345", "--login", "p"]
    env = {"PATH": str(binaries), "PYTHONPATH": os.getcwd(), "HOME": str(tmp_path)}
    with subprocess.Popen(arguments, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        try:
            bodies: list[dict[str, Any]] = [
                {"do": "push_commit", "branch": "t", "files": {"a": "2\n"}},
                {"do": "open_pull", "head": "t", "title": "T"},
            ]
            for body in bodies:
                answer = requests.post(
                    f"{url}/_sim/act", json={"as": "p", "repo": "acme/x", **body}, timeout=10
                )
                assert answer.ok, answer.text
            headers = {"Authorization": "Bearer ghp_abcdefgh12345"}

            def runs() -> list[dict[str, Any]]:
                got = requests.get(f"{url}/repos/acme/x/commits/t/check-runs", headers=headers, timeout=10)
                found: list[dict[str, Any]] = got.json()["check_runs"]
                return found

            until(lambda: bool(runs()) and runs()[0]["status"] == "completed", "the check")
            assert runs()[0]["conclusion"] == "failure"
            assert "bubblewrap (bwrap) is not installed" in runs()[0]["output"]["summary"]
        finally:
            process.terminate()
            assert process.wait(15) == 0
