"""Talking to a remote over HTTP(S): what it has, bringing a mirror up to date, pushing one commit to one branch."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from integrations.errors import (
    Conflict,
    Denied,
    IntegrationError,
    NotFound,
    RateLimited,
    Rejected,
    Retryable,
    Unknown,
)
from integrations.ports import GitRemote
from tasks.workspace import objects
from tasks.workspace.git import GitFailed, GitTimedOut, git
from tasks.workspace.names import checked_branch, checked_oid, is_oid
from tasks.workspace.process import Bounds

_LIST = Bounds(timeout_s=60.0)
_FETCH = Bounds(timeout_s=900.0)
_PUSH = Bounds(timeout_s=300.0)

_FORGIVEN = ("missingSpaceBeforeDate", "zeroPaddedFilemode", "badTimezone", "zeroPaddedDate", "missingEmail")
"""Old, harmless mistakes that real histories are full of; everything else fsck calls an error stops the fetch."""


@dataclass(frozen=True, slots=True)
class Synced:
    """A mirror that is up to date. `ref` is the branch, tag or oid that was asked for, else the default branch."""

    default_branch: str
    ref: str
    oid: str


def sync(mirror: Path, remote: GitRemote, *, ref: str | None) -> Synced:
    """Fetches all branches and tags unless what is wanted is here already.

    Raises NotFound (repository, or ref: code REPO-004; empty: REPO-006), Denied, Retryable.
    """
    listed = _listed(remote, ref)
    if not listed.refs:
        raise NotFound("The repository has no commits yet.", code="REPO-006")
    default = listed.head.removeprefix("refs/heads/")
    names = _candidates(ref or default)
    wanted = next((listed.refs[name] for name in names if name in listed.refs), ref or "")
    if not is_oid(wanted):
        raise NotFound(f"There is no branch {ref or default}.", code="REPO-004")
    if not objects.exists(mirror, wanted):
        _fetch(mirror, remote)
    found = next(
        (oid for name in names if name in listed.refs and (oid := objects.resolve(mirror, name))), wanted
    )
    commit = objects.resolve(mirror, checked_oid(found))
    if commit is None:
        raise NotFound(f"There is no commit {ref or default}.", code="REPO-004")
    # Keeps the base alive when its branch is rewritten upstream.
    git(mirror, "update-ref", f"refs/sortie/base/{commit}", commit)
    return Synced(default, ref or default, commit)


def sync_pull(mirror: Path, remote: GitRemote, *, number: int, oid: str) -> None:
    """Fetches exactly this head of a pull request; the host keeps it under a name of its own, whoever's branch it is on.

    Raises NotFound where the host does not have it there any more, Denied, Retryable.
    """
    ref = f"refs/pull/{number}/head"
    if not objects.exists(mirror, oid):
        _fetch(mirror, remote, f"+{ref}:refs/sortie/pull/{number}")
    if not objects.exists(mirror, oid):
        raise NotFound(f"Pull request #{number} moved on meanwhile.", code="GIT-009")
    # Keeps the head alive when its branch is rewritten upstream.
    git(mirror, "update-ref", f"refs/sortie/base/{checked_oid(oid)}", oid)


def remote_head(branch: str, remote: GitRemote) -> str | None:
    """The oid at the remote's branch now, None when there is no such branch. Raises NotFound, Denied, Retryable."""
    name = f"refs/heads/{branch}"
    return _list(remote, name).refs.get(name)


def push(quarantine: Path, remote: GitRemote, *, oid: str, branch: str, expected_old: str | None) -> None:
    """Creates `branch` (expected_old None) or moves it forward from exactly `expected_old`. Again is harmless.

    Raises Conflict (GIT-004: the branch is somewhere else), Denied (GIT-003), Retryable (nothing was sent),
    Unknown (sent, no answer), ValueError for a branch that is not ours.
    """
    _forward(
        quarantine, remote, oid=oid, ref=f"refs/heads/{checked_branch(branch)}", expected_old=expected_old
    )


