"""Simulators answer at once: a kernel that waits for an acknowledgement before it sends the rest would cost 40 ms each time."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.server import GitHubSimulator
from integrations.simulators.slack.config import SlackSimConfig
from integrations.simulators.slack.serve import running

DELAYED_S = 0.035
TRIES = 40


def quickest_s(url: str) -> float:
    """Of answers on one kept connection. The first ones of a connection are never delayed, so they do not count."""
    took: list[float] = []
    with httpx2.Client(trust_env=False) as http:
        for _ in range(TRIES):
            began_s = time.perf_counter()
            http.get(url)
            took.append(time.perf_counter() - began_s)
    return min(took[TRIES // 2 :])


@contextmanager
def model(tmp_path: Path) -> Iterator[str]:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"roles": {"any": {"match": {}, "steps": [{"say": "done"}]}}}))
    argv = (sys.executable, "-m", "integrations.simulators.model", "--script", str(script))
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


def test_slack_answers_at_once() -> None:
    with running(SlackSimConfig(signing_secret="s")) as url:
        assert quickest_s(f"{url}/api/auth.test") < DELAYED_S


def test_github_answers_at_once(tmp_path: Path) -> None:
    with GitHubSimulator(GitHubSimConfig(root=tmp_path)) as running_github:
        assert quickest_s(f"{running_github.url}/meta") < DELAYED_S


def test_the_model_answers_at_once(tmp_path: Path) -> None:
    with model(tmp_path) as url:
        assert quickest_s(f"{url}/v1/models") < DELAYED_S
