"""The review's step: every lens side by side, each on its own, and what all of them say together."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime

from integrations.errors import Cancelled, IntegrationError, Retryable
from integrations.types.model import Message
from tasks.domain.decisions import LensReported, ReviewSettled
from tasks.domain.events import Event
from tasks.domain.run import Run
from tasks.domain.verdict import Finding, LensVerdict, combine
from tasks.steps.ports import Recorder, StepPorts
from tasks.steps.run.lens import Lens
from tasks.store.trajectories import StoredTurn
from tasks.workspace.outcomes import Refusal

FIRST_WAIT_S = 2.0
MAX_WAIT_S = 30.0
_LOOK_EVERY_S = 0.2


def review(run: Run, *, ports: StepPorts, log: Recorder) -> Event:
    """Runs each lens that has not spoken of this head and combines all verdicts into ReviewSettled.

    Raises Cancelled when the run was stopped and LeaseLost when it is no longer ours. A lens that the world fails twice is
    unavailable, which is never a pass.
    """
    shared = _Shared(log, run)
    spoken = {verdict.lens for verdict in run.current_verdicts()} - set(run.hearing)
    lenses = [Lens(name, run, ports, shared) for name in run.lenses if name not in spoken]
    with ThreadPoolExecutor(len(run.lenses), thread_name_prefix=f"{run.id}-lens") as pool:
        done = wait([pool.submit(_report, lens, shared) for lens in lenses]).done
    for future in done:
        future.result()
    outcome = combine(shared.run.current_verdicts(), head_oid=run.review_head, lenses=run.lenses)
    return ReviewSettled(run.review_head, outcome.value)


def _report(lens: Lens, shared: "_Shared") -> None:
    shared.report(_with_a_second_chance(lens, shared))


def _with_a_second_chance(lens: Lens, shared: "_Shared") -> LensVerdict:
    """A model, sandbox or git that is down is tried once more; one that refuses is not."""
    try:
        return lens.verdict()
    except Cancelled:
        raise
    except Retryable as error:
        shared.pause(min(error.retry_after_s or FIRST_WAIT_S, MAX_WAIT_S))
    except (IntegrationError, Refusal) as error:
        return lens.unavailable(_reason(error))
    try:
        return lens.verdict()
    except Cancelled:
        raise
    except (IntegrationError, Refusal) as error:
        return lens.unavailable(_reason(error))


def _reason(error: IntegrationError | Refusal) -> str:
    sentence = error.message if isinstance(error, IntegrationError) else error.sentence
    return sentence.rstrip(".")


def _numbered(findings: tuple[Finding, ...], known: tuple[LensVerdict, ...]) -> tuple[Finding, ...]:
    """Numbers for those that have none: a finding that was raised before keeps the number people know it by."""
    taken = {f.number for v in known for f in v.findings} | {f.number for f in findings}
    fresh = itertools.count(max(taken, default=0) + 1)
    return tuple(f if f.number else replace(f, number=next(fresh)) for f in findings)


@dataclass(slots=True)
class _Shared(Recorder):
    """One recorder for all lenses; `run` is the newest fold. Findings are numbered through as they come in."""

    log: Recorder
    run: Run
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def epoch(self) -> int:
        return self.log.epoch

    def record(self, event: Event, *, turn: StoredTurn | None = None) -> Run:
        with self.lock:
            self.run = self.log.record(event, turn=turn)
            return self.run

    def report(self, verdict: LensVerdict) -> None:
        """Records a verdict. Its turns have been paid for by their own events."""
        with self.lock:
            numbered = _numbered(verdict.findings, self.run.verdicts)
            self.run = self.log.record(LensReported(replace(verdict, findings=numbered), 0.0))

    def conversation(self, key: str) -> tuple[Message, ...]:
        return self.log.conversation(key)

    def cancelled(self) -> bool:
        return self.log.cancelled()

    def now(self) -> datetime:
        return self.log.now()

    def pause(self, seconds: float) -> None:
        """Waits, but not for a run that was stopped. Raises Cancelled."""
        waiting = threading.Event()
        for _ in range(int(seconds / _LOOK_EVERY_S)):
            if self.cancelled():
                raise Cancelled("The run was stopped.")
            waiting.wait(_LOOK_EVERY_S)
