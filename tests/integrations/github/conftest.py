"""A GitHub that answers real HTTP, and our client before it: once as an App, once with a plain token."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from integrations.github.client import GitHubHost
from integrations.github.connection import AppCredentials
from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.seed import new_key
from integrations.simulators.github.server import GitHubSimulator

APP_ID = 4711
TOKEN = "ghp_sortiebot0000000000000000000000000000000"
PEOPLE = {"priya": "write", "rosa": "read", "tariq": "triage", "max": "maintain", "sortie-bot": "admin"}
FILES = {
    "app.py": "def answer():\n    return 41\n",
    "check.sh": "grep -q 'return 42' app.py && echo '1 passed' || { echo 'app.py: 41 is not 42'; exit 1; }\n",
}
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Scene:
    """One simulator, our clients, and hands for what people and faults do."""

    simulator: GitHubSimulator
    app: GitHubHost
    token: GitHubHost
    key: str
    root: Path

    @property
    def url(self) -> str:
        return self.simulator.url

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/_sim{path}", json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def repo(self, **more: Any) -> str:
        """A fresh repository; its name."""
        name = f"acme/demo-{next(_numbers)}"
        source = self.root / "sources" / name
        for path, text in FILES.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_text(text)
        self.control(
            "POST", "/repos", {"full_name": name, "from_path": str(source), "collaborators": PEOPLE, **more}
        )
        return name

    def branch(self, repo: str, name: str = "sortie/R-1-fix", files: Mapping[str, str] | None = None) -> str:
        """A branch with one commit; its oid."""
        body = {"as": "priya", "do": "push_commit", "repo": repo, "branch": name}
        made = self.control(
            "POST", "/act", {**body, "files": files or {"app.py": "def answer():\n    return 42\n"}}
        )
        return str(made["sha"])

    def fault(self, match: str, kind: str, **more: Any) -> None:
        self.control("POST", "/faults", {"match": match, "kind": kind, **more})

    def requests(self, method: str) -> list[str]:
        """Paths asked for with this method so far."""
        return [row["path"].split("?")[0] for row in self.control("GET", f"/requests?method={method}")]


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    root, key = tmp_path_factory.mktemp("github"), new_key()
    config = GitHubSimConfig(
        root=root / "sim",
        token=TOKEN,
        app_id=APP_ID,
        app_key_pem=key,
        seed={
            "users": [{"login": login} for login in (*PEOPLE, "mallory") if login != "sortie-bot"],
            "orgs": [{"login": "acme", "owners": ["olga"]}],
            "installations": [{"account": "acme"}],
        },
    )
    with GitHubSimulator(config) as running:
        yield Scene(
            running,
            GitHubHost(AppCredentials(APP_ID, key), api_url=running.url, git_url=running.url, timeout_s=5),
            GitHubHost(TOKEN, api_url=running.url, git_url=running.url, timeout_s=5),
            key,
            root,
        )


@pytest.fixture
def scene(simulator: Scene) -> Iterator[Scene]:
    simulator.control("DELETE", "/requests")
    yield simulator
    simulator.control("DELETE", "/faults")
