"""The invariants I-a to I-f after a drill, judged from the vendors' side, from SQL and from what is left on this machine."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from integrations.slack.blocks import blocks
from tasks.domain.results import BranchPushed
from tasks.domain.run import Run
from tasks.messages.chat import card
from tasks.messages.words import Links
from tests.drills.house import House
from tests.drills.orphans import descendants
from tests.support.eventually import until
from tests.support.requests import chat_of

TOKEN = {"Authorization": "Bearer ghp_ben"}
REPO = "repos/acme/api"
US = "sortie[bot]"
ONCE = {"triager": 1, "worker": 2, "tests": 2, "lenses": 4}
"""Requests to the model that the undisturbed story makes, by role; two of the three lenses share one."""
LOOKING = ("tests", "lenses")
"""Roles that look at each head anew."""
AT_ONCE = {"triager": 1, "worker": 1, "tests": 1, "lenses": 2}
"""How many agents of a role may be in the middle of a turn when a process dies."""


@dataclass(frozen=True, slots=True)
class Expected:
    """How a story ends. `posts` are the names of our messages in the thread, in order; `reviews` how often the lenses looked;
    `comments` ours in the conversation, `answers` ours below people's own; `labels` of the pull request where they matter;
    `repeats` how many turns of each agent may have been asked for again, in so many `deaths`; `asked` further turns of the worker;
    `pushes` requests that may carry one commit; `whispers` at most; `refused` are intents that may end so."""

    state: str = "ready"
    posts: tuple[str, ...] = ("card", "M5", "M6")
    pulls: int = 1
    reviews: int = 1
    comments: int = 0
    answers: int = 0
    labels: tuple[str, ...] = ()
    repeats: int = 0
    deaths: int = 1
    asked: int = 0
    whispers: int = 0
    pushes: int = 1
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the logs stood before a drill."""

    github: int
    model: int

    @classmethod
    def of(cls, house: House) -> "Mark":
        world = house.world
        github = world.get(f"{world.github}/_sim/requests")
        model = world.prompts()
        return cls(github[-1]["n"] if github else 0, model[-1]["number"] if model else 0)


def judge(house: House, run_id: str, mark: Mark, expected: Expected) -> list[str]:
    """What is wrong, one sentence each; empty when every invariant holds."""
    run = house.world.run(run_id)
    wrong = [
        *_pull_requests(house, run, mark, expected),
        *_accepted(house, run, expected),
        *_posts(house, run, expected),
        *_spent(house, mark, expected),
        *_history(house, run),
        *_left_behind(house, run),
    ]
    return [f"{run_id}: {text}" for text in wrong]


def everywhere(house: House, run_id: str, state: str) -> list[str]:
    """What holds of every run, wherever it was asked for."""
    run, expected = house.world.run(run_id), Expected(state)
    return [*_accepted(house, run, expected), *_history(house, run), *_left_behind(house, run)]


def moved(house: House, ref: str) -> Counter[str]:
    """The commits of ours to which a branch moved, as the code host told."""
    told = house.world.get(f"{house.world.github}/_sim/deliveries")
    pushed = [d["payload"] for d in told if d["event"] == "push" and d["payload"]["ref"] == ref]
    return Counter(p["after"] for p in pushed if p["pusher"]["name"] == US)


def _pull_requests(house: House, run: Run, mark: Mark, expected: Expected) -> Iterator[str]:
    """I-a and I-c: one pull request, one branch, each commit pushed once, each review and comment written once."""
    pulls = [p for p in _ask(house, "pulls?state=all&per_page=100") if f"/{run.id}-" in p["head"]["ref"]]
    if len(pulls) != expected.pulls:
        yield f"I-a {len(pulls)} pull requests"
    refs = [r["ref"] for r in _ask(house, f"git/matching-refs/heads/sortie/{run.id}-")]
    pushed = {r.event.oid for r in house.world.events(run.id) if isinstance(r.event, BranchPushed)}
    if len(refs) != min(1, len(pushed)):
        yield f"I-d branches {refs}"
    log = house.world.get(f"{house.world.github}/_sim/requests?since={mark.github}")
    pushes = sum(e["method"] == "POST" and e["path"].endswith("git-receive-pack") for e in log)
    if not len(pushed) <= pushes <= len(pushed) * expected.pushes:
        yield f"{pushes} pushes of {len(pushed)} commits"
    told = house.world.get(f"{house.world.github}/_sim/deliveries")
    pushed_to = [d["payload"] for d in told if d["event"] == "push" and d["payload"]["ref"] in refs]
    moved = [p for p in pushed_to if p["pusher"]["name"] == US]
    if Counter(m["after"] for m in moved) != Counter(pushed):
        yield f"the branch moved to {[m['after'][:8] for m in moved]}"
    for pull in pulls:
        number = pull["number"]
        if pull["merged_at"]:
            yield "I-c it was merged"
        yield from _written(house, run, number, expected)
        names = Counter(c["name"] for c in _check_runs(house, pull["head"]["sha"]))
        if double := [n for n, count in names.items() if count > 1]:
            yield f"check runs twice: {double}"
    if run.pr and expected.state == "ready" and (run.head_oid != run.review_head or pulls[0]["draft"]):
        yield "what is ready is not what was reviewed"


