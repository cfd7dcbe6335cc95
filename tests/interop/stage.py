"""A repository on a code host that is not ours, what people do there, and our clients before it."""

import base64
import itertools
from dataclasses import dataclass, field
from typing import Any

import httpx2

from integrations.github.client import GitHubHost
from integrations.types.code_host import PullRequest

REPO = "acme/api"
CODE = "def answer():\n    return 41\n"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Stage:
    """`app` and `plain` are our client as an App and with a token; `stranger` has a token that nobody gave out.

    People act at `people`, past every proxy, with `token`.
    """

    app: GitHubHost
    plain: GitHubHost
    stranger: GitHubHost
    people: str
    token: str
    http: httpx2.Client = field(repr=False)

    def rest(self, method: str, path: str, body: Any = None, *, repo: str = REPO) -> Any:
        """What somebody other than us does by REST."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/vnd.github+json"}
        answer = self.http.request(method, f"{self.people}/repos/{repo}{path}", json=body, headers=headers)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def upload(self, text: str, branch: str) -> dict[str, Any]:
        """The body of a request that writes a file."""
        content = base64.b64encode(text.encode()).decode()
        return {"message": "Change it", "content": content, "branch": branch}

    def commit(self, branch: str) -> str:
        """A commit on a branch, which is made where it is missing; the oid. No two have the same content."""
        path, text = "app.py", f"def answer():\n    return 42 + {next(_numbers)}\n"
        base = self.rest("GET", "/git/ref/heads/main")["object"]["sha"]
        known = [row["name"] for row in self.rest("GET", "/branches?per_page=100")]
        if branch not in known:
            self.rest("POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": base})
        body = self.upload(text, branch)
        held = {row["path"]: row["sha"] for row in self.rest("GET", f"/contents?ref={branch}")}
        if path in held:
            body["sha"] = held[path]
        return str(self.rest("PUT", f"/contents/{path}", body)["commit"]["sha"])

    def branch(self) -> tuple[str, str]:
        """A fresh branch with one commit: its name and oid."""
        name = f"sortie-R-{next(_numbers)}"
        return name, self.commit(name)

    def pull(self) -> PullRequest:
        """A fresh draft that our App opened."""
        name, _ = self.branch()
        return self.app.open_pull_request(REPO, head_ref=name, base_ref="main", title="Fix it", body="Why.")
