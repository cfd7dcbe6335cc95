"""What GitHub's webhooks tell us, typed. Names of repositories are "owner/name"; oids are full commit ids."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sender:
    """Who caused it. `kind` is GitHub's type: User, Bot or Organization."""

    login: str
    id: int
    kind: str

    @property
    def is_bot(self) -> bool:
        return self.kind == "Bot"


@dataclass(frozen=True, slots=True)
class ChecksMoved:
    """Something about the checks of a commit changed; what they say now, only a new look tells.

    `source` is check_run, check_suite, status or workflow_run; `name` the check's name or status context. `pull_requests`
    are the numbers GitHub connects with it: empty for forks, and often otherwise.
    """

    delivery_id: str
    repo: str
    head_oid: str
    source: str
    action: str
    name: str
    sender: Sender
    pull_requests: tuple[int, ...] = ()

    @property
    def own(self) -> bool:
        """One of the checks that we write ourselves."""
        return self.name.startswith("sortie/")


@dataclass(frozen=True, slots=True)
class PullRequestChanged:
    """A pull request as it is after `action`. `state` is open or closed; `to_default` when it goes to the default branch."""

    delivery_id: str
    repo: str
    number: int
    action: str
    state: str
    merged: bool
    draft: bool
    head_oid: str
    head_ref: str
    sender: Sender
    title: str = ""
    body: str = ""
    merge_oid: str = ""
    to_default: bool = False


@dataclass(frozen=True, slots=True)
class PushedCommit:
    """A commit of a push, with the paths that it adds, changes or removes; a merge commit has none of its own."""

    oid: str
    message: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pushed:
    """A branch moved. `to_default` when it is the repository's default branch."""

    delivery_id: str
    repo: str
    ref: str
    to_default: bool
    commits: tuple[PushedCommit, ...]
    sender: Sender


@dataclass(frozen=True, slots=True)
class Ping:
    """A hook was set up."""

    delivery_id: str
    hook_id: int


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing of ours; `reason` is a short phrase for logs and counters."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wrote:
    """Somebody wrote a comment, an inline comment or a review, just now: an edit is never heard.

    `place` is comment, inline or review; `id` is GitHub's of that thing. `by_app` when a program wrote it in somebody's name.
    `title` and `text` are what the issue or pull request says of itself; `installation` is the App's, 0 for a plain webhook.
    `state` is a review's: approved, changes_requested or commented. Of an inline comment: `line` in the new file (0 where the
    line is gone or the whole file is meant), `thread` the comment that began the thread, `review` the review it belongs to.
    """

    delivery_id: str
    repo: str
    number: int
    on_pull: bool
    place: str
    id: int
    body: str
    sender: Sender
    by_app: bool = False
    state: str = ""
    path: str = ""
    line: int = 0
    thread: int = 0
    review: int = 0
    head_oid: str = ""
    title: str = ""
    text: str = ""
    installation: int = 0


@dataclass(frozen=True, slots=True)
class ReviewDismissed:
    """An approval or a request for changes no longer counts."""

    delivery_id: str
    repo: str
    number: int


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """A button of one of our check runs; `action` is its identifier, `external_id` ours of that check run."""

    delivery_id: str
    repo: str
    head_oid: str
    check_id: int
    external_id: str
    action: str
    sender: Sender


Inbound = ChecksMoved | PullRequestChanged | Wrote | ReviewDismissed | ButtonPressed | Pushed | Ping | Ignored