def _written(house: House, run: Run, number: int, expected: Expected) -> Iterator[str]:
    """Each review, comment, answer and reaction of ours stands once."""
    for what, path, wanted in (
        ("reviews", f"pulls/{number}/reviews", expected.reviews),
        ("comments", f"issues/{number}/comments", expected.comments),
        ("answers", f"pulls/{number}/comments", expected.answers),
    ):
        found = _ask(house, f"{path}?per_page=100")
        ours = [said for said in found if said["user"]["login"] == US and _counts(what, said)]
        if len(ours) != wanted:
            yield f"{len(ours)} {what}, not {wanted}: {[said['body'][:80] for said in ours]}"
        marked = Counter(
            m.group() for said in found if said["user"]["login"] == US and (m := _MARK.match(said["body"]))
        )
        answered = Counter(str(said["in_reply_to_id"]) for said in ours if said.get("in_reply_to_id"))
        if double := [key for key, count in (marked + answered).items() if count > 1]:
            yield f"said twice: {double}"
        heard = [said for said in found if any(h.remark.id == said["id"] for h in run.remarks)]
        unseen = [said["body"] for said in heard if not _acked(what, said)]
        if unseen:
            yield f"without a reaction: {unseen}"
    names = {row["name"] for row in _ask(house, f"issues/{number}/labels")}
    if expected.labels and names != set(expected.labels):
        yield f"labels {sorted(names)}"


_MARK = re.compile(r"<!-- sortie [^>]*-->")


def _counts(what: str, said: dict[str, Any]) -> bool:
    """GitHub wraps each answer below a comment in a review without words; a review's findings are comments that answer nobody."""
    return bool(
        "kind=review" in said["body"]
        if what == "reviews"
        else what != "answers" or said.get("in_reply_to_id")
    )


def _acked(what: str, said: dict[str, Any]) -> bool:
    """A command carries one reaction of ours of a kind; a review's own words and its further comments need none."""
    return (
        what != "comments"
        or said["reactions"]["eyes"] + said["reactions"]["confused"] + said["reactions"]["-1"] == 1
    )


def _accepted(house: House, run: Run, expected: Expected) -> Iterator[str]:
    """I-b: what was accepted ends where it should, and nothing is left to be done."""
    if run.state != expected.state:
        yield f"I-b it is {run.state}"
    with house.world.store.reading() as tx:
        left = [f"{i.effect.kind} {i.state}" for i in tx.outbox(run.id) if i.state not in _SETTLED]
    if set(left) - {"chat.whisper unknown", *expected.refused}:
        yield f"I-b undelivered: {left}"


_SETTLED = ("done", "dropped")


def _posts(house: House, run: Run, expected: Expected) -> Iterator[str]:
    """No double, none lost; I-f: the card shows what SQL says."""
    thread = house.world.thread(run.id)
    ids = Counter(m["metadata"]["event_payload"]["outbox_id"] for m in thread)
    if len(thread) != len(expected.posts) or len(ids) != len(thread):
        yield f"posts are {[m['text'] for m in thread]}, not {expected.posts}"
    whispers = [e for e in _whispers(house) if e["thread_ts"] == chat_of(run.request).thread.thread_ts]
    if len(whispers) > expected.whispers:
        yield f"{len(whispers)} whispers"
    known = {ref.ts: name for name, ref in run.posts} | ({run.card.ts: "card"} if run.card else {})
    known |= {chat_of(run.request).origin.ts: "root"}
    if len(threads := _threads(house, run)) != ("root" in expected.posts):
        yield f"it opened {len(threads)} threads"
    names = [known.get(m["ts"], "unknown to SQL") for m in thread]
    if sorted(names) != sorted(expected.posts):
        yield f"SQL knows the posts as {names}"
    shown = next((m for m in thread if run.card and m["ts"] == run.card.ts), None)
    if shown is None:
        yield "I-f there is no card"
    elif difference := _card_differs(house, run, shown):
        yield f"I-f the card differs: {difference}"


