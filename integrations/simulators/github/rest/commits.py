"""Commits, comparisons and file contents."""

from __future__ import annotations

import base64

from integrations.simulators.github.acts import refs
from integrations.simulators.github.acts.merging import WEB_FLOW, person
from integrations.simulators.github.errors import ApiError, invalid_request, not_found
from integrations.simulators.github.model.git import GitRepo, Person, TreeEntry
from integrations.simulators.github.model.state import Repo
from integrations.simulators.github.rest.gitdata import READ, WRITE, decode, signature
from integrations.simulators.github.rest.table import Call, Listing, Reply, Table
from integrations.simulators.github.views import commits, pulls
from integrations.simulators.github.views.base import JSON

routes = Table()
MAX_CONTENT = 1024 * 1024


def resolve(call: Call, repo: Repo, ref: str) -> str:
    """The commit a ref means. Raises ApiError 422 as GET /commits/{ref} does."""
    sha = call.git(repo).resolve(ref)
    if sha is None:
        raise ApiError(422, f"No commit found for SHA: {ref}", docs="/commits/commits#get-a-commit")
    return sha


@routes.on("GET", "/repos/{owner}/{repo}/commits")
def listing(call: Call) -> Listing:
    repo = call.repo(READ)
    git = call.git(repo)
    tip = git.resolve(call.query.get("sha") or repo.default_branch)
    if tip is None:
        raise not_found("/commits/commits#list-commits")
    found = git.log(tip, limit=5000, path=call.query.get("path"))
    return Listing(found, lambda c: commits.commit(call.view, repo, c.sha))


@routes.on("GET", "/repos/{owner}/{repo}/commits/{ref}/pulls")
def pulls_of(call: Call) -> Listing:
    repo = call.repo(READ)
    git, sha = call.git(repo), resolve(call, repo, call.params["ref"])
    found = [
        (i, p)
        for i, p in call.world.pulls(repo)
        if p.merge_commit_sha == sha
        or (git.is_ancestor(sha, p.head_sha) and not git.is_ancestor(sha, p.base_sha))
    ]
    return Listing(found, lambda hit: pulls.simple(call.view, repo, *hit))


@routes.on("GET", "/repos/{owner}/{repo}/compare/{basehead:path}")
def compare(call: Call) -> JSON:
    repo, text = call.repo(READ), call.params["basehead"]
    base, dots, head = text.partition("...")
    own = call.world.users[repo.owner_id].login.lower() + ":"
    names = [n[len(own) :] if n.lower().startswith(own) else n for n in (base, head)]
    shas = [call.git(repo).resolve(n) for n in names]
    if not dots or shas[0] is None or shas[1] is None:
        raise not_found("/commits/commits#compare-two-commits")
    return commits.compare(call.view, repo, base=shas[0], head=shas[1], label=text)


@routes.on("GET", "/repos/{owner}/{repo}/readme")
def readme(call: Call) -> JSON:
    repo = call.repo(READ)
    for name in ("README.md", "README.rst", "README", "readme.md"):
        entry = _entry(call.git(repo), _commit(call, repo), name)
        if entry is not None:
            return _file(call, repo, entry, ref=call.query.get("ref") or repo.default_branch)
    raise not_found("/repos/contents#get-a-repository-readme")


@routes.on("GET", "/repos/{owner}/{repo}/contents")
@routes.on("GET", "/repos/{owner}/{repo}/contents/{path:path}")
def contents(call: Call) -> JSON | list[JSON]:
    repo, path = call.repo(READ), call.params.get("path", "").strip("/")
    git, commit, ref = call.git(repo), _commit(call, repo), call.query.get("ref") or repo.default_branch
    entry = _entry(git, commit, path) if path else None
    if path and entry is None:
        raise not_found("/repos/contents#get-repository-content")
    if entry is not None and entry.type != "tree":
        return _file(call, repo, entry, ref=ref)
    rows = git.tree(commit, path=f"{path}/" if path else None)
    return [_content(call, repo, row, ref=ref) for row in rows]


def _commit(call: Call, repo: Repo) -> str:
    ref = call.query.get("ref") or repo.default_branch
    sha = call.git(repo).resolve(ref)
    if sha is None:
        raise ApiError(404, f"No commit found for the ref {ref}", docs="/repos/contents")
    return sha


def _entry(git: GitRepo, commit: str, path: str) -> TreeEntry | None:
    return next((e for e in git.tree(commit, path=path) if e.path == path), None)


