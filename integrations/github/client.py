"""The CodeHost port over GitHub's REST and GraphQL APIs. Each method is one try; trying again belongs to the publisher."""

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.errors import NotFound, Rejected
from integrations.github import checks as check_calls
from integrations.github.connection import AppCredentials, Connection, Json, checked, segment
from integrations.redaction import mask_patterns
from integrations.types.code_host import (
    CheckRunReport,
    ChecksSnapshot,
    CheckState,
    GivenReview,
    Held,
    Label,
    PullRequest,
    RepoFacts,
    ReviewComment,
    Role,
)

_BODY = 65_000
_THREADS = """
query($owner:String!,$name:String!,$number:Int!,$after:String){repository(owner:$owner,name:$name){pullRequest(number:$number){
reviewThreads(first:100,after:$after){pageInfo{hasNextPage endCursor} nodes{id isResolved comments(first:1){nodes{body viewerDidAuthor}}}}
}}}"""
"""https://docs.github.com/graphql/reference/objects#pullrequestreviewthread"""
_RESOLVE = "mutation($id:ID!){resolveReviewThread(input:{threadId:$id}){thread{isResolved}}}"
_READY = "mutation($id:ID!){markPullRequestReadyForReview(input:{pullRequestId:$id}){pullRequest{isDraft}}}"


@dataclass(frozen=True, slots=True)
class HttpsRemote:
    """A remote whose credential travels in git's environment, seen by no argument list and no file."""

    url: str
    env: Mapping[str, str]


