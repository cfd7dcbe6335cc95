"""An agent's journal over a run's recorder: each turn becomes a stored turn and an event; people's words come from the run."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from integrations.errors import IntegrationError, Retryable
from integrations.types.model import Message
from tasks.agent.journal import Said, Turn
from tasks.domain.decisions import FailureClass, PlanMade, TurnTaken
from tasks.domain.in_thread import ASSUMPTIONS, answer_until
from tasks.domain.run import Run
from tasks.domain.thread_events import Assumed
from tasks.prompts.render import Untrusted, render
from tasks.roles import cost_usd
from tasks.steps.ports import Recorder, StepBroken
from tasks.store.trajectories import StoredTurn


def nothing_saved(tools: tuple[str, ...]) -> str:
    """For agents whose files are thrown away."""
    return ""


@dataclass(slots=True)
class RunJournal:
    """`key` names the conversation; `run` is always the newest fold; `save` keeps the work of a turn and returns its oid."""

    log: Recorder
    key: str
    role: str
    run: Run
    steered: bool = False
    save: Callable[[tuple[str, ...]], str] = nothing_saved

    def conversation(self) -> tuple[Message, ...]:
        return self.log.conversation(self.key)

    def keep(self, turn: Turn) -> None:
        """Stores the turn and its event in one transaction, after the files it changed."""
        stored = StoredTurn(self.key, turn.number, turn.messages, turn.prompt_hash, turn.model, turn.usage)
        event = TurnTaken(
            self.role,
            turn.number,
            turn.tools,
            cost_usd(turn.model, turn.usage),
            self.save(turn.tools),
            turn.note,
            self.run.steering[turn.heard - 1].seq if turn.heard else 0,
        )
        self.run = self.log.record(event, turn=stored if turn.messages else None)

    def planned(self, items: tuple[str, ...]) -> None:
        self.run = self.log.record(PlanMade(items))

    def assumed(self, question: str, options: tuple[str, ...], default: str) -> None:
        """Shown to people, as often as they can stand; what is not shown is listed with the result all the same."""
        run, now = self.run, self.log.now()
        if not self.steered or len(run.thread.assumptions) >= ASSUMPTIONS:
            return
        until = answer_until(now, run.clock.due_at(now))
        choices = tuple(dict.fromkeys((*options, default)))
        self.run = self.log.record(Assumed(run.questions_asked + 1, question, choices, default, until))

    def words(self) -> tuple[Said, ...]:
        """What people wrote to the agent, each under its own number."""
        if not self.steered:
            return ()
        return tuple(
            Said(
                f"# From the thread ({steer.seq})",
                render("steering.md", words=Untrusted("from the thread", steer.text), anew=steer.request),
            )
            for steer in self.run.steering
        )

    def spent_usd(self) -> float:
        return self.run.cost_usd

    def cancelled(self) -> bool:
        return self.log.cancelled()

    def now(self) -> datetime:
        return self.log.now()


_FAMILIES = {"MOD": FailureClass.model, "GIT": FailureClass.git, "REPO": FailureClass.git}


def broken(error: IntegrationError, *, permanent: bool) -> StepBroken:
    """What the model, git or the sandbox failed with, as a broken step. The code's family says whose failure it is."""
    code = error.code or "SYS-002"
    failure = _FAMILIES.get(code.split("-")[0], FailureClass.sandbox)
    wait_s = error.retry_after_s if isinstance(error, Retryable) else None
    return StepBroken(failure, code, error.message, retry_after_s=wait_s, permanent=permanent)
