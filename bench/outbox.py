"""200 live cards under Slack's rate limits: how long what is urgent waits, what is coalesced, and whether a post is lost."""

import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from slack_sdk import WebClient
from sqlalchemy import func, select, update

from bench import measure
from bench.fifo import Fifo, working
from bench.happenings import (
    ANSWER_AFTER_S,
    ASK_EVERY_S,
    FAIL_EVERY_S,
    STEP_EVERY_S,
    STOP_EVERY_S,
    Happening,
    play,
)
from bench.places import in_memory
from bench.processes import process
from bench.report import Report, Table, Target
from bench.stack import ADA, BOT, BOT_TOKEN, LOGIN, REPO, TEAM, Stack, rest, stack, wait
from bot.cli.credentials import environment_for
from bot.cli.start import MODULES
from integrations.types.chat import MessageRef, ThreadRef
from integrations.types.code_host import Role
from tasks.domain.decisions import Accepted, Failed, Noted, PlanMade, Provisioned, QuestionAsked, RepoChosen
from tasks.domain.events import Event
from tasks.domain.facts import QuestionAnswered, StopRequested
from tasks.domain.request import Channel, ChatPlace, Person, RunRequest
from tasks.domain.results import RepoInspected
from tasks.store.outbox import DONE, DROPPED, PENDING, Intent
from tasks.store.schema import outbox

TARGETS = {
    "urgent_p95_s": Target("≤", 5.0),
    "urgent_p95_vs_fifo": Target("≤", 0.5),
    "posts_lost": Target("=", 0),
    "most_edits_a_minute": Target("≤", 50),
}
CHANNELS = ("C0PAYMENTS", "C0CHECKOUT", "C0SECURITY")
WHO = Person("slack", TEAM, ADA, "ada")
PLAN = ("Reproduce the failure", "Fix and add a regression test")
HEADS = (
    "side",
    "p50",
    "p95",
    "most",
    "urgent posts",
    "not taken in time",
    "posts wanted",
    "taken once",
    "edits coalesced",
    "writes left",
)
GRACE_S = 30.0
"""So long after the last happening what is urgent is waited for."""


def run() -> Report:
    """The whole measurement."""
    return measured(cards=200, window_s=75)


@dataclass(slots=True)
class Seen:
    """One side. `waits` are the seconds that each urgent post waited, those that never came as long as they were waited for."""

    waits: list[float] = field(default_factory=list)
    never: int = 0
    posts_wanted: int = 0
    posts_seen: int = 0
    calls: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    most_edits: int = 0
    coalesced: int = 0
    left: int = 0


def measured(*, cards: int, window_s: int) -> Report:
    """The same happenings, first to a queue in its order and then to Sortie's publisher, under the same fresh limits."""
    with ExitStack() as held:
        home = held.enter_context(in_memory("outbox"))
        running = held.enter_context(
            stack(home, home / "sortie.db", kinds={}, extra={"SORTIE_SLACK__EDITS_PER_MINUTE": "40", "SORTIE_SLACK__EDIT_EVERY_S": "5"})
        )  # fmt: skip
        places = [_asked(running, n) for n in range(2 * cards)]
        plain = _fifo(running, places[:cards], window_s)
        ours = _ours(running, held, places[cards:], window_s)
    return _report(plain, ours, cards, window_s)


def _asked(running: Stack, n: int) -> ChatPlace:
    channel = CHANNELS[n % len(CHANNELS)]
    said = {"user": ADA, "channel": channel, "text": f"<@{BOT}> /v1/refunds 500s ({n})"}
    ts = str(running.sim("messages", said)["ts"])
    return ChatPlace(ThreadRef(TEAM, channel, ts), MessageRef(channel, ts))


def _limits(running: Stack, on: bool) -> None:
    """Set anew, so that each side begins with as much as Slack gives anybody."""
    running.forget()
    running.sim("config", {"rate_limits": on})


# --- the plain way -------------------------------------------------------------------------------------------------


