"""Hand-made ports of the publisher and a store with a clock that a test moves: the world as a test tells it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from integrations.types.chat import (
    ChatUser,
    FoundMessage,
    MessageRef,
    OutgoingMessage,
    PostedMessage,
    ThreadRef,
    UserKind,
)
from integrations.types.code_host import (
    ChecksSnapshot,
    CheckState,
    GivenReview,
    Held,
    PullRequest,
    RepoFacts,
    Role,
)
from tasks.domain.events import Event
from tasks.domain.run import Run
from tasks.effects.ports import OutsidePorts
from tasks.messages.words import Links
from tasks.publish import Publisher
from tasks.store.engine import open_engine
from tasks.store.outbox import Intent
from tasks.store.store import Store
from tasks.workspace.remotes import Synced
from tests.support.requests import NOON, a_request

BASE = "b" * 40


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Bell:
    """Remembers who was rung for."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def wake(self, run_id: str, queue: str = "control") -> bool:
        self.rung.append(run_id)
        return True

    def waiting(self) -> frozenset[str]:
        """Every ring was heard, or lost."""
        return frozenset()


@dataclass(slots=True)
class Outside:
    """The chat, the code host and git at once. `before` maps a verb to what happens when it is called: it may raise."""

    calls: list[str] = field(default_factory=list)
    before: dict[str, Callable[[], object]] = field(default_factory=dict)
    posts: dict[str, MessageRef] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    pulls: list[PullRequest] = field(default_factory=list)
    checks_now: tuple[CheckState, ...] = ()
    messages: dict[str, FoundMessage] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    checks_at: dict[str, tuple[CheckState, ...]] = field(default_factory=dict)
    settled: bool = True
    roles: dict[str, Role] = field(default_factory=dict)
    kinds: dict[str, UserKind] = field(default_factory=dict)
    team: str = "T1"
    whispers: list[tuple[str, str]] = field(default_factory=list)

    def _called(self, verb: str) -> None:
        self.calls.append(verb)
        if act := self.before.get(verb):
            act()

    def post(self, thread: ThreadRef, message: OutgoingMessage, *, outbox_id: str) -> MessageRef:
        self._called("post")
        ref = MessageRef(thread.channel, f"{len(self.posts) + 100}.0")
        self.posts[outbox_id] = ref
        self.texts[ref.ts] = message.text
        return ref

    def find_post(
        self, thread: ThreadRef, *, outbox_id: str, since: datetime | None = None
    ) -> PostedMessage | None:
        self._called("find_post")
        ref = self.posts.get(outbox_id)
        return PostedMessage(ref, outbox_id) if ref and ref.channel == thread.channel else None

    def message(self, ref: MessageRef) -> FoundMessage | None:
        self._called("message")
        return self.messages.get(ref.ts)

    def direct(self, user: str) -> str:
        self._called("direct")
        return f"D{user}"

    def update(self, message: MessageRef, content: OutgoingMessage) -> None:
        self._called("update")
        self.texts[message.ts] = content.text
        self.shown[message.ts] = repr(content.parts)

    def user(self, user_id: str) -> ChatUser:
        self._called("user")
        return ChatUser(self.team, user_id, "admin", self.kinds.get(user_id, UserKind.member))

    def whisper(self, thread: ThreadRef, *, user: str, content: OutgoingMessage) -> None:
        self._called("whisper")
        self.whispers.append((user, content.text))

    def repo_facts(self, repo: str, *, login: str) -> RepoFacts:
        self._called("repo_facts")
        return RepoFacts(repo, "main", True, False, "", login, 7, self.roles.get(login, Role.write))

    def held(self, repo: str, *, login: str) -> Held:
        self._called("held")
        return Held(login, 9, self.roles.get(login, Role.write))

    def read(self, repo: str, oid: str, path: str, limit: int = 0) -> bytes | None:
        return self.files.get(path)

    def git_remote(self, repo: str) -> object:
        return object()

    def sync_mirror(self, repo: str, remote: object, *, ref: str | None) -> Synced:
        self._called("sync_mirror")
        return Synced("main", ref or "main", BASE)

    def remote_head(self, repo: str, branch: str, remote: object) -> str | None:
        self._called("remote_head")
        return self.branches.get(branch)

    def push(self, repo: str, *, oid: str, branch: str, expected_old: str | None, remote: object) -> None:
        self._called("push")
        self.branches[branch] = oid

    def find_pull_request(self, repo: str, *, head_ref: str) -> PullRequest | None:
        self._called("find_pull_request")
        return self.pulls[-1] if self.pulls else None

    def pull_request(self, repo: str, number: int) -> PullRequest:
        self._called("pull_request")
        return self.pulls[number - 1]

    def open_pull_request(self, repo: str, *, head_ref: str, **said: str) -> PullRequest:
        self._called("open_pull_request")
        number = len(self.pulls) + 1
        pull = PullRequest(
            number, f"http://host/{number}", self.branches[head_ref], head_ref, "main", True, "open", False
        )
        self.pulls.append(pull)
        return pull

    def pull_request_body(self, repo: str, number: int) -> str:
        self._called("pull_request_body")
        return ""

    def checks(self, repo: str, head_oid: str) -> ChecksSnapshot:
        self._called("checks")
        return ChecksSnapshot(head_oid, self.checks_at.get(head_oid, self.checks_now), self.settled)

    def pull_requests_at(self, repo: str, head_oid: str) -> tuple[PullRequest, ...]:
        self._called("pull_requests_at")
        return tuple(p for p in self.pulls if p.state == "open" and p.head_oid == head_oid)

    def reviews(self, repo: str, number: int) -> tuple[GivenReview, ...]:
        self._called("reviews")
        return ()

    def check_log(self, repo: str, check: CheckState) -> str:
        self._called("check_log")
        return f"log of {check.name}"

    def __getattr__(self, verb: str) -> Callable[..., None]:
        """Every other verb is done and says nothing."""
        return lambda *given, **named: self._called(verb)


