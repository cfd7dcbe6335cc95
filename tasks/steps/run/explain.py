"""The step that answers a question about the code: one read-only agent at one commit, and its words. Nothing is kept of its files."""

from datetime import timedelta

from integrations.errors import IntegrationError, Rejected
from integrations.ports import Sandbox
from tasks.agent.journal import Said
from tasks.agent.loop import AgentLimits, AgentSpec, run_agent
from tasks.agent.outcome import AgentOutcome, Finished, GaveUp
from tasks.agent.tools import Toolbox
from tasks.domain.budget import allowance
from tasks.domain.decisions import Explained, Failed, FailureClass
from tasks.domain.events import Event
from tasks.domain.plan import cut
from tasks.domain.run import Run
from tasks.prompts.render import Untrusted, render
from tasks.roles import EXPLAINER, model_for
from tasks.steps.ports import Recorder, StepBroken, StepPorts
from tasks.steps.run.asked_there import asked_there
from tasks.steps.run.journal import RunJournal, broken
from tasks.steps.run.rerun import review_room
from tasks.steps.run.rooms import limits_of
from tasks.steps.run.shown_diff import shown_diff
from tasks.workspace.outcomes import Refusal

TIME_S = 600.0
LONGEST = 6_000


def explain(run: Run, *, ports: StepPorts, log: Recorder) -> Event:
    """Explained, or Failed where the agent gave no answer. Raises Cancelled when the run was stopped, StepBroken."""
    try:
        with review_room(run, ports, oid=run.asked_head, purpose="explain") as sandbox:
            outcome = _agent(run, ports, log, sandbox)
    except IntegrationError as error:
        raise broken(error, permanent=isinstance(error, Rejected)) from error
    except Refusal as refusal:
        raise StepBroken(FailureClass.git, refusal.code, refusal.sentence, permanent=True) from refusal
    if isinstance(outcome, Finished):
        return Explained(run.asked_head, cut(str(outcome.input["answer"]), LONGEST))
    code, why = (
        (outcome.code, outcome.message) if isinstance(outcome, GaveUp) else ("AGT-001", "It asked back.")
    )
    return Failed(code, why, left="Nothing was pushed.")


def _agent(run: Run, ports: StepPorts, log: Recorder, sandbox: Sandbox) -> AgentOutcome:
    settings = ports.settings
    journal = RunJournal(log, f"{run.attempt}/{EXPLAINER.name}", EXPLAINER.name, run)
    limits = AgentLimits(
        journal.now() + timedelta(seconds=min(TIME_S, run.clock.target_s)),
        allowance(run, settings.limits.budget_usd, paid_rounds=0),
        settings.limits.reviewer_turns,
    )
    toolbox = Toolbox(
        sandbox,
        limits_of(ports),
        lambda: (limits.deadline - journal.now()).total_seconds(),
        journal.cancelled,
    )
    spec = AgentSpec(
        model_for(EXPLAINER, settings.model.by_role),
        render(EXPLAINER.prompt),
        EXPLAINER.tools,
        (Said("# The question", _briefing(run, ports)),),
        EXPLAINER.max_tokens,
        EXPLAINER.effort,
    )
    return run_agent(spec, model=ports.model, toolbox=toolbox, journal=journal, limits=limits)


def _briefing(run: Run, ports: StepPorts) -> str:
    """The question, where it was asked, and of a pull request its diff."""
    head, diff = run.asked_head, None
    if head != run.base_oid:
        shown = shown_diff(ports.workspaces, run.repo, base=run.base_oid, head=head)
        diff = Untrusted("diff from base to head", shown.text, "output")
    return render(
        "explain_start.md",
        question=Untrusted("question", run.request.text),
        place=asked_there(run),
        diff=diff,
        head=head,
    )
