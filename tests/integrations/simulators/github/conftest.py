"""A running simulator per module, a webhook inbox, and hands to use them with."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from github import Auth, Github, GithubIntegration
from github.Repository import Repository

from integrations.simulators.github.config import GitHubSimConfig
from integrations.simulators.github.seed import new_key
from integrations.simulators.github.server import GitHubSimulator

APP_ID = 4711
SECRET = "It's a Secret to Everybody"
PEOPLE = {"priya": "write", "marco": "write", "rosa": "read", "tariq": "triage", "ada": "admin"}
TOKENS = {login: f"ghp_{login}0000000000000000" for login in (*PEOPLE, "mallory")}
FILES = {
    "README.md": "# demo\n",
    "app.py": "def answer():\n    return 41\n\n\ndef other():\n    return 1\n",
    "check.sh": "grep -q 'return 42' app.py && echo '1 passed' || { echo '1 failed'; exit 1; }\n",
}
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Hit:
    """One webhook as it came in."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> str:
        return self.headers["X-GitHub-Event"]

    @property
    def payload(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    @property
    def name(self) -> str:
        action = self.payload.get("action")
        return f"{self.event}.{action}" if action else self.event


@dataclass
class Inbox:
    """Collects webhooks; `answer` is the status it gives."""

    url: str = ""
    answer: int = 204
    hits: list[Hit] = field(default_factory=list)

    def of(self, repo: str, event: str = "") -> list[Hit]:
        """Hits about one repository, optionally only `event` or `event.action`."""
        found = [h for h in self.hits if h.payload.get("repository", {}).get("full_name") == repo]
        return [h for h in found if event in ("", h.event, h.name)]

    def wait(self, repo: str, event: str, count: int = 1) -> list[Hit]:
        """Poll until there are `count` such hits."""
        until(lambda: len(self.of(repo, event)) >= count, f"{count} {event} for {repo}")
        return self.of(repo, event)


def until(done: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Poll until `done` or fail."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.02)


@dataclass
class Stage:
    """One simulator and everything a test does with it."""

    simulator: GitHubSimulator
    inbox: Inbox
    key: str
    root: Path
    clients: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.simulator.url

    def new_repo(self, files: Mapping[str, str] | None = None, **raw: Any) -> str:
        """A fresh repository acme/demo-N; its full name."""
        name = f"demo-{next(_numbers)}"
        source = self.root / "sources" / name
        for path, text in (FILES if files is None else files).items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_text(text)
        body = {"full_name": f"acme/{name}", "from_path": str(source), "collaborators": PEOPLE, **raw}
        self.control("POST", "/repos", body)
        return f"acme/{name}"

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the control API; its JSON."""
        response = requests.request(method, f"{self.url}/_sim{path}", json=body, timeout=20)
        assert response.ok, response.text
        return response.json()

    def act(self, who: str, do: str, repo: str, **more: Any) -> Any:
        return self.control("POST", "/act", {"as": who, "do": do, "repo": repo, **more})

    def integration(self, prefix: str = "") -> GithubIntegration:
        made = GithubIntegration(auth=Auth.AppAuth(APP_ID, self.key), base_url=self.url + prefix)
        self.clients.append(made)
        return made

    def installation_token(self, repo: str, **body: Any) -> str:
        """A fresh installation token by plain HTTP."""
        jwt = Auth.AppAuth(APP_ID, self.key).create_jwt()
        inst = self.rest("GET", f"/repos/{repo}/installation", token=jwt).json()["id"]
        made = self.rest("POST", f"/app/installations/{inst}/access_tokens", token=jwt, body=body)
        assert made.status_code == 201, made.text
        token: str = made.json()["token"]
        return token

    def github(self, token: str, prefix: str = "") -> Github:
        made = Github(
            auth=Auth.Token(token),
            base_url=self.url + prefix,
            retry=None,
            seconds_between_requests=0,
            seconds_between_writes=0,
        )
        self.clients.append(made)
        return made

    def as_app(self, repo: str, prefix: str = "") -> Repository:
        """The repository through PyGithub as the App."""
        return self.github(self.installation_token(repo), prefix).get_repo(repo)

    def as_person(self, login: str, repo: str, prefix: str = "") -> Repository:
        """The repository through PyGithub as a person."""
        return self.github(TOKENS[login], prefix).get_repo(repo)

    def rest(
        self, method: str, path: str, *, token: str | None = None, body: Any = None, **more: Any
    ) -> requests.Response:
        """One plain request."""
        headers = {**more.pop("headers", {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return requests.request(
            method, self.url + path, json=body, headers=headers, timeout=30, allow_redirects=False, **more
        )

    def git_url(self, repo: str, token: str | None) -> str:
        auth = f"x-access-token:{token}@" if token else ""
        return f"http://{auth}127.0.0.1:{self.simulator.port}/{repo}.git"

    def clone(self, repo: str, token: str) -> Path:
        """A work tree of the repository."""
        target = self.root / "work" / f"{repo.rpartition('/')[2]}-{next(_numbers)}"
        target.parent.mkdir(exist_ok=True)
        assert git(self.root, "clone", "--quiet", self.git_url(repo, token), str(target)).returncode == 0
        return target

    def branch(self, repo: str, name: str, files: Mapping[str, str | None], who: str = "priya") -> str:
        """Commit files to a branch; the commit."""
        sha: str = self.act(who, "push_commit", repo, branch=name, files=files)["sha"]
        return sha

    def idle(self) -> None:
        """Wait until CI and webhooks are done."""
        until(lambda: bool(self.control("GET", "/idle")["idle"]), "CI and webhooks", 40)


def git(where: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Real git, with nobody's configuration."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(where),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@example.com",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.com",
    }
    command = ["git", "-C", str(where), *args]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def commit(work: Path, files: Mapping[str, str], message: str = "Change") -> str:
    """Write files and commit them in a work tree; the commit."""
    for path, text in files.items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(text)
    assert git(work, "add", "--all").returncode == 0
    assert git(work, "commit", "--quiet", "-m", message).returncode == 0
    return git(work, "rev-parse", "HEAD").stdout.strip()


@pytest.fixture(scope="session")
def app_key() -> str:
    return new_key()


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    box = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            box.hits.append(Hit(dict(self.headers), body))
            self.send_response(box.answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    box.url = f"http://127.0.0.1:{server.server_port}/github"
    yield box
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, inbox: Inbox, app_key: str) -> Iterator[Stage]:
    root = tmp_path_factory.mktemp("github")
    config = GitHubSimConfig(
        root=root / "sim",
        webhook_url=inbox.url,
        webhook_secret=SECRET,
        app_id=APP_ID,
        app_key_pem=app_key,
        seed={
            "users": [{"login": login, "token": token} for login, token in TOKENS.items()],
            "orgs": [{"login": "acme", "owners": ["olga"]}],
            "installations": [{"account": "acme"}],
        },
    )
    with GitHubSimulator(config) as simulator:
        made = Stage(simulator, inbox, app_key, root)
        yield made
        for client in made.clients:
            client.close()
