"""One way to call GitHub: PyGithub's requester with bounded time, retries for GET alone, and our errors."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests
from github import Auth, Github, GithubException
from urllib3.util.retry import Retry

from integrations.errors import Denied, NotFound, Rejected
from integrations.github.failures import refused, unreached

Json = dict[str, Any]

PERMISSIONS = {
    "actions": "read",
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "read",
}
"""What an installation token of ours may do, and in one repository only; never workflows or administration."""

_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_EARLY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """A GitHub App: `private_key` is PEM text; without `installation_id` it is looked up per repository."""

    app_id: int
    private_key: str
    installation_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Minted:
    token: str
    expires_at: datetime


class Connection:
    """Safe to share between threads: every call makes a PyGithub client of its own, because those are not."""

    def __init__(
        self,
        credentials: str | AppCredentials,
        *,
        api_url: str,
        timeout_s: float = 20.0,
        get_retries: int = 2,
    ) -> None:
        self._credentials = credentials
        self._api_url = api_url.rstrip("/")
        self._timeout_s = timeout_s
        self._get_retries = get_retries
        self._minted: dict[str, _Minted] = {}
        self._lock = threading.Lock()

    @property
    def app_id(self) -> int | None:
        """Our App's id; None with a plain token."""
        return self._credentials.app_id if isinstance(self._credentials, AppCredentials) else None

    def token(self, repo: str) -> str:
        """A token for this repository: the plain one, or one minted for it alone and kept until it nearly expires."""
        if isinstance(self._credentials, str):
            return self._credentials
        with self._lock:
            kept = self._minted.get(repo)
        if kept is None or kept.expires_at - _EARLY < datetime.now(UTC):
            kept = self._mint(repo, self._credentials)
            with self._lock:
                self._minted[repo] = kept
        return kept.token

    def get(self, repo: str, path: str, **parameters: Any) -> Any:
        """The JSON answer of `GET /repos/{repo}{path}`; None for an empty one."""
        return self.request(repo, "GET", path, parameters=parameters)

    def pages(self, repo: str, path: str, *, key: str | None = None, **parameters: Any) -> Iterator[Json]:
        """Every row of a paginated list (up to 3,000); `key` names the list inside each answer. Raises Rejected for no list."""
        for page in range(1, 31):
            answer = self.get(repo, path, per_page=100, page=page, **parameters)
            rows = answer.get(key, answer) if key and isinstance(answer, dict) else answer
            if rows and not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
                raise Rejected(f"GitHub's answer to GET {path} makes no sense: no list")
            yield from rows or ()
            if not rows or len(rows) < 100:
                return

    def request(
        self,
        repo: str,
        verb: str,
        path: str,
        *,
        parameters: Json | None = None,
        body: Json | None = None,
        repeatable: bool = True,
    ) -> Any:
        """One call under `/repos/{repo}`. `repeatable` as in failures.refused; a fresh token is tried once on 401."""
        url = f"/repos/{checked(repo)}{path}"
        for last in (False, True):
            token = self.token(repo)
            try:
                return self._send(
                    Auth.Token(token), verb, url, parameters=parameters, body=body, repeatable=repeatable
                )
            except Denied as error:
                if last or error.code != "OUT-012" or not self._forget(repo):
                    raise
        raise AssertionError("unreachable")

    def text(self, repo: str, path: str, *, most_bytes: int) -> str:
        """The end of a text answer (a log), following GitHub's redirect to its storage without our credential."""
        url = f"{self._api_url}/repos/{checked(repo)}{path}"
        bearer = f"Bearer {self.token(repo)}"
        kept = b""
        try:
            with requests.get(url, auth=_Bearer(bearer), timeout=self._timeout_s, stream=True) as answer:
                if answer.status_code >= 400:
                    data = {"message": answer.reason or ""}
                    raise GithubException(answer.status_code, data, dict(answer.headers))
                for chunk in answer.iter_content(65_536):
                    kept = (kept + chunk)[-most_bytes:]
        except GithubException as error:
            raise refused(error, f"GET {path}", repeatable=True) from None
        except requests.RequestException as error:
            raise unreached(error, f"GET {path}", repeatable=True) from None
        return kept.decode("utf-8", "replace")

    def graphql(self, repo: str, query: str, variables: Json) -> Json:
        """A GraphQL query or mutation that may be repeated; its `data`."""
        github = self._github(Auth.Token(self.token(repo)))
        try:
            _, answer = github.requester.graphql_query(query, variables)
        except GithubException as error:
            raise refused(error, "a GraphQL call", repeatable=True) from None
        except requests.RequestException as error:
            raise unreached(error, "a GraphQL call", repeatable=True) from None
        finally:
            github.close()
        data = answer.get("data")
        return data if isinstance(data, dict) else {}

    def _send(self, auth: Auth.Auth, verb: str, url: str, *, repeatable: bool, **given: Json | None) -> Any:
        what = f"{verb} {url}"
        github = self._github(auth)
        try:
            _, answer = github.requester.requestJsonAndCheck(
                verb,
                url,
                parameters=given.get("parameters"),
                input=given.get("body"),
                follow_302_redirect=True,
            )
        except GithubException as error:
            raise refused(error, what, repeatable=repeatable) from None
        except requests.RequestException as error:
            raise unreached(error, what, repeatable=repeatable) from None
        except (AssertionError, RuntimeError, ValueError) as error:
            raise Rejected(f"GitHub's answer to {what} makes no sense: {error}") from None
        finally:
            github.close()
        return answer

    def _github(self, auth: Auth.Auth) -> Github:
        """A blind second POST may do a thing twice, so only GET is repeated; rate limits are the publisher's to wait out."""
        retry = Retry(
            total=self._get_retries,
            status_forcelist=(500, 502, 503, 504),
            allowed_methods={"GET"},
            backoff_factor=0.2,
            respect_retry_after_header=False,
            raise_on_status=False,
        )
        return Github(
            auth=auth,
            base_url=self._api_url,
            timeout=max(1, round(self._timeout_s)),
            retry=retry,
            user_agent="Sortie",
            seconds_between_requests=0,
            seconds_between_writes=0,
            lazy=True,
        )

    def _mint(self, repo: str, app: AppCredentials) -> _Minted:
        """An installation token for one repository: https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app"""
        auth = Auth.AppAuth(app.app_id, app.private_key, jwt_expiry=300)
        installation = app.installation_id
        if installation is None:
            found = self._send(auth, "GET", f"/repos/{checked(repo)}/installation", repeatable=True)
            installation = int(found["id"])
        body = {"repositories": [repo.split("/", 1)[1]], "permissions": PERMISSIONS}
        url = f"/app/installations/{installation}/access_tokens"
        answer = self._send(auth, "POST", url, body=body, repeatable=True)
        expires = datetime.fromisoformat(str(answer["expires_at"]).replace("Z", "+00:00"))
        return _Minted(str(answer["token"]), expires)

    def _forget(self, repo: str) -> bool:
        """Drops a minted token that GitHub no longer takes; False where there is no other to try."""
        with self._lock:
            return self._minted.pop(repo, None) is not None


class _Bearer(requests.auth.AuthBase):
    """Sets the header itself, so that no .netrc of the machine takes its place."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


def checked(repo: str) -> str:
    """The name itself when it can be one; raises NotFound otherwise, before anything is sent."""
    if not _REPO.fullmatch(repo):
        raise NotFound(f"{repo[:80]!r} is no repository name", code="REPO-001")
    return repo


def segment(name: str) -> str:
    """One path segment, quoted."""
    return quote(name, safe="")
