"""git/refs, git/blobs, git/trees, git/commits, git/tags."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from integrations.simulators.github.acts import refs
from integrations.simulators.github.acts.merging import person
from integrations.simulators.github.errors import ApiError, invalid_request, not_found, validation
from integrations.simulators.github.model.access import Need
from integrations.simulators.github.model.git import SHA, GitError, GitRepo, Person, utc
from integrations.simulators.github.model.state import Repo, Role
from integrations.simulators.github.rest.table import Call, Listing, Reply, Table
from integrations.simulators.github.views import commits
from integrations.simulators.github.views.base import JSON, node_id

routes = Table()
READ = Need("contents")
WRITE = Need("contents", "write", Role.WRITE)
_MODES = {"100644": "blob", "100755": "blob", "120000": "blob", "040000": "tree", "160000": "commit"}


def ref_json(call: Call, repo: Repo, ref: str, sha: str) -> JSON:
    """Schema git-ref. `url` is the form /git/refs/…, which clients PATCH and DELETE."""
    api = call.view.repo_api(repo)
    kind = call.git(repo).kind(sha) or "commit"
    return {
        "ref": ref,
        "node_id": node_id("REF", repo.id, ref),
        "url": f"{api}/git/{ref}",
        "object": {"sha": sha, "type": kind, "url": f"{api}/git/{kind}s/{sha}"},
    }


@routes.on("GET", "/repos/{owner}/{repo}/git/ref/{ref:path}")
def get_ref(call: Call) -> JSON:
    repo, ref = call.repo(READ), f"refs/{call.params['ref']}"
    sha = call.git(repo).ref(ref)
    if sha is None:
        raise not_found("/git/refs#get-a-reference")
    return ref_json(call, repo, ref, sha)


@routes.on("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref:path}")
def matching_refs(call: Call) -> Listing:
    repo = call.repo(READ)
    found = call.git(repo).refs()
    hits = [(r, s) for r, s in found.items() if r.startswith(f"refs/{call.params['ref']}")]
    return Listing(hits, lambda hit: ref_json(call, repo, *hit))


@routes.on("GET", "/repos/{owner}/{repo}/git/refs")
def list_refs(call: Call) -> Listing:
    repo = call.repo(READ)
    return Listing(list(call.git(repo).refs().items()), lambda hit: ref_json(call, repo, *hit))


@routes.on("POST", "/repos/{owner}/{repo}/git/refs")
def create_ref(call: Call) -> Reply:
    repo, ref, sha = call.repo(WRITE), call.text("ref"), call.text("sha")
    git, docs = call.git(repo), "/git/refs#create-a-reference"
    if not ref.startswith("refs/") or ref.count("/") < 2 or not git.valid_ref(ref):
        raise ApiError(422, f"{ref} is not a valid ref name.", docs=docs)
    if git.kind(sha) is None:
        raise ApiError(422, "Object does not exist", docs=docs)
    if git.ref(ref) is not None:
        raise ApiError(422, "Reference already exists", docs=docs)
    _move(call, repo, refs.Move(ref, None, sha))
    return Reply(201, ref_json(call, repo, ref, sha))


@routes.on("PATCH", "/repos/{owner}/{repo}/git/refs/{ref:path}")
def update_ref(call: Call) -> JSON:
    repo, ref, sha = call.repo(WRITE), f"refs/{call.params['ref']}", call.text("sha")
    git, docs = call.git(repo), "/git/refs#update-a-reference"
    old = git.ref(ref)
    if old is None:
        raise ApiError(422, "Reference does not exist", docs=docs)
    if git.kind(sha) is None:
        raise ApiError(422, "Object does not exist", docs=docs)
    if not call.flag("force") and not git.is_ancestor(old, sha):
        raise ApiError(422, "Update is not a fast forward", docs=docs)
    if old != sha:
        _move(call, repo, refs.Move(ref, old, sha))
    return ref_json(call, repo, ref, sha)


@routes.on("DELETE", "/repos/{owner}/{repo}/git/refs/{ref:path}")
def delete_ref(call: Call) -> Reply:
    repo, ref = call.repo(WRITE), f"refs/{call.params['ref']}"
    old = call.git(repo).ref(ref)
    if old is None or ref.startswith("refs/pull/"):
        raise ApiError(422, "Reference does not exist", docs="/git/refs#delete-a-reference")
    _move(call, repo, refs.Move(ref, old, None))
    return Reply(204)


def _move(call: Call, repo: Repo, move: refs.Move) -> None:
    reason = refs.refusal(call.hub, repo, move, actor=call.actor)
    if reason is not None:
        raise ApiError(422 if "workflow" in reason else 409, reason)
    refs.set_ref(call.hub, repo, move, sender=call.sender)


@routes.on("GET", "/repos/{owner}/{repo}/git/blobs/{sha}")
def get_blob(call: Call) -> JSON:
    repo, sha = call.repo(READ), call.params["sha"]
    git = call.git(repo)
    if git.kind(sha) != "blob":
        raise not_found("/git/blobs#get-a-blob")
    content = git.blob(sha)
    return {
        "sha": sha,
        "node_id": node_id("B", repo.id, sha),
        "size": len(content),
        "url": f"{call.view.repo_api(repo)}/git/blobs/{sha}",
        "content": base64.encodebytes(content).decode(),
        "encoding": "base64",
    }


@routes.on("POST", "/repos/{owner}/{repo}/git/blobs")
def create_blob(call: Call) -> Reply:
    repo, content = call.repo(WRITE), call.text("content")
    raw = content.encode()
    if call.maybe_text("encoding") == "base64":
        raw = decode(content)
    sha = call.git(repo).write_blob(raw)
    return Reply(201, {"sha": sha, "url": f"{call.view.repo_api(repo)}/git/blobs/{sha}"})


def decode(content: str) -> bytes:
    """Base64 with line breaks. Raises ApiError 422 for anything else."""
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except binascii.Error:
        raise ApiError(422, "content is not valid Base64") from None


@routes.on("GET", "/repos/{owner}/{repo}/git/trees/{sha:path}")
def get_tree(call: Call) -> JSON:
    repo, name = call.repo(READ), call.params["sha"]
    git = call.git(repo)
    sha = _tree_of(git, name)
    if sha is None:
        raise not_found("/git/trees#get-a-tree")
    return _tree_json(call, repo, sha, recursive=bool(call.query.get("recursive")))


def _tree_of(git: GitRepo, name: str) -> str | None:
    if git.kind(name) == "tree":
        return name
    commit = git.resolve(name)
    return git.commit(commit).tree if commit else None


def _tree_json(call: Call, repo: Repo, sha: str, *, recursive: bool = False) -> JSON:
    api = f"{call.view.repo_api(repo)}/git"
    rows = []
    for entry in call.git(repo).tree(sha, recursive=recursive):
        row: JSON = {"path": entry.path, "mode": entry.mode, "type": entry.type, "sha": entry.sha}
        if entry.size is not None:
            row["size"] = entry.size
        if entry.type != "commit":
            row["url"] = f"{api}/{entry.type}s/{entry.sha}"
        rows.append(row)
    return {"sha": sha, "url": f"{api}/trees/{sha}", "tree": rows, "truncated": False}


@routes.on("POST", "/repos/{owner}/{repo}/git/trees")
def create_tree(call: Call) -> Reply:
    repo, rows, base = call.repo(WRITE), call.fields.get("tree"), call.maybe_text("base_tree")
    git = call.git(repo)
    if not isinstance(rows, list) or not rows:
        raise ApiError(422, "Invalid tree info", docs="/git/trees#create-a-tree")
    if base is not None:
        base = _tree_of(git, base)
        if base is None:
            raise ApiError(422, "base_tree is not a valid tree oid", docs="/git/trees#create-a-tree")
    try:
        sha = git.write_tree(base, [_tree_row(git, row) for row in rows])
    except GitError:
        raise ApiError(422, "GitRPC::BadObjectState", docs="/git/trees#create-a-tree") from None
    return Reply(201, _tree_json(call, repo, sha))


def _tree_row(git: GitRepo, row: Any) -> tuple[str, str | None, str]:
    if not isinstance(row, dict) or not isinstance(row.get("path"), str) or row.get("mode") not in _MODES:
        raise ApiError(422, "Must supply a valid tree.mode", docs="/git/trees#create-a-tree")
    path = row["path"]
    if path.startswith("/") or any(part in ("", ".", "..", ".git") for part in path.split("/")):
        raise ApiError(422, "tree.path contains a malformed path component", docs="/git/trees#create-a-tree")
    if "sha" in row:
        sha = row["sha"]
        if sha is not None and row["mode"] != "160000" and git.kind(str(sha)) is None:
            raise ApiError(422, f"tree.sha {sha} is not a valid {_MODES[row['mode']]}")
        return row["mode"], sha, path
    return row["mode"], git.write_blob(str(row.get("content", "")).encode()), path


@routes.on("GET", "/repos/{owner}/{repo}/git/commits/{sha}")
def get_commit(call: Call) -> JSON:
    repo, sha = call.repo(READ), call.params["sha"]
    if call.git(repo).kind(sha) != "commit":
        raise not_found("/git/commits#get-a-commit-object")
    return commits.git_commit(call.view, repo, sha)


@routes.on("POST", "/repos/{owner}/{repo}/git/commits")
def create_commit(call: Call) -> Reply:
    repo, message, tree = call.repo(WRITE), call.text("message"), call.text("tree")
    git, parents = call.git(repo), call.texts("parents")
    if git.kind(tree) != "tree":
        raise ApiError(422, "Tree SHA does not exist", docs="/git/commits#create-a-commit")
    for parent in parents:
        if git.kind(parent) != "commit":
            raise ApiError(422, "Parent SHA does not exist or is not a commit object")
    author = signature(call, call.fields.get("author"), person(call.hub, call.sender))
    committer = signature(call, call.fields.get("committer"), author)
    sha = git.commit_tree(tree, parents, message=message, author=author, committer=committer)
    return Reply(201, commits.git_commit(call.view, repo, sha))


def signature(call: Call, raw: Any, default: Person) -> Person:
    """An author or committer from a request. Raises ApiError 422 without name and e-mail."""
    if raw is None:
        return default
    if not isinstance(raw, dict) or not raw.get("name") or not raw.get("email"):
        raise validation({"resource": "Commit", "code": "missing_field", "field": "author"})
    try:
        date = utc(raw["date"]) if raw.get("date") else default.date
    except ValueError:
        raise invalid_request(f"{raw['date']} is not a valid date-time.") from None
    return Person(str(raw["name"]), str(raw["email"]), date)


@routes.on("POST", "/repos/{owner}/{repo}/git/tags")
def create_tag(call: Call) -> Reply:
    repo, name, sha = call.repo(WRITE), call.text("tag"), call.text("object")
    git, message = call.git(repo), call.text("message")
    kind = git.kind(sha)
    if kind is None:
        raise ApiError(422, "Object does not exist")
    tagger = signature(call, call.fields.get("tagger"), person(call.hub, call.sender))
    env = {"GIT_COMMITTER_NAME": tagger.name, "GIT_COMMITTER_EMAIL": tagger.email}
    date = git.run("var", "GIT_COMMITTER_IDENT", env={**env, "GIT_COMMITTER_DATE": tagger.date}).decode()
    text = f"object {sha}\ntype {kind}\ntag {name}\ntagger {date.strip()}\n\n{message}\n"
    made = git.run("mktag", stdin=text.encode()).decode().strip()
    return Reply(201, _tag_json(call, repo, made))


@routes.on("GET", "/repos/{owner}/{repo}/git/tags/{sha}")
def get_tag(call: Call) -> JSON:
    repo, sha = call.repo(READ), call.params["sha"]
    if not SHA.match(sha) or call.git(repo).kind(sha) != "tag":
        raise not_found("/git/tags#get-a-tag")
    return _tag_json(call, repo, sha)


def _tag_json(call: Call, repo: Repo, sha: str) -> JSON:
    api = call.view.repo_api(repo)
    head, _, message = call.git(repo).text("cat-file", "tag", sha).partition("\n\n")
    fields = dict(line.split(" ", 1) for line in head.splitlines())
    return {
        "node_id": node_id("T", repo.id, sha),
        "tag": fields["tag"],
        "sha": sha,
        "url": f"{api}/git/tags/{sha}",
        "message": message,
        "tagger": {"name": fields["tagger"].split(" <")[0], "email": "", "date": ""},
        "object": {
            "sha": fields["object"],
            "type": fields["type"],
            "url": f"{api}/git/{fields['type']}s/{fields['object']}",
        },
        "verification": commits.UNSIGNED,
    }
