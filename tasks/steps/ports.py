"""What a step is handed: the ports it may use, and the recorder through which its work becomes events."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from integrations.ports import Model, SandboxProvider
from integrations.types.model import Message
from tasks.domain.decisions import FailureClass
from tasks.domain.events import Event
from tasks.domain.run import Run
from tasks.settings import Settings
from tasks.store.trajectories import StoredTurn
from tasks.workspace.workspaces import Workspaces


class Recorder(Protocol):
    """A step's only way to make something last. Every append carries the lease's epoch."""

    @property
    def epoch(self) -> int:
        """The lease's: no other holder of this run, before or after, has the same."""
        ...

    def record(self, event: Event, *, turn: StoredTurn | None = None) -> Run:
        """Appends a decision (and its turn, in one transaction); returns the run with all facts that came meanwhile.

        Raises LeaseLost when another driver holds the run by now.
        """
        ...

    def conversation(self, key: str) -> tuple[Message, ...]:
        """The messages stored under a key so far, oldest first; empty when there are none."""
        ...

    def cancelled(self) -> bool:
        """True once the run was stopped, the lease was lost, or this worker is leaving."""
        ...

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class StepPorts:
    """Everything the steps of a run may reach. Workers of the `control` queue get no model."""

    settings: Settings
    workspaces: Workspaces
    sandboxes: SandboxProvider
    model: Model
    monotonic: Callable[[], float]


class StepBroken(Exception):
    """A step could not do its work. Drive records it as StepFailed; the domain decides what follows.

    `code` is of the error table (UX §16.2); `permanent` when trying again cannot help.
    """

    def __init__(
        self,
        failure: FailureClass,
        code: str,
        message: str,
        *,
        retry_after_s: float | None = None,
        permanent: bool = False,
    ) -> None:
        super().__init__(message)
        self.failure = failure
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s
        self.permanent = permanent
