"""The verbs our decisions need of the outside world. Vendors implement them; only tasks/wiring.py picks which.

Every method may raise the errors of integrations/errors.py and nothing else of its vendor.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from integrations.types.chat import (
    ChatUser,
    FoundMessage,
    MessageRef,
    OutgoingMessage,
    PostedMessage,
    ThreadRef,
)
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
)
from integrations.types.model import ModelReply, ModelRequest
from integrations.types.sandbox import (
    Command,
    CommandResult,
    Isolation,
    ProbeReport,
    SandboxSpec,
)


class Chat(Protocol):
    """Writes to a chat workspace."""

    def post(self, thread: ThreadRef, message: OutgoingMessage, *, outbox_id: str) -> MessageRef: ...

    def find_post(
        self, thread: ThreadRef, *, outbox_id: str, since: datetime | None = None
    ) -> PostedMessage | None:
        """The post that carries our outbox id in its metadata, or None; raises Unknown when the thread cannot be read.

        Of a channel itself only what was posted `since` then is looked at.
        """
        ...

    def direct(self, user: str) -> str:
        """The channel of the direct message with a person. Idempotent."""
        ...

    def message(self, ref: MessageRef) -> FoundMessage | None:
        """A message as it stands now, None where it is gone."""
        ...

    def publish_home(self, user: str, content: OutgoingMessage) -> None:
        """What a person sees in our home tab from now on."""
        ...

    def update(self, message: MessageRef, content: OutgoingMessage) -> None: ...

    def whisper(self, thread: ThreadRef, *, user: str, content: OutgoingMessage) -> None:
        """An ephemeral message to one person; not durable."""
        ...

    def set_reaction(self, message: MessageRef, *, name: str, previous: tuple[str, ...]) -> None:
        """Make `name` our only reaction on the message: add it, then remove each of `previous`. Idempotent."""
        ...

    def set_session(self, thread: ThreadRef, *, status: str, title: str, user: str) -> None:
        """The native agent-session status: processing, suspended, active or closed."""
        ...

    def user(self, user_id: str) -> ChatUser: ...

    def read_file(self, url: str, *, limit: int) -> bytes:
        """The content of a file on a message, of at most `limit` bytes. Raises Denied for an address that is not the chat's,
        Rejected for a redirect, or for more.
        """
        ...


class CodeHost(Protocol):
    """Reads and writes one code host. `repo` is always "owner/name"."""

    def repo_facts(self, repo: str, *, login: str) -> RepoFacts: ...

    def git_remote(self, repo: str) -> "GitRemote":
        """URL and credentials for git over HTTPS, for this repository only."""
        ...

    def find_pull_request(self, repo: str, *, head_ref: str) -> PullRequest | None: ...

    def pull_request(self, repo: str, number: int) -> PullRequest: ...

    def open_pull_request(
        self, repo: str, *, head_ref: str, base_ref: str, title: str, body: str
    ) -> PullRequest:
        """Opens a draft. Raises Conflict where one exists for this head."""
        ...

    def pull_request_body(self, repo: str, number: int) -> str: ...

    def update_pull_request(self, repo: str, number: int, *, title: str | None, body: str | None) -> None: ...

    def mark_ready(self, repo: str, number: int) -> None: ...

    def close_pull_request(self, repo: str, number: int) -> None: ...

    def request_reviewers(self, repo: str, number: int, *, logins: tuple[str, ...]) -> None: ...

    def make_labels(self, repo: str, labels: tuple[Label, ...]) -> None:
        """Makes the labels that the repository does not have; one that is there keeps its colour and its words."""
        ...

    def add_labels(self, repo: str, number: int, *, labels: tuple[str, ...]) -> None: ...

    def remove_label(self, repo: str, number: int, *, label: str) -> None:
        """Takes a label off; nothing happens where it is not on."""
        ...

    def held(self, repo: str, *, login: str) -> Held:
        """The role of an account right now, asked afresh; `none` where it has no access."""
        ...

    def react(self, repo: str, *, comment: int, inline: bool, content: str) -> None:
        """Our reaction on a comment, or an inline comment; the same one twice is one. `content` is GitHub's word for it."""
        ...

    def reply(self, repo: str, number: int, *, thread: int, marker: str, body: str) -> str:
        """One reply in an inline comment's thread, found again by its hidden marker; returns its URL."""
        ...

    def pull_requests_at(self, repo: str, head_oid: str) -> tuple[PullRequest, ...]:
        """The open pull requests whose head is this commit."""
        ...

    def reviews(self, repo: str, number: int) -> tuple[GivenReview, ...]:
        """All submitted reviews, oldest first."""
        ...

    def checks(self, repo: str, head_oid: str) -> ChecksSnapshot:
        """Everything but our own checks (names starting with "sortie/")."""
        ...

    def check_log(self, repo: str, check: CheckState) -> str:
        """The log text of a failed check, "" when the host keeps none."""
        ...

    def write_check(self, repo: str, report: CheckRunReport) -> None:
        """Creates or updates the check run with this external_id; a commit status where only those are allowed."""
        ...

    def post_review(
        self, repo: str, number: int, *, head_oid: str, body: str, comments: tuple[ReviewComment, ...]
    ) -> str:
        """One review of type COMMENT; returns its URL."""
        ...

    def resolve_threads(self, repo: str, number: int, *, markers: tuple[str, ...]) -> None:
        """Resolves the open threads that we began with a comment holding one of these lines; nobody else's."""
        ...

    def find_review(self, repo: str, number: int, *, marker: str) -> str | None:
        """URL of our review whose body contains the hidden marker."""
        ...

    def upsert_comment(self, repo: str, number: int, *, marker: str, body: str) -> str:
        """Creates or edits the comment that contains the hidden marker; returns its URL."""
        ...


class GitRemote(Protocol):
    """Where to push and fetch: `env` carries the credential, never the URL or the arguments."""

    @property
    def url(self) -> str: ...

    @property
    def env(self) -> Mapping[str, str]: ...


class Model(Protocol):
    """A language model behind one streamed call."""

    def complete(self, request: ModelRequest, *, cancelled: Callable[[], bool]) -> ModelReply:
        """One call, no retries. `cancelled` is asked while the stream flows; raises Cancelled when it says so."""
        ...


class Sandbox(Protocol):
    """One closed room around one workspace."""

    def run(self, command: Command, *, cancelled: Callable[[], bool] = ...) -> CommandResult: ...

    def close(self) -> None: ...


class SandboxProvider(Protocol):
    """Opens sandboxes and proves that they hold."""

    @property
    def name(self) -> str: ...

    @property
    def isolation(self) -> Isolation: ...

    @property
    def owner(self) -> tuple[int, int] | None:
        """uid and gid that a workspace's files must belong to; None when they are ours."""
        ...

    def probe(self) -> ProbeReport: ...

    def adopt(self, path: Path) -> None:
        """Gives a tree to `owner`, never following a symlink."""
        ...

    def open(self, spec: SandboxSpec) -> Sandbox: ...
