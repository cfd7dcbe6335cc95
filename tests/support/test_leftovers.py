"""A test that leaves something behind fails its session."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECK = """
import subprocess, sys, tempfile
from tests.support import leftovers
leftovers.PATIENCE_S = 0.5
with leftovers.nothing_left_behind():
    {deed}
"""


def session(deed: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-c", CHECK.format(deed=deed)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("deed", "named"),
    [
        ("tempfile.mkdtemp(prefix='forgotten-')", "forgotten-"),
        ("subprocess.Popen(['sh', '-c', 'sleep 4 & exit 0'], stdout=subprocess.DEVNULL).wait()", "sleep 4"),
        ("open('dropped.txt', 'w').close()", "dropped.txt"),
    ],
    ids=["file", "orphan", "file in the working folder"],
)
def test_the_session_fails_with_the_name_of_what_is_left(deed: str, named: str, tmp_path: Path) -> None:
    done = session(deed, tmp_path)
    assert "left behind" in done.stderr and named in done.stderr


def test_a_session_that_cleans_up_passes(tmp_path: Path) -> None:
    done = session("tempfile.TemporaryDirectory().cleanup()", tmp_path)
    assert done.returncode == 0, done.stderr


def test_what_a_program_without_the_sessions_folder_leaves_is_seen_too(tmp_path: Path) -> None:
    script = "subprocess.run(['sh', '-c', 'mktemp -d /tmp/sortie-home-XXXXXX > made'], env={'PATH': '/usr/bin:/bin'})"
    done = session(script, tmp_path)
    stray = Path((tmp_path / "made").read_text().strip())
    stray.rmdir()
    assert "left behind" in done.stderr and str(stray) in done.stderr