def push_to_theirs(quarantine: Path, remote: GitRemote, *, oid: str, branch: str, expected_old: str) -> None:
    """Moves a branch that a person made forward from exactly `expected_old`. Raises as push, NotFound for no branch's name."""
    _check_ref(branch)
    _forward(quarantine, remote, oid=oid, ref=f"refs/heads/{branch}", expected_old=expected_old)


def _forward(quarantine: Path, remote: GitRemote, *, oid: str, ref: str, expected_old: str | None) -> None:
    if expected_old is not None and not _is_ancestor(quarantine, checked_oid(expected_old), checked_oid(oid)):
        raise Conflict("The new commit does not follow the one that was pushed last.", code="GIT-004")
    _send(quarantine, remote, oid=oid, ref=ref, expected_old=expected_old)


def rewrite(
    quarantine: Path, remote: GitRemote, *, oid: str, onto: str, branch: str, expected_old: str
) -> None:
    """Puts the one commit `oid`, made on `onto`, in the place of exactly `expected_old`: the only way that drops commits.

    Raises as `push`, and Conflict for a commit that is not made on `onto` alone.
    """
    parents = git(quarantine, "rev-list", "--parents", "-1", checked_oid(oid)).decode().split()[1:]
    if not expected_old or parents != [checked_oid(onto)]:
        raise Conflict("The new commit is not made on the base branch.", code="GIT-004")
    ref = f"refs/heads/{checked_branch(branch)}"
    _send(quarantine, remote, oid=oid, ref=ref, expected_old=expected_old)


def delete(quarantine: Path, remote: GitRemote, *, branch: str, expected_old: str) -> None:
    """Takes `branch` off the remote while it is exactly at `expected_old`. Raises as `push`; ValueError for one not ours."""
    ref = f"refs/heads/{checked_branch(branch)}"
    _send(quarantine, remote, oid="", ref=ref, expected_old=checked_oid(expected_old))


def _send(quarantine: Path, remote: GitRemote, *, oid: str, ref: str, expected_old: str | None) -> None:
    lease = f"--force-with-lease={ref}:{expected_old or ''}"
    options = ("--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no", lease)
    refspec = f"{checked_oid(oid)}:{ref}" if oid else f":{ref}"
    try:
        git(quarantine, "push", *options, "--", _url(remote), refspec, env=_env(remote), bounds=_PUSH)
    except GitFailed as why:
        raise push_error(why) from why


def push_error(failed: GitFailed) -> IntegrationError:
    """What a failed push means. git push prints one line per ref: https://git-scm.com/docs/git-push#_output."""
    said = f"{failed.stdout}\n{failed.stderr}"
    if "[remote rejected]" in said:
        reason = said.split("[remote rejected]", 1)[1].split("\n")[0].strip()
        if re.search(r"cannot lock ref|failed to update ref|unable to create|internal", reason):
            return Conflict(f"The code host could not move the branch: {reason}", code="GIT-004")
        return Denied(f"The code host refused the branch: {reason}", code="GIT-003")
    if "[rejected]" in said:
        return Conflict("The branch on the code host is not where it was left.", code="GIT-004")
    if isinstance(failed, GitTimedOut) or _AFTER_SENDING.search(said):
        return Unknown("The push was sent, but no answer came.", code="GIT-008")
    return fetch_error(failed)


_AFTER_SENDING = re.compile(
    r"RPC failed|hung up unexpectedly|unexpected disconnect|early EOF|send-pack: unexpected|failed to push some refs"
)
_MISSING = re.compile(
    r"repository '[^']*' not found|returned error: (404|410|301|302|307|308)|does not appear to be a git"
)
_DENIED = re.compile(
    r"Authentication failed|could not read (Username|Password)|returned error: 40[13]|Permission .*denied|access denied",
    re.I,
)
_CHECKED = re.compile(r"error in (object|commit|tree|blob|tag)|fsck error|bad object|index-pack failed", re.I)