def _fifo(running: Stack, places: list[ChatPlace], window_s: int) -> Seen:
    api_url = f"{running.slack.url}/api/"
    client = WebClient(BOT_TOKEN, base_url=api_url)
    cards = [
        str(client.chat_postMessage(channel=p.thread.channel, thread_ts=p.thread.thread_ts, text="R")["ts"])
        for p in places
    ]
    _limits(running, True)
    seen, asked = Seen(), dict[str, float]()
    with working(api_url, BOT_TOKEN) as fifo:

        def act(one: Happening) -> None:
            place = places[one.card]
            if one.kind in ("ask", "stop", "fail"):
                name = f"{one.kind} {one.card} {one.number}"
                seen.posts_wanted += 1
                if one.kind != "fail":
                    asked[name] = time.time()
                _announce(fifo, place, name)
            if one.kind == "answer":
                fifo.wants(partial(_edit, place.thread.channel, cards[one.card], "Answered"))
                _move(fifo, place)
            fifo.wants(partial(_edit, place.thread.channel, cards[one.card], f"{one.kind} {one.number}"))

        play(len(places), window_s, act)
        until = time.monotonic() + GRACE_S
        while time.monotonic() < until and not asked.keys() <= fifo.done.keys():
            time.sleep(0.1)
        now, seen.left = time.time(), fifo.left
        seen.waits = [fifo.done.get(name, now) - at for name, at in asked.items()]
        seen.never = sum(name not in fifo.done for name in asked)
        seen.posts_seen = len(fifo.done)
    return _counted(running, seen)


def _announce(fifo: Fifo, place: ChatPlace, name: str) -> None:
    """As Sortie's effects are ordered: reaction, session, the post."""
    _move(fifo, place)
    thread = place.thread
    fifo.wants(lambda c: c.chat_postMessage(channel=thread.channel, thread_ts=thread.thread_ts, text=name), name)  # fmt: skip


def _move(fifo: Fifo, place: ChatPlace) -> None:
    at, thread = place.origin, place.thread
    fifo.wants(lambda c: c.reactions_remove(channel=at.channel, timestamp=at.ts, name="eyes"))
    fifo.wants(lambda c: c.reactions_add(channel=at.channel, timestamp=at.ts, name="eyes"))
    status = {"channel_id": thread.channel, "thread_ts": thread.thread_ts, "status": "suspended"}
    fifo.wants(lambda c: c.api_call("agents.sessions.setStatus", json=status))


def _edit(channel: str, ts: str, text: str, client: WebClient) -> object:
    return client.chat_update(channel=channel, ts=ts, text=text)


# --- Sortie --------------------------------------------------------------------------------------------------------


def _ours(running: Stack, held: ExitStack, places: list[ChatPlace], window_s: int) -> Seen:
    _limits(running, False)
    runs = [_begun(running, place) for place in places]
    argv = (sys.executable, "-m", MODULES["publisher"])
    env = environment_for("publisher", running.env)
    home = running.env["SORTIE_HOME"].removesuffix("/sortie")
    held.enter_context(process(argv, cwd=Path(home), env=env, log=Path(home) / "logs" / "publisher"))
    rest(running)
    for run_id in runs:
        _tell(running, run_id, Accepted(), Provisioned("b" * 40, (("test", "pytest -q"),), True, "full"), PlanMade(PLAN))  # fmt: skip
    _settle(running, "chat.card")
    time.sleep(2.0)
    _limits(running, True)
    first = _last_intent(running)
    seen = Seen()

    def act(one: Happening) -> None:
        seen.posts_wanted += one.kind in ("ask", "stop", "fail")
        _tell(running, runs[one.card], *_events(one))

    play(len(runs), window_s, act)
    wait(lambda: _posted(running, first) >= seen.posts_wanted, what="the posts", within_s=GRACE_S)
    at = _accepted(running)
    with running.store.reading() as tx:
        intents = [i for run_id in runs for i in tx.outbox(run_id) if i.id > first]
    posts = [i for i in intents if i.effect.kind == "chat.post"]
    urgent = [i for i in posts if i.effect.priority == 1]
    seen.waits = [at[_name(i)][0] - i.created_at.timestamp() for i in urgent if _name(i) in at]
    seen.never = sum(_name(i) not in at for i in urgent)
    seen.posts_seen = sum(len(at.get(_name(i), ())) == 1 for i in posts)
    cards = [i for i in intents if i.effect.kind == "chat.card"]
    seen.coalesced = sum(i.state == DROPPED for i in cards)
    seen.left = sum(i.state not in (DONE, DROPPED) for i in intents)
    return _counted(running, seen)


def _begun(running: Stack, place: ChatPlace) -> str:
    request = RunRequest("/v1/refunds 500s", WHO, Channel.slack_mention, place, datetime.now(UTC), 1800)
    with running.store.writing() as tx:
        run = tx.start_run(request, "Return 422 when the currency is null")
        tx.append(run.id, RepoChosen(REPO, "channel default", None, LOGIN))
        tx.append(run.id, RepoInspected(REPO, True, LOGIN, 7, Role.write, "main", "main", "b" * 40, private=False))  # fmt: skip
    _settle(running, "host.%")
    return run.id


def _settle(running: Stack, kinds: str) -> None:
    """What would be asked of a code host, which this is not about, or the edits that the beginning would cost."""
    waiting = outbox.c.kind.like(kinds) & (outbox.c.state == PENDING)
    with running.store.writing() as tx:
        tx.conn.execute(update(outbox).where(waiting).values(state=DONE))