def _threads(house: House, run: Run) -> list[str]:
    """The messages of ours that open a thread of this run, wherever in its channel they stand."""
    asked = {"channel": chat_of(run.request).thread.channel, "include_all_metadata": True, "limit": 999}
    headers = {"Authorization": "Bearer xoxb-simulated-bot"}
    url = f"{house.world.slack}/api/conversations.history"
    found = house.world.http.post(url, headers=headers, data=asked).json()["messages"]
    ids = [m["metadata"]["event_payload"].get("outbox_id", "") for m in found if m.get("metadata")]
    return [outbox_id for outbox_id in ids if outbox_id.startswith(f"{run.id}:")]


def _whispers(house: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = house.world.get(f"{house.world.slack}/_sim/ephemerals")["ephemerals"]
    return found


def _card_differs(house: House, run: Run, shown: dict[str, Any]) -> str:
    world = house.world
    content = card(run, now=world.store.clock(), links=Links(world.settings.public_url))
    wanted = blocks(content, profile="plan", redact=str)
    ours, theirs = _plain(wanted), _plain(shown["blocks"])
    return "" if ours == theirs else f"{ours} is shown as {theirs}"


def _plain(value: Any) -> Any:
    """Blocks without the ids that Slack gives them, and without the version of the run that buttons carry."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if k not in _UNSHOWN}
    return [_plain(item) for item in value] if isinstance(value, list) else value


_UNSHOWN = ("block_id", "action_id", "task_id", "id", "value")


def _spent(house: House, mark: Mark, expected: Expected) -> Iterator[str]:
    """I-e: at most one turn of each agent in flight is paid for again, for each death."""
    roles = Counter(p["role"] for p in house.world.prompts() if p["number"] > mark.model)
    if expected.state != "ready":
        return
    for role, once in ONCE.items():
        again = (expected.reviews or 1) if role in LOOKING else 1
        wanted = once * again + (expected.asked if role == "worker" else 0)
        most = wanted + min(expected.repeats, AT_ONCE[role] * expected.deaths)
        if not wanted <= roles[role] <= most:
            yield f"I-e {roles[role]} requests for {role}, expected {wanted} to {most}"


def _history(house: House, run: Run) -> Iterator[str]:
    """The stream has no gap, and no decision of an earlier holder stands after one of a later holder."""
    query = "SELECT seq, epoch FROM events WHERE id = :id ORDER BY seq"
    with house.world.store.engine.connect() as connection:
        rows = connection.exec_driver_sql(query.replace(":id", f"'{run.id}'")).all()
        state = connection.exec_driver_sql(f"SELECT state FROM runs WHERE id = '{run.id}'").scalar()
    if [row[0] for row in rows] != list(range(1, len(rows) + 1)):
        yield "the stream has gaps"
    epochs = [row[1] for row in rows if row[1] is not None]
    if epochs != sorted(epochs):
        yield f"epochs go back: {epochs}"
    if state != run.state:
        yield f"the projection says {state}"


def _left_behind(house: House, run: Run) -> Iterator[str]:
    """I-d: no process without an owner, and no workspace but those of its attempts, one for each lease that worked in one."""
    if orphans := _orphans(house):
        yield f"I-d processes: {orphans}"
    places = sorted(p.name for p in (house.root / "sortie" / "workspaces" / run.id).glob("*"))
    attempts = "|".join(str(attempt) for attempt in range(1, run.attempt + 1))
    if not all(re.fullmatch(rf"({attempts})-\d+", name) for name in places):
        yield f"I-d workspaces: {places}"


def _orphans(house: House) -> list[str]:
    found: dict[int, str] = {}

    def gone() -> bool:
        found.clear()
        living = descendants(house.owned()).items()
        found.update({pid: command for pid, command in living if "postgres" not in command})
        return not found

    try:
        until(gone, within_s=10)
    except AssertionError:
        return list(found.values())
    return []


def _check_runs(house: House, oid: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _ask(house, f"commits/{oid}/check-runs?filter=all")["check_runs"]
    return found


def _ask(house: House, path: str) -> Any:
    answer = house.world.http.get(f"{house.world.github}/{REPO}/{path}", headers=TOKEN)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()
