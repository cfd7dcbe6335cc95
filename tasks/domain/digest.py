"""What a week of runs in one channel amounts to: each figure is one function of the runs' events (UX, M17). Pure."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks.domain.events import Recorded
from tasks.domain.fold import fold
from tasks.domain.results import PullRequestOpened
from tasks.domain.run import Run, RunState

ENOUGH = 5
"""With fewer runs there is no rate to tell."""
SHOWN = 3
_SPOKE_OF_NOTHING = frozenset({RunState.declined, RunState.cancelled, RunState.answered})
LATE = "late"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run as the week left it. `miss` is its error code, "late", or "" where the promise was kept or is not due yet.

    `counted` when the promise was kept or missed: what was refused, stopped or only answered promised nothing.
    `alone` when a pull request came of it and nobody had to answer, steer, retry or ask for another round.
    """

    merged: bool
    counted: bool
    miss: str
    has_pull: bool
    alone: bool


@dataclass(frozen=True, slots=True)
class Week:
    """`asked` runs began in the week; `pulls` are those of them with a pull request, `alone` those of these that needed nobody."""

    asked: int
    merged: int
    counted: int
    in_time: int
    pulls: int
    alone: int
    misses: tuple[tuple[str, int], ...] = ()

    @property
    def enough(self) -> bool:
        return self.counted >= ENOUGH


def outcome(run_id: str, history: tuple[Recorded, ...], *, until: datetime) -> Outcome:
    """From a run's events; what happened after `until` is of another week."""
    run = fold(run_id, tuple(recorded for recorded in history if recorded.at <= until))
    opened = next((n for n, r in enumerate(history) if isinstance(r.event, PullRequestOpened)), None)
    if run.state in _SPOKE_OF_NOTHING:
        return Outcome(False, False, "", False, False)
    miss, counted = _miss(run, until)
    if run.pr and opened is not None:
        then = fold(run_id, history[: opened + 1])
        kept = then.clock.used_s(then.pr_opened_at or until) <= then.clock.target_s
        miss, counted = (miss if run.state is RunState.failed else "" if kept else LATE), True
    alone = run.pr is not None and not _helped(run)
    return Outcome(run.state is RunState.merged, counted, miss, run.pr is not None, alone)


def _miss(run: Run, until: datetime) -> tuple[str, bool]:
    """(why, whether anything can be said) of a run without a pull request."""
    if run.state is RunState.failed:
        return (run.failure.code if run.failure else LATE), True
    late = run.clock.due_at(until) < until
    return (LATE if late else ""), late


def _helped(run: Run) -> bool:
    return bool(run.questions_asked or run.steering or run.attempt > 1 or run.rounds or run.waived)


def week(outcomes: tuple[Outcome, ...]) -> Week:
    """The figures of them all."""
    counted = [o for o in outcomes if o.counted]
    pulls = [o for o in outcomes if o.has_pull]
    misses = Counter(o.miss for o in counted if o.miss)
    ranked = sorted(misses.items(), key=lambda found: (-found[1], found[0]))
    return Week(
        asked=len(outcomes),
        merged=sum(o.merged for o in outcomes),
        counted=len(counted),
        in_time=sum(not o.miss for o in counted),
        pulls=len(pulls),
        alone=sum(o.alone for o in pulls),
        misses=tuple(ranked[:SHOWN]),
    )


def last_week(now: datetime) -> tuple[str, datetime, datetime]:
    """(name, begin, end) of the ISO week before this one, in UTC; the end is its last moment."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    end = today - timedelta(days=now.isoweekday() - 1)
    begin = end - timedelta(days=7)
    year, number, _ = begin.isocalendar()
    return f"{year}-W{number:02}", begin, end - timedelta(microseconds=1)