def _tell(running: Stack, run_id: str, *events: Event) -> None:
    with running.store.writing() as tx:
        for event in events:
            tx.append(run_id, event)


def _events(one: Happening) -> tuple[Event, ...]:
    match one.kind:
        case "ask":
            return (QuestionAsked(one.number, "agent", f"Which way ({one.number})?", ("left", "right")),)
        case "answer":
            return (QuestionAnswered(one.number, "left", WHO),)
        case "stop":
            return (StopRequested(WHO),)
        case "fail":
            return (Failed("SYS-002", "It broke.", "two fresh sandboxes"),)
    return (Noted(f"X-{one.number % 3}", f"Step {one.number}."),)


def _last_intent(running: Stack) -> int:
    with running.store.reading() as tx:
        return int(tx.conn.execute(select(func.max(outbox.c.id))).scalar_one())


def _posted(running: Stack, first: int) -> int:
    done = (outbox.c.kind == "chat.post") & (outbox.c.id > first) & (outbox.c.state == DONE)
    with running.store.reading() as tx:
        return int(tx.conn.execute(select(func.count()).select_from(outbox).where(done)).scalar_one())


def _accepted(running: Stack) -> dict[str, list[float]]:
    """When Slack took each post, by our id of it."""
    found: dict[str, list[float]] = {}
    for row in running.sim("requests?method=chat.postMessage")["requests"]:
        payload: dict[str, Any] = (row["args"].get("metadata") or {}).get("event_payload") or {}
        if row["ok"]:
            found.setdefault(str(payload.get("outbox_id")), []).append(row["at"])
    return found


def _name(intent: Intent) -> str:
    return f"{intent.run_id}:{intent.id}"


# --- what was seen -------------------------------------------------------------------------------------------------


def _counted(running: Stack, seen: Seen) -> Seen:
    rows = running.sim("requests")["requests"]
    calls: dict[str, tuple[int, int]] = {}
    for row in rows:
        taken, limited = calls.get(row["method"], (0, 0))
        refused = row["status"] == 429
        calls[row["method"]] = (taken + (not refused), limited + refused)
    seen.calls = calls
    edits = sorted(row["at"] for row in rows if row["method"] == "chat.update" and row["ok"])
    seen.most_edits = max((sum(at <= other < at + 60 for other in edits) for at in edits), default=0)
    return seen


def _report(plain: Seen, ours: Seen, cards: int, window_s: int) -> Report:
    sides = {"FIFO, slack_sdk's own retries": plain, "Sortie's publisher": ours}
    urgent = Table(
        f"seconds until an urgent post (question, stop) is taken, {cards} cards, {window_s} s of happenings",
        HEADS,
        [(name, *_waits(s), len(s.waits), s.never, s.posts_wanted, s.posts_seen, s.coalesced, s.left) for name, s in sides.items()],
    )  # fmt: skip
    methods = sorted({method for s in sides.values() for method in s.calls})
    calls = Table(
        "calls that Slack took / answered 429",
        ("method", *sides),
        [
            (method, *(f"{s.calls.get(method, (0, 0))[0]} / {s.calls.get(method, (0, 0))[1]}" for s in sides.values()))
            for method in methods
        ],
    )  # fmt: skip
    p95 = {name: measure.percentile(s.waits, 0.95) for name, s in sides.items()}
    mine, theirs = p95["Sortie's publisher"], p95["FIFO, slack_sdk's own retries"]
    return Report(
        "outbox",
        {
            "urgent_p95_s": mine,
            "urgent_p95_vs_fifo": mine / theirs if theirs else None,
            "posts_lost": float(ours.posts_wanted - ours.posts_seen),
            "most_edits_a_minute": float(ours.most_edits),
        },
        {"urgent_p95_s": theirs, "not_taken": plain.never, "limited": _limited(plain), "left": plain.left},
        {"urgent_p95_s": mine, "coalesced": ours.coalesced, "limited": _limited(ours), "left": ours.left},
        n=cards,
        targets=TARGETS,
        tables=(urgent, calls),
        notes=(
            f"Each card has a new step every {STEP_EVERY_S} s; a question every {ASK_EVERY_S} s is answered after "
            f"{ANSWER_AFTER_S} s; every {STOP_EVERY_S} s a run is stopped and every {FAIL_EVERY_S} s one fails. What is not taken "
            f"{GRACE_S:g} s after the last happening counts as taken then.",
        ),
    )


def _waits(seen: Seen) -> tuple[float, ...]:
    return tuple(measure.percentile(seen.waits, share) for share in (0.5, 0.95, 1.0))


def _limited(seen: Seen) -> int:
    return sum(limited for _, limited in seen.calls.values())
