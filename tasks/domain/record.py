"""The record of lenses: how often what they raise holds, what escapes them, and what follows for a repository. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tasks.domain.decisions import LensReported, ReviewStarted, RoundStarted
from tasks.domain.events import Recorded
from tasks.domain.facts import Chip, FeedbackGiven, PullRequestMoved, Undone
from tasks.domain.grants import Tier
from tasks.domain.presses import same_person
from tasks.domain.remarks import Kind
from tasks.domain.results import MadeReady
from tasks.domain.verdict import Decision, LensVerdict, Status

ESCAPE_WINDOW = timedelta(days=14)
NARROW_ESCAPES = 2
"""So many escapes within the window take a tier away."""

WIDEN_AFTER = 20
"""So many changes in a row without an escape, and a wider tier may be proposed to a person."""

_TIERS = tuple(Tier)

_NO_LENS_SEES = frozenset({Chip.wrong_repo, Chip.too_slow, Chip.too_noisy})
"""What people may dislike about a result that is no lens's business."""


@dataclass(frozen=True, slots=True)
class LensRecord:
    """What became of one lens's claims. `escapes` are passes after which people had to step in, `disliked` those whose result
    somebody calls bad.
    """

    lens: str
    verdicts: int = 0
    unavailable: int = 0
    raised: int = 0
    upheld: int = 0
    dropped: int = 0
    passes: int = 0
    escapes: int = 0
    disliked: int = 0

    @property
    def precision(self) -> float | None:
        """Upheld ÷ raised; None where nothing was raised."""
        return self.upheld / self.raised if self.raised else None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as the record sees it. `ready_at` is when all its lenses had passed, None where that never was."""

    repo: str
    verdicts: tuple[LensVerdict, ...] = ()
    lenses: tuple[str, ...] = ()
    ready_at: datetime | None = None
    escaped_at: datetime | None = None
    feedback: tuple[FeedbackGiven, ...] = ()

    @property
    def escaped(self) -> bool:
        return self.escaped_at is not None

    @property
    def disliked(self) -> bool:
        """Whether somebody's last word on the change itself is a thumb down. It narrows nothing: a thumb is a note for people."""
        return any(
            not given.good and not (given.chips and _NO_LENS_SEES.issuperset(given.chips))
            for given in self.feedback
        )


def told(repo: str, recorded: Iterable[Recorded]) -> RunRecord:
    """The record of one run, from its events. What people did to it more than 14 days after it was ready does not count."""
    run = RunRecord(repo)
    for entry in recorded:
        match entry.event:
            case ReviewStarted():
                run = replace(run, lenses=())
            case LensReported(verdict):
                passed = (verdict.lens,) if verdict.decision is Decision.passed else ()
                run = replace(run, verdicts=(*run.verdicts, verdict), lenses=(*run.lenses, *passed))
            case MadeReady():
                run = replace(run, ready_at=run.ready_at or entry.at)
            case PullRequestMoved(_, "closed", False) | RoundStarted(_, Kind.comments) | Undone():
                run = escape(run, entry.at)
            case FeedbackGiven(by) as given:
                others = tuple(f for f in run.feedback if not same_person(f.by, by))
                run = replace(run, feedback=(*others, given))
    return run


def escape(run: RunRecord, at: datetime) -> RunRecord:
    """A person asked for changes, reverted or mended it at `at`: it escaped, if its lenses had passed it not long before."""
    if run.ready_at is None or run.escaped_at is not None:
        return run
    late = not run.ready_at <= at <= run.ready_at + ESCAPE_WINDOW
    return run if late else replace(run, escaped_at=at)


def lens_records(runs: Iterable[RunRecord]) -> tuple[LensRecord, ...]:
    """One record per lens, by name."""
    found: dict[str, LensRecord] = {}
    for run in runs:
        for verdict in run.verdicts:
            known = found.get(verdict.lens, LensRecord(verdict.lens))
            found[verdict.lens] = _counted(known, verdict)
        for lens in set(run.lenses) if run.ready_at else ():
            known = found.get(lens, LensRecord(lens))
            found[lens] = replace(
                known,
                passes=known.passes + 1,
                escapes=known.escapes + run.escaped,
                disliked=known.disliked + run.disliked,
            )
    return tuple(found[lens] for lens in sorted(found))


def _counted(known: LensRecord, verdict: LensVerdict) -> LensRecord:
    """A finding that is only carried over from an older head was raised, and upheld, there; one that was rebutted held after all not."""
    upheld = sum(not f.remark for f in verdict.upheld)
    upheld -= sum(s.status is Status.rebutted for s in verdict.settled)
    return replace(
        known,
        verdicts=known.verdicts + 1,
        unavailable=known.unavailable + (verdict.decision is Decision.unavailable),
        raised=known.raised + verdict.raised,
        upheld=known.upheld + upheld,
        dropped=known.dropped + len(verdict.dropped),
    )


@dataclass(frozen=True, slots=True)
class Autonomy:
    """What a repository's history allows. `tier` holds at once; `proposed` is wider, and only for a person to grant."""

    tier: Tier
    proposed: Tier | None
    why: str


def autonomy(granted: Tier, runs: Iterable[RunRecord], now: datetime) -> Autonomy:
    """A repository's tier: each pair of escapes within 14 days narrows it by one by itself; a clean run of work only proposes."""
    ready = sorted((r for r in runs if r.ready_at), key=lambda r: r.ready_at or now)
    recent = sum(1 for r in ready if r.escaped_at and now - ESCAPE_WINDOW <= r.escaped_at <= now)
    at = _TIERS.index(granted)
    if steps := recent // NARROW_ESCAPES:
        tier = _TIERS[max(0, at - steps)]
        return Autonomy(tier, None, f"{recent} changes escaped their reviews within 14 days")
    clean = _clean_at_the_end(ready)
    if clean >= WIDEN_AFTER and at + 1 < len(_TIERS):
        return Autonomy(granted, _TIERS[at + 1], f"{clean} changes in a row without an escape")
    return Autonomy(granted, None, "")


def _clean_at_the_end(ready: list[RunRecord]) -> int:
    count = 0
    for run in reversed(ready):
        if run.escaped:
            break
        count += 1
    return count
