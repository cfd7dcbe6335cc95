"""The one way to call git is bounded and takes no configuration but ours."""

import time
from pathlib import Path

import pytest

from tasks.workspace.git import GitFailed, GitTimedOut, GitTooMuch, git
from tasks.workspace.process import Bounds, run
from tests.tasks.workspace.repos import make_bare


def test_configuration_of_the_machine_and_the_person_is_not_read(
    tmp_path: Path,
) -> None:
    repo = tmp_path / "r"
    make_bare(repo, {"a": "1"})
    listed = git(repo, "config", "--list", "--show-origin").decode()
    origins = {line.split("\t")[0] for line in listed.splitlines()}
    assert origins <= {"command line:", f"file:{repo}/config"}
    assert "core.hookspath=/dev/null" in listed


def test_hardening_survives_an_environment_that_wants_otherwise(tmp_path: Path) -> None:
    repo = tmp_path / "r"
    make_bare(repo, {"a": "1"})
    evil = tmp_path / "evil.cfg"
    evil.write_text("[alias]\n\tpwn = !touch pwned\n[core]\n\thooksPath = /tmp\n")
    env = {"GIT_CONFIG_GLOBAL": str(evil), "HOME": str(tmp_path), "GIT_TERMINAL_PROMPT": "1"}
    assert b"evil" not in git(repo, "config", "--list", "--show-origin", env=env)


def test_only_the_named_protocol_is_spoken(tmp_path: Path) -> None:
    repo = tmp_path / "r"
    make_bare(repo, {"a": "1"})
    for url in (str(repo), f"file://{repo}", f"ext::sh -c 'touch {tmp_path}/pwned'", "ssh://h.invalid/x"):
        with pytest.raises(GitFailed, match="not allowed"):
            git(None, "ls-remote", "--", url)
        with pytest.raises(GitFailed, match="not allowed"):
            git(None, "ls-remote", "--", url, env={"GIT_ALLOW_PROTOCOL": "https"})
    assert not (tmp_path / "pwned").exists()


def test_a_git_that_does_not_end_is_killed_with_its_children(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(GitTimedOut):
        git(None, "-c", "alias.hang=!sleep 60 & sleep 60", "hang", bounds=Bounds(timeout_s=0.5))
    assert time.monotonic() - started < 5


def test_children_of_a_command_are_gone_when_it_returns(tmp_path: Path) -> None:
    script = "(sleep 5; touch late) >/dev/null 2>&1 & echo $!"
    ended = run(["/bin/sh", "-c", script], env={"PATH": "/usr/bin:/bin"}, bounds=Bounds())
    pid = int(ended.stdout)
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}/status").exists() and time.monotonic() < deadline:
        if "State:\tZ" in Path(f"/proc/{pid}/status").read_text():
            break
    else:
        assert not Path(f"/proc/{pid}").exists()


def test_a_flood_of_output_is_an_error_or_cut(tmp_path: Path) -> None:
    flood = ("-c", "alias.flood=!yes", "flood")
    with pytest.raises(GitTooMuch):
        git(None, *flood, bounds=Bounds(output_bytes=1000))
    assert len(git(None, *flood, bounds=Bounds(output_bytes=1000, truncate=True))) == 1000


def test_a_file_as_stdin_is_read_from_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"headBODY")
    with path.open("rb", buffering=0) as file:
        file.seek(4)
        ended = run(["/bin/cat"], env={}, stdin=file, bounds=Bounds())
    assert ended.stdout == b"BODY"


def test_memory_of_a_call_can_be_bounded() -> None:
    script = "read go; python3 -c 'x = bytearray(600_000_000)'"
    argv = ["/bin/bash", "-c", script]
    env = {"PATH": "/usr/bin:/bin"}
    assert run(argv, env=env, stdin=b"go\n", bounds=Bounds()).exit_code == 0
    assert run(argv, env=env, stdin=b"go\n", bounds=Bounds(address_space_mb=300)).exit_code != 0