class GitHubHost:
    """`credentials` is a token or an App; `git_url` the base of clone URLs, for example https://github.com.

    `redact` masks secrets in every text that is written. Every method raises the errors of integrations/errors.py.
    """

    def __init__(
        self,
        credentials: str | AppCredentials,
        *,
        api_url: str = "https://api.github.com",
        git_url: str = "https://github.com",
        redact: Callable[[str], str] = mask_patterns,
        timeout_s: float = 20.0,
    ) -> None:
        self._github = Connection(credentials, api_url=api_url, timeout_s=timeout_s)
        self._git_url = git_url.rstrip("/")
        self._redact = redact
        self._labels: set[tuple[str, str]] = set()

    def repo_facts(self, repo: str, *, login: str) -> RepoFacts:
        """NotFound where the repository cannot be seen by us; a person without any access has the role `none`."""
        found = self._github.get(repo, "")
        name = str(found.get("full_name") or repo)
        held = self.held(name, login=login)
        return RepoFacts(
            full_name=name,
            default_branch=str(found.get("default_branch") or ""),
            private=bool(found.get("private")),
            archived=bool(found.get("archived")),
            description=str(found.get("description") or ""),
            login=held.login,
            user_id=held.user_id,
            role=held.role,
        )

    def held(self, repo: str, *, login: str) -> Held:
        """https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user, never
        author_association: that names members with private membership contributors.
        """
        try:
            found = self._github.get(repo, f"/collaborators/{segment(login)}/permission")
        except NotFound:
            found = {}
        user = found.get("user") or {}
        return Held(str(user.get("login") or login), int(user.get("id") or 0), _role(found))

    def git_remote(self, repo: str) -> HttpsRemote:
        """https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpextraHeader, scoped to this one URL."""
        url = f"{self._git_url}/{checked(repo)}.git"
        pair = base64.b64encode(f"x-access-token:{self._github.token(repo)}".encode()).decode()
        env = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{url}.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {pair}",
        }
        return HttpsRemote(url, env)

    def find_pull_request(self, repo: str, *, head_ref: str) -> PullRequest | None:
        """The newest pull request from this branch of the same repository, an open one first."""
        head = f"{repo.split('/', 1)[0]}:{head_ref}"
        rows = self._github.get(repo, "/pulls", state="all", head=head, per_page=100) or []
        found = [pull for row in rows if (pull := _pull(row)).head_ref == head_ref]
        found.sort(key=lambda pull: (pull.state == "open", pull.number))
        return found[-1] if found else None

    def pull_requests_at(self, repo: str, head_oid: str) -> tuple[PullRequest, ...]:
        """https://docs.github.com/rest/commits/commits#list-pull-requests-associated-with-a-commit"""
        found = (_pull(row) for row in self._github.pages(repo, f"/commits/{head_oid}/pulls"))
        return tuple(pull for pull in found if pull.state == "open" and pull.head_oid == head_oid)

    def pull_request(self, repo: str, number: int) -> PullRequest:
        return _pull(self._github.get(repo, f"/pulls/{number}"))

    def open_pull_request(
        self, repo: str, *, head_ref: str, base_ref: str, title: str, body: str
    ) -> PullRequest:
        """Raises Unknown when it may have been opened: `find_pull_request` tells."""
        wanted: Json = {
            "title": self._redact(title)[:256],
            "body": self._redact(body)[:_BODY],
            "head": head_ref,
            "base": base_ref,
            "draft": True,
            "maintainer_can_modify": True,
        }
        return _pull(self._github.request(repo, "POST", "/pulls", body=wanted, repeatable=False))

    def pull_request_body(self, repo: str, number: int) -> str:
        """The body as it stands now; people may have changed it."""
        return str(self._github.get(repo, f"/pulls/{number}").get("body") or "")

    def update_pull_request(self, repo: str, number: int, *, title: str | None, body: str | None) -> None:
        changed: Json = {}
        if title is not None:
            changed["title"] = self._redact(title)[:256]
        if body is not None:
            changed["body"] = self._redact(body)[:_BODY]
        if changed:
            self._github.request(repo, "PATCH", f"/pulls/{number}", body=changed)

    def mark_ready(self, repo: str, number: int) -> None:
        """REST cannot undraft: https://docs.github.com/graphql/reference/mutations#markpullrequestreadyforreview"""
        pull = self.pull_request(repo, number)
        if pull.draft:
            self._github.graphql(repo, _READY, {"id": pull.node_id})

    def close_pull_request(self, repo: str, number: int) -> None:
        self._github.request(repo, "PATCH", f"/pulls/{number}", body={"state": "closed"})

    def request_reviewers(self, repo: str, number: int, *, logins: tuple[str, ...]) -> None:
        if logins:
            path = f"/pulls/{number}/requested_reviewers"
            self._github.request(repo, "POST", path, body={"reviewers": list(logins)})

    def make_labels(self, repo: str, labels: tuple[Label, ...]) -> None:
        """https://docs.github.com/rest/issues/labels#create-a-label; 422 where there is one of the name in any case.

        Asked once for each label by each process: it is for their looks, and GitHub makes a label that is missing by itself.
        """
        for label in labels:
            if (repo.lower(), label.name) in self._labels:
                continue
            wanted = {"name": label.name, "color": label.color, "description": label.description}
            with suppress(Rejected):
                self._github.request(repo, "POST", "/labels", body=wanted)
            self._labels.add((repo.lower(), label.name))

    def add_labels(self, repo: str, number: int, *, labels: tuple[str, ...]) -> None:
        if labels:
            self._github.request(repo, "POST", f"/issues/{number}/labels", body={"labels": list(labels)})

    def remove_label(self, repo: str, number: int, *, label: str) -> None:
        with suppress(NotFound):
            self._github.request(repo, "DELETE", f"/issues/{number}/labels/{segment(label)}")

    def react(self, repo: str, *, comment: int, inline: bool, content: str) -> None:
        """https://docs.github.com/rest/reactions/reactions: a reaction that is there already answers 200."""
        kind = "pulls" if inline else "issues"
        body = {"content": content}
        self._github.request(repo, "POST", f"/{kind}/comments/{comment}/reactions", body=body)

    def reply(self, repo: str, number: int, *, thread: int, marker: str, body: str) -> str:
        """Raises Unknown when it may stand already: the next try finds it by its marker."""
        if marker not in body:
            body = f"{marker}\n{body}"
        for row in self._github.pages(repo, f"/pulls/{number}/comments"):
            if _holds(row, marker):
                return str(row.get("html_url") or "")
        path = f"/pulls/{number}/comments/{thread}/replies"
        text = {"body": self._redact(body)[:_BODY]}
        answer = self._github.request(repo, "POST", path, body=text, repeatable=False)
        return str(answer.get("html_url") or "")

    def reviews(self, repo: str, number: int) -> tuple[GivenReview, ...]:
        rows = self._github.pages(repo, f"/pulls/{number}/reviews")
        return tuple(_review(row) for row in rows if row.get("user") and row.get("state") != "PENDING")

    def checks(self, repo: str, head_oid: str) -> ChecksSnapshot:
        return check_calls.snapshot(self._github, repo, head_oid)

    def check_log(self, repo: str, check: CheckState) -> str:
        return check_calls.log_of(self._github, repo, check)

    def write_check(self, repo: str, report: CheckRunReport) -> None:
        check_calls.write(self._github, repo, report, redact=self._redact)

    def post_review(
        self, repo: str, number: int, *, head_oid: str, body: str, comments: tuple[ReviewComment, ...]
    ) -> str:
        """Raises Rejected where a comment's line is no part of the diff (422): nothing was written then."""
        wanted: Json = {
            "commit_id": head_oid,
            "event": "COMMENT",
            "body": self._redact(body)[:_BODY],
            "comments": [self._inline(comment) for comment in comments],
        }
        path = f"/pulls/{number}/reviews"
        answer = self._github.request(repo, "POST", path, body=wanted, repeatable=False)
        return str(answer.get("html_url") or "")

    def resolve_threads(self, repo: str, number: int, *, markers: tuple[str, ...]) -> None:
        for thread in self._threads(repo, number):
            began = ((thread.get("comments") or {}).get("nodes") or [{}])[0]
            ours = began.get("viewerDidAuthor") is True and any(_holds(began, marker) for marker in markers)
            if ours and not thread.get("isResolved"):
                self._github.graphql(repo, _RESOLVE, {"id": thread["id"]})

    def _threads(self, repo: str, number: int) -> Iterator[Json]:
        """All threads of a pull request, up to 3,000."""
        owner, name = checked(repo).split("/", 1)
        after = None
        for _ in range(30):
            asked: Json = {"owner": owner, "name": name, "number": number, "after": after}
            pull = (self._github.graphql(repo, _THREADS, asked).get("repository") or {}).get(
                "pullRequest"
            ) or {}
            page = pull.get("reviewThreads") or {}
            yield from page.get("nodes") or ()
            if not (page.get("pageInfo") or {}).get("hasNextPage"):
                return
            after = page["pageInfo"].get("endCursor")

    def _inline(self, comment: ReviewComment) -> Json:
        """https://docs.github.com/rest/pulls/reviews#create-a-review-for-a-pull-request, of one line or several."""
        placed: Json = {"path": comment.path, "line": comment.line, "side": "RIGHT"}
        if comment.start and comment.start < comment.line:
            placed |= {"start_line": comment.start, "start_side": "RIGHT"}
        return {**placed, "body": self._redact(comment.body)[:_BODY]}

    def find_review(self, repo: str, number: int, *, marker: str) -> str | None:
        for row in self._github.pages(repo, f"/pulls/{number}/reviews"):
            if _holds(row, marker):
                return str(row.get("html_url") or "")
        return None

    def upsert_comment(self, repo: str, number: int, *, marker: str, body: str) -> str:
        if marker not in body:
            body = f"{marker}\n{body}"
        text = {"body": self._redact(body)[:_BODY]}
        for row in self._github.pages(repo, f"/issues/{number}/comments"):
            if _holds(row, marker):
                answer = self._github.request(repo, "PATCH", f"/issues/comments/{int(row['id'])}", body=text)
                return str(answer.get("html_url") or "")
        answer = self._github.request(repo, "POST", f"/issues/{number}/comments", body=text)
        return str(answer.get("html_url") or "")