def _content(call: Call, repo: Repo, entry: TreeEntry, *, ref: str) -> JSON:
    api, html = call.view.repo_api(repo), call.view.repo_html(repo)
    kinds = {"tree": "dir", "commit": "submodule"}
    kind = "symlink" if entry.mode == "120000" else kinds.get(entry.type, "file")
    url = f"{api}/contents/{entry.path}?ref={ref}"
    git_url = f"{api}/git/{'trees' if kind == 'dir' else 'blobs'}/{entry.sha}"
    page = f"{html}/{'tree' if kind == 'dir' else 'blob'}/{ref}/{entry.path}"
    return {
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": url,
        "html_url": page,
        "git_url": git_url,
        "download_url": f"{html}/raw/{ref}/{entry.path}" if kind == "file" else None,
        "type": kind,
        "_links": {"self": url, "git": git_url, "html": page},
    }


def _file(call: Call, repo: Repo, entry: TreeEntry, *, ref: str) -> JSON:
    body = _content(call, repo, entry, ref=ref)
    if entry.type != "blob":
        return body
    content = call.git(repo).blob(entry.sha)
    if len(content) > MAX_CONTENT:
        return {**body, "content": "", "encoding": "none"}
    return {**body, "content": base64.encodebytes(content).decode(), "encoding": "base64"}


@routes.on("PUT", "/repos/{owner}/{repo}/contents/{path:path}")
def put(call: Call) -> Reply:
    repo, content = call.repo(WRITE), decode(call.text("content"))
    existed, commit = _write(call, repo, content)
    path = call.params["path"]
    entry = _entry(call.git(repo), commit, path)
    assert entry is not None
    ref = call.maybe_text("branch") or repo.default_branch
    body = {
        "content": _content(call, repo, entry, ref=ref),
        "commit": commits.git_commit(call.view, repo, commit),
    }
    return Reply(200 if existed else 201, body)


@routes.on("DELETE", "/repos/{owner}/{repo}/contents/{path:path}")
def delete(call: Call) -> JSON:
    repo = call.repo(WRITE)
    existed, commit = _write(call, repo, None)
    if not existed:
        raise not_found("/repos/contents#delete-a-file")
    return {"content": None, "commit": commits.git_commit(call.view, repo, commit)}


def _write(call: Call, repo: Repo, content: bytes | None) -> tuple[bool, str]:
    """Commit one file; (whether it was there before, the commit)."""
    git, path, message = call.git(repo), call.params["path"], call.text("message")
    branch = call.maybe_text("branch") or repo.default_branch
    tip = git.branch(branch)
    if tip is None:
        raise ApiError(404, f"Branch {branch} not found", docs="/repos/contents")
    entry = _entry(git, tip, path)
    given = call.maybe_text("sha")
    if (entry is not None or content is None) and given is None:
        raise invalid_request('"sha" wasn\'t supplied.')
    if entry is None and content is None:
        return False, tip
    if given is not None and (entry is None or entry.sha != given):
        raise ApiError(409, f"{path} does not match {given}", docs="/repos/contents")
    blob = git.write_blob(content) if content is not None else None
    mode = entry.mode if entry is not None else "100644"
    tree = git.write_tree(git.commit(tip).tree, [(mode, blob, path)])
    me = person(call.hub, call.sender)
    author = signature(call, call.fields.get("author"), me)
    committer = signature(call, call.fields.get("committer"), Person(*WEB_FLOW, me.date))
    sha = git.commit_tree(tree, [tip], message=message, author=author, committer=committer)
    move = refs.Move(refs.HEADS + branch, tip, sha)
    reason = refs.refusal(call.hub, repo, move, actor=call.actor)
    if reason is not None:
        raise ApiError(409, f"Repository rule violations found\n\n{reason}\n\n")
    refs.set_ref(call.hub, repo, move, sender=call.sender)
    return entry is not None, sha


@routes.on("GET", "/repos/{owner}/{repo}/tags")
def tags(call: Call) -> Listing:
    repo = call.repo(READ)
    api, git = call.view.repo_api(repo), call.git(repo)
    found = [(r.removeprefix("refs/tags/"), git.resolve(r)) for r in git.refs("refs/tags/")]

    def render(tag: tuple[str, str | None]) -> JSON:
        return {
            "name": tag[0],
            "commit": {"sha": tag[1], "url": f"{api}/commits/{tag[1]}"},
            "zipball_url": f"{api}/zipball/refs/tags/{tag[0]}",
            "tarball_url": f"{api}/tarball/refs/tags/{tag[0]}",
            "node_id": f"REF_{tag[0]}",
        }

    return Listing(found, render)


last = Table()


@last.on("GET", "/repos/{owner}/{repo}/commits/{ref:path}")
def get(call: Call) -> JSON | Reply:
    repo = call.repo(READ)
    sha = resolve(call, repo, call.params["ref"])
    accept = call.headers.get("accept", "")
    if "application/vnd.github.sha" in accept:
        return Reply(200, sha, {"Content-Type": "application/vnd.github.sha; charset=utf-8"})
    if ".diff" in accept or ".patch" in accept:
        return Reply(200, call.git(repo).run("show", "--format=", sha).decode(errors="replace"))
    return commits.commit(call.view, repo, sha, files=True)