@dataclass(slots=True)
class Bench:
    """One store, one publisher, one world."""

    store: Store
    hands: Hands
    outside: Outside
    bell: Bell
    publisher: Publisher

    def start(self, *events: Event) -> Run:
        """A run with these facts and decisions, and all of their intents still unsent."""
        with self.store.writing() as tx:
            run = tx.start_run(a_request(), "Return 422")
        return self.tell(run.id, *events)

    def tell(self, run_id: str, *events: Event) -> Run:
        for event in events:
            with self.store.writing() as tx:
                tx.append(run_id, event)
        return self.run(run_id)

    def run(self, run_id: str) -> Run:
        with self.store.reading() as tx:
            found = tx.load(run_id)
        assert found is not None
        return found

    def events(self, run_id: str) -> list[Event]:
        with self.store.reading() as tx:
            return [recorded.event for recorded in tx.events(run_id)]

    def intents(self, run_id: str, kind: str) -> list[Intent]:
        with self.store.reading() as tx:
            return [i for i in tx.outbox(run_id) if i.effect.kind == kind]

    def claim(self, prefix: str = "") -> Intent | None:
        with self.store.writing() as tx:
            return tx.claim(claim_id=f"p{len(self.outside.calls)}", ttl_s=30, prefix=prefix)

    def settle_all(self) -> None:
        """Throws away what is unsent, so that a test begins with what it is about."""
        while (intent := self.claim()) is not None:
            with self.store.writing() as tx:
                tx.settle(intent, state="done")

    def publish(self, prefix: str = "") -> None:
        """Carries out everything that is due now."""
        while (intent := self.claim(prefix)) is not None:
            self.publisher.publish(intent)


@contextmanager
def bench(database_url: str) -> Iterator[Bench]:
    engine, hands, outside, bell = open_engine(database_url), Hands(), Outside(), Bell()
    store = Store(engine, hands)
    world = cast(Any, outside)
    ports = OutsidePorts(chat=world, code_host=world, workspaces=world, links=Links("http://127.0.0.1"))
    yield Bench(store, hands, outside, bell, Publisher(store, ports, bell, claim_s=3.0))
    engine.dispose()
