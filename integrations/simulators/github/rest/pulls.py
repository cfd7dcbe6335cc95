"""Pull requests."""

from __future__ import annotations

from datetime import timedelta

from integrations.simulators.github.acts import merging, pulls, refs
from integrations.simulators.github.errors import ApiError, not_found, validation
from integrations.simulators.github.model.access import Need
from integrations.simulators.github.model.diffs import diff
from integrations.simulators.github.model.state import Issue, Pull, Repo, Role
from integrations.simulators.github.rest.table import Call, Listing, Reply, Table
from integrations.simulators.github.views import commits, people
from integrations.simulators.github.views import pulls as views
from integrations.simulators.github.views.base import JSON

routes = Table()
READ = Need("pull_requests")
WRITE = Need("pull_requests", "write", Role.READ)
MERGE = Need("contents", "write", Role.WRITE)
REVIEWERS = Need("pull_requests", "write", Role.TRIAGE)
METHODS = ("merge", "squash", "rebase")


def full(call: Call, repo: Repo, issue: Issue) -> JSON:
    """The whole pull request; asking is what makes GitHub compute `mergeable`."""
    mergeable, state = merging.mergeability(call.hub, repo, issue)
    return views.full(call.view, repo, issue, mergeable=mergeable, state=state)


@routes.on("GET", "/repos/{owner}/{repo}/pulls")
def listing(call: Call) -> Listing:
    repo, query = call.repo(READ), call.query
    state, head, base = query.get("state", "open"), query.get("head"), query.get("base")
    if state not in ("open", "closed", "all"):
        raise validation({"resource": "PullRequest", "field": "state", "code": "invalid"})
    owner = call.world.users[repo.owner_id].login.lower()
    seen_before = call.world.now() - timedelta(seconds=repo.list_lag_s)
    found = [
        (i, p)
        for i, p in call.world.pulls(repo)
        if (state in ("all", i.state))
        and (base is None or p.base_ref == base)
        and (head is None or ":" not in head or _same_head(head, owner, p))
        and (not repo.list_lag_s or i.created_at <= seen_before)
    ]
    keys = {"updated": lambda hit: hit[0].updated_at, "created": lambda hit: hit[0].number}
    found.sort(key=keys.get(query.get("sort", "created"), keys["created"]))
    if query.get("direction", "desc" if query.get("sort", "created") == "created" else "asc") == "desc":
        found.reverse()
    return Listing(found, lambda hit: views.simple(call.view, repo, *hit))


def _same_head(head: str, owner: str, pull: Pull) -> bool:
    user, _, branch = head.partition(":")
    return user.lower() == owner and branch == pull.head_ref


@routes.on("POST", "/repos/{owner}/{repo}/pulls")
def create(call: Call) -> Reply:
    repo = call.repo(WRITE)
    new = pulls.NewPull(
        head=call.text("head"),
        base=call.text("base"),
        title=call.text("title"),
        body=call.maybe_text("body"),
        draft=call.flag("draft"),
        maintainer_can_modify=call.flag("maintainer_can_modify"),
    )
    issue = pulls.create(call.hub, repo, new, actor=call.actor)
    return Reply(
        201, full(call, repo, issue), {"Location": f"{call.view.repo_api(repo)}/pulls/{issue.number}"}
    )


@routes.on("GET", "/repos/{owner}/{repo}/pulls/{number}")
def get(call: Call) -> JSON | Reply:
    repo = call.repo(READ)
    issue, pull = call.pull(repo)
    accept = call.headers.get("accept", "")
    for kind in ("diff", "patch"):
        if f".{kind}" in accept:
            return Reply(
                200, patch(call, repo, pull, kind), {"Content-Type": f"application/vnd.github.v3.{kind}"}
            )
    return full(call, repo, issue)


def patch(call: Call, repo: Repo, pull: Pull, kind: str) -> str:
    """The diff or the mailbox of a pull request."""
    git = call.git(repo)
    base = git.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
    span = f"{base}..{pull.head_sha}"
    args = ("diff", "--no-ext-diff", span) if kind == "diff" else ("format-patch", "--stdout", span)
    return git.run(*args).decode(errors="replace")


@routes.on("PATCH", "/repos/{owner}/{repo}/pulls/{number}")
def edit(call: Call) -> JSON:
    repo = call.repo(WRITE)
    issue, pull = call.pull(repo)
    wanted: dict[str, str | None] = {
        n: call.maybe_text(n) for n in ("title", "body", "base", "state") if n in call.fields
    }
    if wanted.get("state") not in (None, "open", "closed"):
        raise validation({"resource": "PullRequest", "field": "state", "code": "invalid"})
    if "maintainer_can_modify" in call.fields:
        pull.maintainer_can_modify = call.flag("maintainer_can_modify")
    pulls.edit(call.hub, repo, issue, changes=wanted, sender=call.sender)
    return full(call, repo, issue)


