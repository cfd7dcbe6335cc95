"""One agent at work: call the model, run its tools, keep the turn, again. It ends in a typed outcome or an integration error."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime

from integrations.errors import Cancelled, Rejected
from integrations.ports import Model
from integrations.types.model import Block, ModelReply, ModelRequest, StopReason, ToolSpec
from tasks.agent.calls import Hands, readable
from tasks.agent.guard import Guard, Level, seen
from tasks.agent.journal import Journal, Said, Turn
from tasks.agent.outcome import (
    NO_PROGRESS,
    NOT_FINISHED,
    OUT_OF_MONEY,
    OUT_OF_TIME,
    OUT_OF_TURNS,
    REFUSED,
    TOO_LONG,
    UNREADABLE_CALLS,
    AgentOutcome,
    GaveUp,
)
from tasks.agent.tools import Toolbox
from tasks.agent.trajectory import Trajectory, calls_of, result_of

CALL_TIMEOUT_S = 600.0
MAX_IDLE_TURNS = 2
MAX_UNREADABLE_TURNS = 4

_NUDGE = (
    "Your last reply called no tool. Nobody reads plain replies: go on with the tools, and call `finish` when you are done. "
    "If a reply was cut off, make the next one shorter. This is the only reminder."
)
_CUT_OFF = "Your reply was cut off at its length limit, so none of its calls was run. Send shorter calls, one at a time."


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """One agent's conversation: who it is and what it is told first. `opening` grows by a message for each round."""

    model: str
    system: str
    tools: tuple[ToolSpec, ...]
    opening: tuple[Said, ...]
    max_tokens: int = 16_000
    effort: str | None = None

    @property
    def prompt_hash(self) -> str:
        """Names the exact system prompt and tools."""
        tools = [(t.name, t.description, t.schema) for t in self.tools]
        return hashlib.sha256(json.dumps([self.system, tools]).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class AgentLimits:
    """What the agent may use: a moment (UTC), the whole run's dollars, and turns of this conversation."""

    deadline: datetime
    budget_usd: float
    max_turns: int


def run_agent(
    spec: AgentSpec, *, model: Model, toolbox: Toolbox, journal: Journal, limits: AgentLimits
) -> AgentOutcome:
    """Works, or carries on from the last kept turn, until there is an outcome.

    Raises Cancelled when the run was stopped, and what the model or the sandbox raise; a turn in flight is then lost.
    """
    talk = Trajectory.resume(journal.conversation())
    return _Agent(spec, model, journal, limits, talk, Hands(spec.tools, toolbox, journal)).work()


@dataclass(slots=True)
class _Agent:
    spec: AgentSpec
    model: Model
    journal: Journal
    limits: AgentLimits
    talk: Trajectory
    hands: Hands
    guard: Guard = field(default_factory=Guard)
    paused: bool = False

    def work(self) -> AgentOutcome:
        for call, result in self.talk.calls():
            self._watch(call, result)
        for said in self.spec.opening:
            self.talk.say(said)
        while True:
            for said in self.journal.words():
                self.talk.say(said)
            if ended := self._ended() or self._exhausted():
                return ended
            reply = self._ask_the_model()
            if reply is None:
                return GaveUp(TOO_LONG, "The conversation became too long for the model.")
            if ended := self._stopped_for_good(reply):
                return ended
            self._take(reply)

    def _ended(self) -> AgentOutcome | None:
        """What the conversation so far has come to."""
        if outcome := self.talk.outcome():
            return outcome
        if self.guard.level is Level.stop:
            return GaveUp(
                NO_PROGRESS, "The agent repeated itself without getting further, so it was stopped."
            )
        if self.talk.unreadable_turns() >= MAX_UNREADABLE_TURNS:
            return GaveUp(
                UNREADABLE_CALLS, f"The model's tool calls were unreadable {MAX_UNREADABLE_TURNS} times."
            )
        if self.talk.idle_turns() >= MAX_IDLE_TURNS and not self.talk.pending and not self.paused:
            return GaveUp(NOT_FINISHED, "The agent stopped without handing anything in.")
        return None

    def _exhausted(self) -> GaveUp | None:
        """Asked before each call: is there still a run, time, money and a turn for it?"""
        if self.journal.cancelled():
            raise Cancelled("The run was stopped.")
        if self.journal.now() >= self.limits.deadline:
            return GaveUp(OUT_OF_TIME, "The time for this request ran out.")
        if self.journal.spent_usd() >= self.limits.budget_usd:
            return GaveUp(OUT_OF_MONEY, f"Cost limit ${self.limits.budget_usd:.2f} reached.")
        if self.talk.turns >= self.limits.max_turns:
            return GaveUp(OUT_OF_TURNS, f"The agent used all of its {self.limits.max_turns} turns.")
        return None

    def _ask_the_model(self) -> ModelReply | None:
        """One call; None when the conversation does not fit into the model any more."""
        if self.talk.needs_a_word and not self.paused:
            self.talk.pending.append({"type": "text", "text": _NUDGE})
        left_s = (self.limits.deadline - self.journal.now()).total_seconds()
        request = ModelRequest(
            self.spec.model,
            self.spec.system,
            self.talk.request(),
            self.spec.tools,
            max_tokens=self.spec.max_tokens,
            effort=self.spec.effort,
            timeout_s=max(1.0, min(CALL_TIMEOUT_S, left_s)),
        )
        try:
            return self.model.complete(request, cancelled=self.journal.cancelled)
        except Rejected as error:
            if error.code == TOO_LONG:
                return None
            raise

    def _stopped_for_good(self, reply: ModelReply) -> GaveUp | None:
        """A refusal or a full context window costs money but leaves nothing worth keeping."""
        if reply.stop is StopReason.refusal:
            what = f" ({reply.refusal})" if reply.refusal else ""
            ended = GaveUp(REFUSED, f"The model refused to work on this{what}.")
        elif reply.stop is StopReason.context_window:
            ended = GaveUp(TOO_LONG, "The conversation became too long for the model.")
        else:
            return None
        self._keep(reply, (), ())
        return ended

    def _take(self, reply: ModelReply) -> None:
        """Runs the reply's tools and keeps the turn."""
        content, faults = readable(reply, self.talk.ids())
        calls = calls_of({"role": "assistant", "content": content})
        self.paused = reply.stop is StopReason.pause_turn and not calls
        if reply.stop is StopReason.max_tokens:
            results = [result_of(call, _CUT_OFF, is_error=True) for call in calls]
        else:
            results = self.hands.run(calls, faults)
        results = [self._watch(call, result) for call, result in zip(calls, results, strict=True)]
        added = self.talk.add(tuple(content), results)
        self._keep(reply, added, tuple(call["name"] for call in calls))

    def _watch(self, call: Block, result: Block) -> Block:
        """Shows a call to the guard; a repetition gets its words appended."""
        failed = bool(result.get("is_error"))
        self.guard = self.guard.after(seen(call["name"], call["input"], result["content"], is_error=failed))
        return {**result, "content": result["content"] + self.guard.words}

    def _keep(self, reply: ModelReply, added: tuple[dict[str, object], ...], tools: tuple[str, ...]) -> None:
        heard = sum(self.talk.has(said.label) for said in self.journal.words())
        self.journal.keep(
            Turn(
                self.talk.turns + (not added),
                added,
                tools,
                reply.model or self.spec.model,
                reply.usage,
                self.spec.prompt_hash,
                heard,
                "" if added else reply.stop.value,
            )
        )