def _holds(row: Json, marker: str) -> bool:
    """The marker stands on a line of its own: a quotation of it ("> …") is somebody else's."""
    return marker in (line.strip() for line in str(row.get("body") or "").splitlines())


def _role(held: Json) -> Role:
    """`permission` calls maintain "write" and triage "read", so role_name decides; a custom role falls back."""
    for name in (held.get("role_name"), held.get("permission")):
        if isinstance(name, str) and name in Role.__members__:
            return Role(name)
    return Role.none


def _review(row: Json) -> GivenReview:
    user = row["user"]
    return GivenReview(
        str(user.get("login") or ""),
        int(user.get("id") or 0),
        str(row.get("state") or "").lower(),
        str(row.get("commit_id") or ""),
        user.get("type") == "Bot",
    )


def _pull(row: Any) -> PullRequest:
    merged_at = row.get("merged_at")
    head, base = row.get("head") or {}, row.get("base") or {}
    return PullRequest(
        number=int(row["number"]),
        url=str(row.get("html_url") or ""),
        head_oid=str(head.get("sha") or ""),
        head_ref=str(head.get("ref") or ""),
        base_ref=str(base.get("ref") or ""),
        draft=bool(row.get("draft")),
        state=str(row.get("state") or ""),
        merged=bool(row.get("merged") or merged_at),
        node_id=str(row.get("node_id") or ""),
        merged_at=datetime.fromisoformat(str(merged_at).replace("Z", "+00:00")) if merged_at else None,
        head_repo=str((head.get("repo") or {}).get("full_name") or ""),
        author_id=int((row.get("user") or {}).get("id") or 0),
        closed_by=str((row.get("merged_by") or row.get("closed_by") or {}).get("login") or ""),
    )