@routes.on("GET", "/repos/{owner}/{repo}/pulls/{number}/files")
def files(call: Call) -> Listing:
    repo = call.repo(READ)
    _, pull = call.pull(repo)
    git = call.git(repo)
    base = git.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
    return Listing(diff(git, base, pull.head_sha), lambda f: commits.file(call.view, repo, pull.head_sha, f))


@routes.on("GET", "/repos/{owner}/{repo}/pulls/{number}/commits")
def pull_commits(call: Call) -> Listing:
    repo = call.repo(READ)
    _, pull = call.pull(repo)
    git = call.git(repo)
    base = git.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
    found = git.log(f"{base}..{pull.head_sha}", limit=250)
    return Listing(found[::-1], lambda c: commits.commit(call.view, repo, c.sha))


@routes.on("GET", "/repos/{owner}/{repo}/pulls/{number}/merge")
def is_merged(call: Call) -> Reply:
    _, pull = call.pull(call.repo(READ))
    if pull.merged_at is None:
        raise not_found("/pulls/pulls#check-if-a-pull-request-has-been-merged")
    return Reply(204)


@routes.on("PUT", "/repos/{owner}/{repo}/pulls/{number}/merge")
def merge(call: Call) -> JSON:
    repo = call.repo(MERGE)
    issue, _ = call.pull(repo)
    method = call.maybe_text("merge_method") or "merge"
    if method not in METHODS:
        raise validation({"resource": "PullRequest", "field": "merge_method", "code": "invalid"})
    order = merging.MergeOrder(
        method=method,
        title=call.maybe_text("commit_title"),
        message=call.maybe_text("commit_message"),
        sha=call.maybe_text("sha"),
    )
    return merging.merge(call.hub, repo, issue, order=order, actor=call.actor)


@routes.on("PUT", "/repos/{owner}/{repo}/pulls/{number}/update-branch")
def update_branch(call: Call) -> Reply:
    repo = call.repo(WRITE)
    issue, _ = call.pull(repo)
    expected = call.maybe_text("expected_head_sha")
    pulls.update_branch(call.hub, repo, issue, expected=expected, sender=call.sender)
    url = f"{call.view.repo_api(repo)}/pulls/{issue.number}"
    return Reply(202, {"message": "Updating pull request branch.", "url": url})


@routes.on("GET", "/repos/{owner}/{repo}/pulls/{number}/requested_reviewers")
def requested(call: Call) -> JSON:
    _, pull = call.pull(call.repo(READ))
    users = [people.user(call.view, call.world.users[u]) for u in pull.requested]
    return {"users": users, "teams": []}


@routes.on("POST", "/repos/{owner}/{repo}/pulls/{number}/requested_reviewers")
def request(call: Call) -> Reply:
    repo = call.repo(REVIEWERS)
    issue, pull = call.pull(repo)
    pulls.request_reviewers(call.hub, repo, issue, logins=call.texts("reviewers"), sender=call.sender)
    return Reply(201, views.simple(call.view, repo, issue, pull))


@routes.on("DELETE", "/repos/{owner}/{repo}/pulls/{number}/requested_reviewers")
def unrequest(call: Call) -> JSON:
    repo = call.repo(REVIEWERS)
    issue, pull = call.pull(repo)
    pulls.unrequest_reviewers(call.hub, repo, issue, logins=call.texts("reviewers"), sender=call.sender)
    return views.simple(call.view, repo, issue, pull)


@routes.on("POST", "/repos/{owner}/{repo}/merges")
def merge_branches(call: Call) -> Reply:
    """Merge one branch or commit into a branch, outside any pull request."""
    repo, base, head = call.repo(MERGE), call.text("base"), call.text("head")
    git = call.git(repo)
    into, what = git.branch(base), git.resolve(head)
    if into is None or what is None:
        raise ApiError(404, "Base does not exist" if into is None else "Head does not exist")
    if git.is_ancestor(what, into):
        return Reply(204)
    tree = git.merge_tree(into, what)
    if tree is None:
        raise ApiError(409, "Merge conflict", docs="/branches/branches#merge-a-branch")
    who = merging.person(call.hub, call.sender)
    message = call.maybe_text("commit_message") or f"Merge {head} into {base}"
    sha = git.commit_tree(tree, [into, what], message=message, author=who, committer=who)
    move = refs.Move(refs.HEADS + base, into, sha)
    reason = refs.refusal(call.hub, repo, move, actor=call.actor)
    if reason is not None:
        raise ApiError(403, reason)
    refs.set_ref(call.hub, repo, move, sender=call.sender)
    return Reply(201, commits.commit(call.view, repo, sha))
