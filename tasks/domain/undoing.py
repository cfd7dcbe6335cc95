"""Whether a change that reached the default branch takes back, or mends in a hurry, what a merged run did. Narrow on purpose. Pure."""

import re
from dataclasses import dataclass

from tasks.domain.facts import Undoing, Undone
from tasks.domain.run import Run, RunState

_REVERTS_PULL = re.compile(
    r"^(?:Reverts?|reverts?)[ \t]+([\w.-]{1,100}/[\w.-]{1,100})?#(\d{1,10})\b", re.MULTILINE
)
_REVERTS_TITLE = re.compile(r'^Revert ".*\(#(\d{1,10})\)"')
_REVERTS_COMMIT = re.compile(r"\bThis reverts commit ([0-9a-f]{7,64})\b")
_MERGE = re.compile(r"Merge pull request #(\d{1,10}) from ")
_FIX = re.compile(r"(?:hot-?fix|fix(?:es|ed)?)\b", re.IGNORECASE)
_HOTFIX = re.compile(r"hot-?fix\b", re.IGNORECASE)
_PATH = re.compile(r"^(?:\+\+\+ b|--- a)/(.+)$", re.MULTILINE)
LONGEST = 20_000
"""Characters of a message that are looked at."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that reached the default branch: a commit, or a merged pull request. `name` is a commit id or "#14".

    `text` is its message or description with the title first; `paths` is empty where the host did not tell.
    """

    name: str
    text: str
    paths: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return self.text.split("\n", 1)[0].strip()


def may_undo(change: Change) -> bool:
    """Whether its words alone make it worth a look."""
    text = change.text[:LONGEST]
    return any(p.search(text) for p in (_REVERTS_PULL, _REVERTS_TITLE, _REVERTS_COMMIT)) or bool(
        _FIX.match(change.title)
    )


def as_one(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """The changes of one push. A merge commit of the host comes with its pull request's title and the paths of all that it brings."""
    paths = tuple(dict.fromkeys(path for change in changes for path in change.paths))
    return tuple(_as_merged(change, paths) for change in changes)


def _as_merged(change: Change, paths: tuple[str, ...]) -> Change:
    merge = _MERGE.match(change.text)
    _, _, body = change.text.partition("\n\n")
    return Change(f"#{merge.group(1)}", body, paths) if merge and body else change


def undone_by(run: Run, change: Change) -> Undone | None:
    """What the change does to a run's merged change; only the first such change counts."""
    if run.state is not RunState.merged or run.pr is None or run.undone or _itself(run, change):
        return None
    if _reverts(run, change.text[:LONGEST]):
        return Undone(Undoing.revert, change.name)
    return Undone(Undoing.hotfix, change.name) if _mends(run, change) else None


def _itself(run: Run, change: Change) -> bool:
    return run.pr is not None and change.name in (f"#{run.pr.number}", *_commits(run))


def _commits(run: Run) -> tuple[str, ...]:
    return tuple(oid for oid in (*run.known_heads, run.pushed_oid, run.merge_oid) if oid)


def _reverts(run: Run, text: str) -> bool:
    assert run.pr is not None
    number = str(run.pr.number)
    if any(n == number and repo.lower() in ("", run.repo.lower()) for repo, n in _REVERTS_PULL.findall(text)):
        return True
    if number in _REVERTS_TITLE.findall(text):
        return True
    return any(oid.startswith(named) for named in _REVERTS_COMMIT.findall(text) for oid in _commits(run))


def _mends(run: Run, change: Change) -> bool:
    """Titled as a fix, it touches a file of ours, and calls itself a hotfix or names our pull request, run or commit."""
    if not _FIX.match(change.title) or not set(change.paths) & _paths(run):
        return False
    return bool(_HOTFIX.match(change.title)) or _names(run, change.text[:LONGEST])


def _names(run: Run, text: str) -> bool:
    assert run.pr is not None
    if re.search(rf"(?:#{run.pr.number}|\b{re.escape(run.id)})\b", text):
        return True
    return any(oid.startswith(w) for w in re.findall(r"\b[0-9a-f]{7,64}\b", text) for oid in _commits(run))


def _paths(run: Run) -> frozenset[str]:
    return frozenset(_PATH.findall(run.submission.diff)) if run.submission else frozenset()