def fetch_error(failed: GitFailed) -> IntegrationError:
    """What a failed ls-remote or fetch means; also for a push that never got as far as sending."""
    said = failed.stderr
    if "returned error: 429" in said:
        return RateLimited("The code host asks for fewer requests.", code="GIT-001")
    if _MISSING.search(said):
        return NotFound("There is no such repository, or it may not be seen.", code="REPO-002")
    if _DENIED.search(said):
        return Denied("The code host does not accept our credentials for this repository.", code="GIT-003")
    if _CHECKED.search(said) and "early EOF" not in said:
        return Rejected("The repository holds objects that fail git's own checks.", code="GIT-010")
    return Retryable("The code host cannot be reached by git right now.", code="GIT-001")


@dataclass(frozen=True, slots=True)
class _Listed:
    head: str
    refs: Mapping[str, str]


def _listed(remote: GitRemote, ref: str | None) -> _Listed:
    if ref is not None and not is_oid(ref):
        _check_ref(ref)
        return _list(remote, "HEAD", f"refs/heads/{ref}", f"refs/tags/{ref}")
    listed = _list(remote, "HEAD")
    if not listed.refs or not listed.head:
        return listed
    return _Listed(listed.head, {**listed.refs, listed.head: listed.refs["HEAD"]})


def _list(remote: GitRemote, *patterns: str) -> _Listed:
    """Asks for refs by name; the patterns match tails, so only exact names are kept."""
    args = ("ls-remote", "--symref", "--", _url(remote), *patterns)
    try:
        out = git(None, *args, env=_env(remote), bounds=_LIST).decode("utf-8", "replace")
    except GitFailed as why:
        raise fetch_error(why) from why
    head, refs = "", {}
    for line in out.splitlines():
        value, _, name = line.partition("\t")
        if value.startswith("ref: ") and name == "HEAD":
            head = value.removeprefix("ref: ")
        elif name in patterns and is_oid(value):
            refs[name] = value
    return _Listed(head, refs)


def _candidates(ref: str) -> tuple[str, ...]:
    return () if is_oid(ref) else (f"refs/heads/{ref}", f"refs/tags/{ref}")


def _check_ref(ref: str) -> None:
    try:
        git(None, "check-ref-format", f"refs/heads/{ref}")
    except (GitFailed, ValueError) as why:
        raise NotFound("That is not the name of a branch.", code="REPO-004") from why


_EVERYTHING = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")


def _fetch(mirror: Path, remote: GitRemote, *refspecs: str) -> None:
    checks = [("-c", f"fetch.fsck.{name}=ignore") for name in _FORGIVEN]
    words = ("-c", "transfer.fsckObjects=true", *(word for check in checks for word in check))
    options = ("--force", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--quiet")
    prune = () if refspecs else ("--prune",)
    wanted = refspecs or _EVERYTHING
    args = (*words, "fetch", *options, *prune, "--no-recurse-submodules", "--", _url(remote), *wanted)
    try:
        git(mirror, *args, env=_env(remote), bounds=_FETCH)
    except GitFailed as why:
        raise fetch_error(why) from why


def _is_ancestor(git_dir: Path, old: str, new: str) -> bool:
    try:
        git(git_dir, "merge-base", "--is-ancestor", old, new)
    except GitFailed:
        return False
    return True


def _url(remote: GitRemote) -> str:
    """The remote's URL; ValueError when it is not plain HTTP(S) or carries a credential."""
    parts = urlsplit(remote.url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.password:
        raise ValueError("A git remote is an http(s) URL without a user and a password")
    return remote.url


def _env(remote: GitRemote) -> dict[str, str]:
    return {**remote.env, "GIT_ALLOW_PROTOCOL": urlsplit(remote.url).scheme}
