"""`sortie up` on an empty home: everything starts, answers, and ends within five seconds."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli import broker
from tests.bot.cli.test_supervise import alive
from tests.support.eventually import until
from tests.support.ports import free_port


class Up:
    """A running `sortie up` and what it said."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.said = home.parent / "said.txt"
        env = {k: v for k, v in os.environ.items() if not k.startswith("SORTIE_")}
        env |= {
            "SORTIE_HOME": str(home),
            "SORTIE_PORT": str(self.port),
            "SORTIE_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "SORTIE_GITHUB__TOKEN": "ghp_canary",
            "SORTIE_SLACK__SIGNING_SECRET": "canary-signing",
            "SORTIE_MODEL__API_KEY": "sk-ant-canary",
        }
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli.main", "up"], env=env, cwd=home.parent, stdout=out, stderr=out
            )

    def text(self) -> str:
        return self.said.read_text("utf-8", "replace")

    def children(self) -> list[int]:
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in found.split()]

    def healthy(self) -> bool:
        assert self.process.poll() is None, self.text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=1) as answer:
                return bool(json.load(answer) == {"status": "ready"})
        except OSError:
            return False


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    tree = Up(tmp_path / "home")
    yield tree
    if tree.process.poll() is None:
        tree.process.kill()
    tree.process.wait(10)


def second_tree(up: Up) -> subprocess.CompletedProcess[bytes]:
    """Another `sortie up` in the same home."""
    command = [sys.executable, "-m", "bot.cli.main", "up"]
    env = os.environ | {"SORTIE_HOME": str(up.home)}
    return subprocess.run(command, env=env, cwd=up.home.parent, capture_output=True, timeout=30)


def test_up_starts_everything_hands_out_credentials_by_process_and_ends_completely(up: Up) -> None:
    until(up.healthy, within_s=40, what="the web process")
    until(lambda: "pages:" in up.text(), what="the announcement")
    assert broker.alive(up.home)
    children = until(
        lambda: pids if len(pids := up.children()) >= 5 else None, within_s=20, what="five children"
    )
    environments = {}
    for pid in children:
        argv = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        environments[argv[2] if len(argv) > 2 and argv[1] == "-m" else argv[0]] = Path(
            f"/proc/{pid}/environ"
        ).read_text()
    assert "ghp_canary" not in environments["bot.web"] and "canary-signing" in environments["bot.web"]
    assert "sk-ant-canary" not in environments["bot.web"]
    if worker := environments.get("tasks.worker_main"):
        assert "ghp_canary" not in worker and "canary-signing" not in worker and "sk-ant-canary" in worker
    refused = second_tree(up)
    assert refused.returncode == 2 and b"CFG-006 Sortie already runs" in refused.stderr
    before = time.monotonic()
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(10) == 0, up.text()
    assert time.monotonic() - before < 5
    until(lambda: not any(alive(pid) for pid in children), what="the end of every child")


def test_up_killed_outright_leaves_nothing_and_can_start_again(up: Up) -> None:
    until(up.healthy, within_s=40, what="the web process")
    children = up.children()
    up.process.kill()
    up.process.wait(10)
    until(lambda: not any(alive(pid) for pid in children), what="the end of every child")
    again = Up(up.home)
    try:
        until(again.healthy, within_s=40, what="the second start")
    finally:
        again.process.terminate()
        again.process.wait(10)
