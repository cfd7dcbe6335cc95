"""A burst of mentions with no worker running: how long until each is acknowledged, and until its card stands in the thread."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from bench import machine, measure
from bench.mentions import CONNECTIONS, Answers, burst, seeded
from bench.places import in_memory, on_fresh_ext4
from bench.processes import serving
from bench.report import Report, Table, Target
from bench.stack import SIGNING, Stack, rest, stack, wait

TARGETS = {"p99_vs_bare": Target("≤", 2.0), "card_p95_s": Target("≤", 5.0)}
SHARES = (0.5, 0.95, 0.99)
BURSTS = 3
"""Bursts a sample, whose median it is: in a single one a checkpoint of the database or a tick of the machine is a percentile."""


def run() -> Report:
    """The whole measurement."""
    return measured(mentions=500, rounds=5)


def measured(*, mentions: int, rounds: int, warm_up: int = BURSTS) -> Report:
    """`rounds` samples of three bursts of so many mentions a side, bare and ours in turn, burst by burst; cards are waited
    for after each of ours."""
    with ExitStack() as held:
        home, place = held.enter_context(in_memory("ack")), held.enter_context(_database_place())
        bare_url = held.enter_context(_bare(place / "bare.db"))
        running = held.enter_context(stack(home, place / "sortie.db", kinds={"web": (), "publisher": ()}))
        cards: list[float] = []

        def bare() -> Answers:
            return burst(f"{bare_url}/slack/events", seeded(running, _words(mentions)), home)

        def ours() -> Answers:
            bodies = seeded(running, _words(mentions))
            answers = burst(f"{running.web}/slack/events", bodies, home)
            cards.extend(_cards(running, bodies, answers))
            return answers

        began = machine.cpu_s(running.pids.values())
        found = measure.take_turns({"bare": bare, "ours": ours}, rounds=rounds * BURSTS, warm_up=warm_up)
        cpu_s = machine.cpu_s(running.pids.values()) - began
    bursts = rounds * BURSTS + warm_up
    return _report(found, cards[warm_up * mentions :], mentions, cpu_s / (mentions * bursts))


def _report(found: dict[str, list[Answers]], cards: list[float], mentions: int, cpu_s: float) -> Report:
    took = {side: _samples([_percentiles(answers) for answers in bursts]) for side, bursts in found.items()}
    table = Table(
        f"seconds to the 200, {mentions} mentions over {CONNECTIONS} connections, median of {len(took['bare'])} samples "
        f"of {BURSTS} bursts each",
        ("route", "p50", "p95", "p99"),
        [(side, *(median(p[n] for p in bursts) for n in range(3))) for side, bursts in took.items()],
    )
    posted = Table(
        "seconds from sending the request to the card in the thread",
        ("p50", "p95", "p99", "cards"),
        [(*(measure.percentile(cards, share) for share in SHARES), len(cards))],
    )
    ours, bare = ([p[2] for p in took[side]] for side in ("ours", "bare"))
    return Report(
        "ack",
        {
            "p99_vs_bare": measure.ratio(ours, bare),
            "card_p95_s": measure.percentile(cards, 0.95),
        },
        {"p99_s": median(bare), "unsteadiness": measure.unsteadiness(bare)},
        {
            "p99_s": median(ours),
            "unsteadiness": measure.unsteadiness(ours),
            "cpu_ms_per_mention": 1000 * cpu_s,
        },
        n=mentions,
        targets=TARGETS,
        tables=(table, posted),
        notes=(
            "Both sides commit with synchronous FULL on the same fresh file system. Slack's rate limits are off: "
            "Slack itself takes one post a second in one channel.",
        ),
    )


def _samples(bursts: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """The median of each percentile over the bursts of one sample."""
    taken = [bursts[n : n + BURSTS] for n in range(0, len(bursts), BURSTS)]
    return [tuple(median(values) for values in zip(*sample, strict=True)) for sample in taken]


def _percentiles(answers: Answers) -> tuple[float, ...]:
    return tuple(measure.percentile([one["took_s"] for one in answers], share) for share in SHARES)


@contextmanager
def _database_place() -> Iterator[Path]:
    """A file system where a commit is a real fsync."""
    with on_fresh_ext4("ack", size_mb=512) as place:
        yield place


@contextmanager
def _bare(database: Path) -> Iterator[str]:
    with serving("bench.bare_route", str(database), "--secret", SIGNING) as server:
        yield server.url


def _words(mentions: int) -> list[str]:
    return [f"/v1/refunds 500s when currency is null ({n}), should be a 422" for n in range(mentions)]


def _cards(running: Stack, bodies: Sequence[dict[str, Any]], answers: Answers) -> list[float]:
    """Seconds from each request to its card, by the simulator's own log."""
    sent = {body["event"]["ts"]: one["at"] for body, one in zip(bodies, answers, strict=True)}
    posted: dict[str, float] = {}
    seen = 0

    def all_posted() -> bool:
        """Reads only what is new: the simulator that tells all of it again has no time to take posts."""
        nonlocal seen
        rows = running.sim(f"requests?method=chat.postMessage&after={seen}")["requests"]
        seen = max((row["seq"] for row in rows), default=seen)
        posted.update({row["args"].get("thread_ts"): row["at"] for row in rows if row["ok"]})
        return sent.keys() <= posted.keys()

    wait(all_posted, what="the cards", within_s=300)
    rest(running)
    running.forget()
    return [posted[ts] - moment for ts, moment in sent.items()]
