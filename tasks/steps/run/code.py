"""The worker's step: from a request, or from what was wrong with the last try, to a submission the harness built."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from integrations.errors import Cancelled, IntegrationError, Rejected
from tasks.agent.journal import Said
from tasks.agent.loop import AgentLimits, AgentSpec, run_agent
from tasks.agent.outcome import (
    OUT_OF_MONEY,
    OUT_OF_TIME,
    OUT_OF_TURNS,
    AgentOutcome,
    Asked,
    Finished,
    GaveUp,
    Proposed,
)
from tasks.agent.specs import PLANNER
from tasks.agent.tools import Toolbox
from tasks.domain.budget import allowance
from tasks.domain.decisions import (
    Disputed,
    Failed,
    FailureClass,
    FindingsRebutted,
    LookFirst,
    QuestionAsked,
    RemarksAnswered,
    Submitted,
)
from tasks.domain.events import Event
from tasks.domain.next_step import left
from tasks.domain.plan import cut, step_of
from tasks.domain.rebuttal import Rebuttal, seen
from tasks.domain.remarks import Answer, Claim, Round
from tasks.domain.run import CANNOT_FIX, Run
from tasks.domain.thread_events import PlanProposed
from tasks.domain.thread_presses import plan_due
from tasks.prompts.render import Untrusted, render
from tasks.roles import WORKER, model_for
from tasks.steps.ports import Recorder, StepBroken, StepPorts
from tasks.steps.run.briefing import Task, opening, task_of
from tasks.steps.run.journal import RunJournal, broken
from tasks.steps.run.proofs import Proofs
from tasks.steps.run.rerun import Rerun
from tasks.steps.run.rooms import limits_of, sandbox_around
from tasks.steps.run.wording import message_of, title_of
from tasks.workspace.outcomes import EmptyDiff, Refusal
from tasks.workspace.workspace import Tenure, Workspace

ANSWER_LENGTH = 2_000
REBUTTAL_LENGTH = 300
EMPTY_DIFF = "AGT-006"
_LIMITED = frozenset({OUT_OF_MONEY, OUT_OF_TIME, OUT_OF_TURNS})
_CHANGING = frozenset({"bash", "edit"})


def code(run: Run, *, ports: StepPorts, log: Recorder) -> Event:
    """Works until the worker hands in, asks or gives up: Submitted, QuestionAsked, Failed, or Disputed when it changes nothing
    about a review. Raises Cancelled when the run was stopped, StepBroken when the model or the sandbox fails.
    """
    try:
        workspace = _workspace(run, ports, log)
        journal = RunJournal(
            log, f"{run.attempt}/worker", WORKER.name, run, steered=True, save=_Saver(ports, workspace)
        )
        return _Work(run, ports, workspace, journal).event()
    except Cancelled:
        raise
    except IntegrationError as error:
        raise broken(error, permanent=isinstance(error, Rejected)) from error
    except Refusal as refusal:
        raise StepBroken(FailureClass.git, refusal.code, refusal.sentence, permanent=True) from refusal


def _workspace(run: Run, ports: StepPorts, log: Recorder) -> Workspace:
    """The attempt's workspace under this lease, else a fresh one with the work that was saved: never an earlier holder's.

    A holder that only froze may have processes that still write to its own.
    """
    tenure = Tenure(run.id, run.attempt, log.epoch)
    found = ports.workspaces.workspace(tenure)
    if found:
        return found
    start = run.wip_oid or run.pushed_oid or None
    return ports.workspaces.provision(tenure, run.repo, run.base_oid, start)


@dataclass(frozen=True, slots=True)
class _Saver:
    """Keeps the files after a turn that may have changed some."""

    ports: StepPorts
    workspace: Workspace

    def __call__(self, tools: tuple[str, ...]) -> str:
        if not _CHANGING & set(tools):
            return ""
        try:
            return self.ports.workspaces.save(self.workspace)
        except Refusal:
            return ""  # What cannot be kept now may be gone by the time it is submitted; only then it counts.


@dataclass(frozen=True, slots=True)
class _Work:
    run: Run
    ports: StepPorts
    workspace: Workspace
    journal: RunJournal

    def event(self) -> Event:
        """A submission that cannot be taken goes back to the worker, once."""
        if self._merging and not self._merging.conflicts:
            return self._submit(Finished({"title": "", "summary": ""}))
        spec = self._spec()
        outcome = self._agent(spec)
        if not isinstance(outcome, Finished):
            return self._unfinished(outcome)
        try:
            return self._submit(outcome)
        except Refusal as refusal:
            why = Untrusted("why", refusal.sentence, "output")
            said = Said(f"# Not accepted: {refusal.code}", render("refused.md", why=why))
        outcome = self._agent(replace(spec, opening=(*spec.opening, said)))
        if not isinstance(outcome, Finished):
            return self._unfinished(outcome)
        try:
            return self._submit(outcome)
        except Refusal as refusal:
            return self._failed(refusal.code, refusal.sentence)

    @property
    def _merging(self) -> Round | None:
        """The round whose commit merges the base branch, None in every other."""
        return self.run.round if self.run.round and self.run.round.merges else None

    def _spec(self) -> AgentSpec:
        return AgentSpec(
            model_for(WORKER, self.ports.settings.model.by_role),
            render(WORKER.prompt),
            PLANNER if plan_due(self.run) else WORKER.tools,
            opening(self.run, self.ports.workspaces),
            WORKER.max_tokens,
            WORKER.effort,
        )

    def _agent(self, spec: AgentSpec) -> AgentOutcome:
        granted = self.ports.settings.limits
        limits = AgentLimits(
            deadline(self.run, self.journal.now()),
            allowance(self.run, granted.budget_usd, paid_rounds=granted.paid_rounds),
            granted.worker_turns * (1 + self.run.rounds),
        )
        with sandbox_around(self.workspace, self.ports) as sandbox:
            toolbox = Toolbox(
                sandbox,
                limits_of(self.ports),
                lambda: (limits.deadline - self.journal.now()).total_seconds(),
                self.journal.cancelled,
            )
            return run_agent(
                spec, model=self.ports.model, toolbox=toolbox, journal=self.journal, limits=limits
            )

    def _submit(self, outcome: Finished) -> Event:
        given, merging, before = outcome.input, self._merging, self.run.submission
        onto = merging.onto if merging else ""
        workspaces = self.ports.workspaces
        title = title_of(self.run, str(given["title"]), workspaces)
        summary = str(given["summary"]).strip()
        if onto and before:
            title, summary = before.title, before.summary
        joins = merging is not None and not onto
        first = f"Merge {self.run.base_ref} into {self.run.branch}" if joins else title
        message = message_of(self.run, first, summary, workspaces)
        parent = onto or self.run.pushed_oid or self.run.base_oid
        try:
            made = workspaces.submit(
                self.workspace,
                parent_oid=parent,
                message=message,
                at=self.journal.now(),
                merged_oid=merging.merged_oid if merging and joins else "",
            )
        except EmptyDiff:
            if task_of(self.run) is Task.comments:
                return self._answered(given, "", ())
            return self._nothing_changed(given)
        if rebutted := self._rebutted(given, made.oid):
            self.journal.run = self.journal.log.record(rebutted)
        if self.run.round and not self.run.round.over:
            changed = self.ports.workspaces.changed(self.run.repo, self.run.round.head_oid, made.oid)
            touched = tuple(dict.fromkeys(c.path for c in changed))
            self.journal.run = self.journal.log.record(self._answered(given, made.oid, touched))
        return Submitted(
            made.oid,
            made.tree_oid,
            made.parent_oid,
            before.title if merging and before else title,
            before.summary if merging and before else summary,
            _look_first(given.get("look_first") or []),
            (*(str(item) for item in given.get("not_done") or ()), *outcome.assumed),
            made.files,
            made.added,
            made.removed,
            made.diff,
        )

    def _answered(self, given: dict[str, Any], oid: str, touched: tuple[str, ...]) -> RemarksAnswered:
        """The answers to the remarks of this round; where a repair gives none, those of before stand."""
        about = self.run.round
        assert about is not None
        answers = {a.remark: a for a in about.answers}
        proofs = self._proofs(oid or about.head_oid)
        for item in given.get("answers") or ():
            if item["id"] in about.remarks:
                said, text = Claim(item["outcome"]), cut(str(item["text"]), ANSWER_LENGTH)
                proof = proofs.of(item.get("evidence")) if said is Claim.not_changed else None
                answers[item["id"]] = Answer(item["id"], said, text, proof)
        return RemarksAnswered(about.number, tuple(answers.values()), oid, touched)

    def _proofs(self, oid: str) -> Proofs:
        rerun = Rerun(self.run, self.ports, self.journal.log, "proof-author")
        return Proofs(self.run, self.ports.workspaces, rerun, oid)

    def _rebutted(self, given: dict[str, Any], oid: str) -> FindingsRebutted | None:
        """What the author puts forward against open findings, looked at by the harness at `oid`."""
        known = {f.number for f in self.run.open_findings()} if task_of(self.run) is Task.review else set()
        proofs = self._proofs(oid)
        rebuttals = tuple(
            Rebuttal(r["finding"], cut(str(r["text"]), REBUTTAL_LENGTH), proofs.of(r["evidence"]))
            for r in given.get("rebuttals") or ()
            if r["finding"] in known
        )
        return FindingsRebutted(oid, rebuttals) if rebuttals else None

    def _unchanged_on_purpose(self, given: dict[str, Any]) -> Event:
        """Where the harness saw what speaks against every open finding, their lenses hear it; else a person decides."""
        said = self._rebutted(given, self.run.review_head)
        shown = {r.finding for r in said.rebuttals if seen(r.proof)} if said else set()
        if said and shown >= {f.number for f in self.run.open_findings()}:
            return said
        if said:
            self.journal.run = self.journal.log.record(said)
        return Disputed(self.run.review_head)

    def _nothing_changed(self, given: dict[str, Any]) -> Event:
        task, summary = task_of(self.run), str(given["summary"])
        if task is Task.review:
            return self._unchanged_on_purpose(given)
        if task is Task.ci:
            return self._failed(CANNOT_FIX, "CI is red and the agent found nothing to change.", tried=summary)
        if made := self._already_pushed():
            return made
        base = f"{self.run.base_ref or 'the base'}@{self.run.base_oid[:7]}"
        return self._failed(EMPTY_DIFF, f"Nothing to change on {base}.", tried=summary)

    def _already_pushed(self) -> Submitted | None:
        """What stands on the branch, where people's words after it called for no other change: it is judged again."""
        made = self.run.submission
        return made if made and self.run.pr and made.oid == self.run.pushed_oid else None

    def _unfinished(self, outcome: Asked | Proposed | GaveUp) -> Event:
        number = self.journal.run.questions_asked + 1
        if isinstance(outcome, Proposed):
            return PlanProposed(number, outcome.items, outcome.files, outcome.not_doing)
        if isinstance(outcome, Asked):
            return QuestionAsked(number, "agent", outcome.question, outcome.options)
        if outcome.code in _LIMITED:
            at, of = step_of(self.journal.run.plan)
            return self._failed(outcome.code, f"{outcome.message.rstrip('.')} at step {at} of {of}.")
        return self._failed(outcome.code, outcome.message)

    def _failed(self, code: str, happened: str, *, tried: str = "") -> Failed:
        """`tried` quotes the agent; else it says how far it came."""
        turns = self.journal.run.turns
        return Failed(
            code, happened, cut(tried, 300) or f"{turns} turns of the agent", left(self.journal.run)
        )


def deadline(run: Run, now: datetime) -> datetime:
    """Until when the agent may work: the promised time, and always as long again from when this work began.

    A run that is late goes on; one that makes nothing of a whole promise's length does not.
    """
    began = run.state_since or now
    return max(run.clock.due_at(now), began + timedelta(seconds=run.clock.target_s))


def _look_first(items: list[dict[str, object]]) -> tuple[LookFirst, ...]:
    return tuple(LookFirst(str(item["path"]), int(str(item["line"])), str(item["why"])) for item in items[:4])
