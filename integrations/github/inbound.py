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
    """A pull request as it is after `action`. `state` is open or closed."""

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


@dataclass(frozen=True, slots=True)
class Ping:
    """A hook was set up."""

    delivery_id: str
    hook_id: int


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing of ours; `reason` is a short phrase for logs and counters."""

    reason: str


Inbound = ChecksMoved | PullRequestChanged | Ping | Ignored
