"""The objects and mutations of GitHub's GraphQL schema that are served here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from integrations.simulators.github.acts import merging, pulls, reviews
from integrations.simulators.github.errors import ApiError
from integrations.simulators.github.gql.language import GraphQLError
from integrations.simulators.github.hub import Hub
from integrations.simulators.github.model.access import Actor, Need, can_read, may
from integrations.simulators.github.model.state import AutoMerge, Issue, Repo, ReviewComment, Role, User
from integrations.simulators.github.views.base import View, iso, node_id, parse_node_id

Obj = dict[str, Any]
WRITE = Need("pull_requests", "write", Role.WRITE)
MERGE = Need("contents", "write", Role.WRITE)


class Schema:
    """Resolves one request's objects for its actor. Hold the world's lock."""

    def __init__(self, hub: Hub, actor: Actor, view: View) -> None:
        self._hub, self._world, self._actor, self._view = hub, hub.world, actor, view

    def query(self) -> Obj:
        return {
            "__typename": "Query",
            "viewer": lambda _: self.user(self._sender()),
            "repository": lambda a: self.repository(self._repo(f"{a.get('owner')}/{a.get('name')}")),
            "node": lambda a: self.node(str(a.get("id"))),
            "rateLimit": {"__typename": "RateLimit", "limit": 5000, "cost": 1, "remaining": 4999},
        }

    def mutation(self) -> Obj:
        table: dict[str, Callable[[Obj], Obj]] = {
            "markPullRequestReadyForReview": lambda i: self._draft(i, False),
            "convertPullRequestToDraft": lambda i: self._draft(i, True),
            "enablePullRequestAutoMerge": self._enable_auto_merge,
            "disablePullRequestAutoMerge": self._disable_auto_merge,
            "resolveReviewThread": lambda i: self._resolve(i, True),
            "unresolveReviewThread": lambda i: self._resolve(i, False),
            "addPullRequestReviewThreadReply": self._reply,
        }
        return {
            "__typename": "Mutation",
            **{name: self._payload(name, act) for name, act in table.items()},
        }

    def _payload(self, name: str, act: Callable[[Obj], Obj]) -> Callable[[Obj], Obj]:
        def run(arguments: Obj) -> Obj:
            given = arguments.get("input") or {}
            try:
                result = act(given)
            except ApiError as error:
                kind = {404: "NOT_FOUND", 403: "FORBIDDEN", 401: "FORBIDDEN"}.get(
                    error.status, "UNPROCESSABLE"
                )
                raise GraphQLError(error.message, kind) from None
            type_name = f"{name[0].upper()}{name[1:]}Payload"
            actor = self.user(self._sender())
            return {
                "__typename": type_name,
                "clientMutationId": given.get("clientMutationId"),
                "actor": actor,
                **result,
            }

        return run

    def node(self, text: str) -> Obj:
        """Any object by its id. Raises GraphQLError NOT_FOUND."""
        kind, ids = parse_node_id(text)
        if kind == "PR":
            return self.pull(*self._pull(text))
        if kind == "PRRT":
            return self.thread(*self._thread(text))
        if kind == "R" and ids[0].isdigit() and int(ids[0]) in self._world.repos:
            return self.repository(self._visible(self._world.repos[int(ids[0])]))
        raise _unknown(text)

    def user(self, it: User) -> Obj:
        url = f"{self._view.html}/{it.login}"
        return {
            "__typename": it.type,
            "id": node_id("U", it.id),
            "databaseId": it.id,
            "login": it.login.removesuffix("[bot]"),
            "name": it.name,
            "url": url,
            "resourcePath": f"/{it.login}",
            "avatarUrl": f"{self._view.html}/_static/avatar.svg?u={it.id}",
        }

    def repository(self, repo: Repo) -> Obj:
        tip = self._world.git(repo).branch(repo.default_branch)
        target = {"__typename": "Commit", "oid": tip}
        return {
            "__typename": "Repository",
            "id": node_id("R", repo.id),
            "databaseId": repo.id,
            "name": repo.name,
            "nameWithOwner": self._world.full_name(repo),
            "isPrivate": repo.private,
            "url": self._view.repo_html(repo),
            "autoMergeAllowed": repo.allow_auto_merge,
            "defaultBranchRef": {"__typename": "Ref", "name": repo.default_branch, "target": target},
            "pullRequest": lambda a: self._numbered(repo, a.get("number")),
            "pullRequests": lambda a: _connection(
                "PullRequest",
                [self.pull(repo, i) for i, p in self._world.pulls(repo) if _in_states(i, a.get("states"))],
                a,
            ),
        }

    def pull(self, repo: Repo, issue: Issue) -> Obj:
        it = issue.pull
        assert it is not None
        mergeable, state = merging.mergeability(self._hub, repo, issue)
        words = {True: "MERGEABLE", False: "CONFLICTING", None: "UNKNOWN"}
        yes, no = merging.approvals(self._hub, repo, it)
        auto = it.auto_merge
        return {
            "__typename": "PullRequest",
            "id": node_id("PR", repo.id, issue.number),
            "databaseId": issue.id,
            "number": issue.number,
            "title": issue.title,
            "body": issue.body or "",
            "url": f"{self._view.repo_html(repo)}/pull/{issue.number}",
            "state": _state(issue),
            "isDraft": it.draft,
            "closed": issue.state == "closed",
            "merged": it.merged_at is not None,
            "mergedAt": iso(it.merged_at),
            "mergeable": words[mergeable],
            "mergeStateStatus": state.upper(),
            "headRefName": it.head_ref,
            "headRefOid": it.head_sha,
            "baseRefName": it.base_ref,
            "baseRefOid": it.base_sha,
            "author": self.user(self._world.users[issue.user_id]),
            "createdAt": iso(issue.created_at),
            "updatedAt": iso(issue.updated_at),
            "reviewDecision": "CHANGES_REQUESTED" if no else "APPROVED" if yes else None,
            "autoMergeRequest": auto
            and {"__typename": "AutoMergeRequest", "mergeMethod": auto.method.upper()},
            "repository": lambda _: self.repository(repo),
            "reviewThreads": lambda a: _connection(
                "PullRequestReviewThread",
                [self.thread(repo, issue, c.id) for c in it.review_comments if c.in_reply_to_id is None],
                a,
            ),
        }

    def thread(self, repo: Repo, issue: Issue, root_id: int) -> Obj:
        it = issue.pull
        assert it is not None
        said = [c for c in it.review_comments if c.root_id == root_id]
        resolver = it.resolved_threads.get(root_id)
        root = said[0]
        return {
            "__typename": "PullRequestReviewThread",
            "id": node_id("PRRT", root_id),
            "isResolved": resolver is not None,
            "isOutdated": root.line is None and root.subject_type == "line",
            "resolvedBy": self.user(self._world.users[resolver]) if resolver else None,
            "path": root.path,
            "line": root.line,
            "originalLine": root.original_line,
            "diffSide": root.side,
            "subjectType": root.subject_type.upper(),
            "pullRequest": lambda _: self.pull(repo, issue),
            "comments": lambda a: _connection(
                "PullRequestReviewComment", [self.comment(repo, issue, c) for c in said], a
            ),
        }

    def comment(self, repo: Repo, issue: Issue, it: ReviewComment) -> Obj:
        return {
            "__typename": "PullRequestReviewComment",
            "id": node_id("PRRC", it.id),
            "databaseId": it.id,
            "body": it.body,
            "path": it.path,
            "line": it.line,
            "author": self.user(self._world.users[it.user_id]),
            "viewerDidAuthor": it.user_id == self._sender().id,
            "createdAt": iso(it.created_at),
            "url": f"{self._view.repo_html(repo)}/pull/{issue.number}#discussion_r{it.id}",
        }

    def _draft(self, given: Obj, draft: bool) -> Obj:
        repo, issue = self._pull(str(given.get("pullRequestId")))
        if self._sender().id != issue.user_id:
            self._need(repo, WRITE)
        pulls.set_draft(self._hub, repo, issue, draft=draft, sender=self._sender())
        return {"pullRequest": self.pull(repo, issue)}

    def _enable_auto_merge(self, given: Obj) -> Obj:
        repo, issue = self._pull(str(given.get("pullRequestId")))
        self._need(repo, MERGE)
        assert issue.pull is not None
        expected = given.get("expectedHeadOid")
        if expected is not None and expected != issue.pull.head_sha:
            raise GraphQLError("Head branch is out of date", "UNPROCESSABLE")
        method = str(given.get("mergeMethod") or "MERGE").lower()
        headline, body = given.get("commitHeadline"), given.get("commitBody")
        auto = AutoMerge(self._sender().id, method, headline, body)
        pulls.enable_auto_merge(self._hub, repo, issue, auto=auto, sender=self._sender())
        return {"pullRequest": self.pull(repo, issue)}

    def _disable_auto_merge(self, given: Obj) -> Obj:
        repo, issue = self._pull(str(given.get("pullRequestId")))
        self._need(repo, MERGE)
        assert issue.pull is not None
        if issue.pull.auto_merge is None:
            raise GraphQLError("Can't disable auto-merge for this pull request.", "UNPROCESSABLE")
        issue.pull.auto_merge = None
        return {"pullRequest": self.pull(repo, issue)}

    def _resolve(self, given: Obj, resolved: bool) -> Obj:
        repo, issue, root_id = self._thread(str(given.get("threadId")))
        if self._sender().id != issue.user_id:
            self._need(repo, WRITE)
        reviews.resolve(self._hub, repo, issue, root_id=root_id, resolved=resolved, sender=self._sender())
        return {"thread": self.thread(repo, issue, root_id)}

    def _reply(self, given: Obj) -> Obj:
        repo, issue, root_id = self._thread(str(given.get("pullRequestReviewThreadId")))
        body, sender = str(given.get("body") or ""), self._sender()
        made = reviews.reply(self._hub, repo, issue, to=root_id, body=body, sender=sender)
        return {"comment": self.comment(repo, issue, made)}

    def _sender(self) -> User:
        if self._actor.user is None:
            raise GraphQLError("Resource not accessible by integration", "FORBIDDEN")
        return self._actor.user

    def _need(self, repo: Repo, need: Need) -> None:
        if not may(self._world, self._actor, repo, need=need):
            raise GraphQLError("Resource not accessible by integration", "FORBIDDEN")

    def _repo(self, name: str) -> Repo:
        found = self._world.find_repo(name)
        if found is None or not can_read(self._world, self._actor, found):
            raise GraphQLError(f"Could not resolve to a Repository with the name '{name}'.", "NOT_FOUND")
        return found

    def _visible(self, repo: Repo) -> Repo:
        return self._repo(self._world.full_name(repo))

    def _numbered(self, repo: Repo, number: Any) -> Obj:
        issue = repo.issues.get(number)
        if issue is None or issue.pull is None:
            message = f"Could not resolve to a PullRequest with the number of {number}."
            raise GraphQLError(message, "NOT_FOUND")
        return self.pull(repo, issue)

    def _pull(self, text: str) -> tuple[Repo, Issue]:
        kind, ids = parse_node_id(text)
        if kind == "PR" and len(ids) == 2 and all(i.isdigit() for i in ids):
            repo = self._world.repos.get(int(ids[0]))
            issue = repo.issues.get(int(ids[1])) if repo else None
            if repo is not None and issue is not None and can_read(self._world, self._actor, repo):
                return repo, issue
        raise _unknown(text)

    def _thread(self, text: str) -> tuple[Repo, Issue, int]:
        kind, ids = parse_node_id(text)
        if kind == "PRRT" and ids[0].isdigit():
            for repo in self._world.repos.values():
                for issue, it in self._world.pulls(repo):
                    if any(c.id == int(ids[0]) for c in it.review_comments) and can_read(
                        self._world, self._actor, repo
                    ):
                        return repo, issue, int(ids[0])
        raise _unknown(text)


def _unknown(text: str) -> GraphQLError:
    return GraphQLError(f"Could not resolve to a node with the global id of '{text}'", "NOT_FOUND")


def _state(issue: Issue) -> str:
    assert issue.pull is not None
    return "MERGED" if issue.pull.merged_at else issue.state.upper()


def _in_states(issue: Issue, states: Any) -> bool:
    wanted = [states] if isinstance(states, str) else states
    return not wanted or _state(issue) in wanted


def _connection(kind: str, items: list[Obj], arguments: Obj) -> Obj:
    after = str(arguments.get("after") or "0")
    start = int(after) if after.isdigit() else 0
    size = arguments.get("first") or arguments.get("last") or 100
    page = items[start : start + size] if not arguments.get("last") else items[-size:]
    end = start + len(page)
    return {
        "__typename": f"{kind}Connection",
        "totalCount": len(items),
        "nodes": page,
        "edges": [
            {"__typename": f"{kind}Edge", "cursor": str(start + n + 1), "node": item}
            for n, item in enumerate(page)
        ],
        "pageInfo": {
            "__typename": "PageInfo",
            "hasNextPage": end < len(items),
            "hasPreviousPage": start > 0,
            "startCursor": str(start),
            "endCursor": str(end),
        },
    }
