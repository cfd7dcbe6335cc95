"""Who must do what next: one function for the card, the pages, the command line and the code host (UX §4)."""

from dataclasses import dataclass
from datetime import datetime

from tasks.domain.in_thread import PLAN
from tasks.domain.plan import cut
from tasks.domain.run import Run, RunState


@dataclass(frozen=True, slots=True)
class NextAction:
    """`who` is a chat user id, "reviewers", or "" for nobody; `blocks` whether the run waits for it. `action_id` is the button's."""

    reason: str
    label: str
    who: str = ""
    blocks: bool = False
    since: datetime | None = None
    action_id: str = ""


def next_action(run: Run) -> NextAction:
    """What a person must do next about this run; nobody, when the agent is at work or the run is over."""
    requester, since = run.request.requester.id, run.state_since
    match run.state:
        case RunState.needs_input if run.question and run.question.kind == "repo":
            return NextAction("pick_repo", "Pick a repository", requester, True, since, "repo_pick_0")
        case RunState.needs_input if run.question and run.question.kind == PLAN:
            return NextAction("approve_plan", "Approve the plan", requester, True, since, "plan_ok")
        case RunState.needs_input if run.question:
            label = f"Answer: {cut(run.question.text, 80)}"
            return NextAction("answer_question", label, requester, True, since, "q_opt_0")
        case RunState.disputed:
            numbers = ", ".join(f"#{f.number}" for f in run.open_findings())
            return NextAction("decide_dispute", f"Decide finding {numbers}", requester, True, since, "ds_fix")
        case RunState.pr_open if run.pr and run.ci_wants_approval:
            return NextAction("approve_workflow", "Approve the CI run on GitHub", "", True, since)
        case RunState.ready if run.pr:
            asked = f" and approve: {', '.join(run.awaited_approvals)}" if run.awaited_approvals else ""
            return NextAction("review_pr", f"Review PR #{run.pr.number}{asked}", "reviewers", False, since)
        case RunState.failed:
            return NextAction("retry_or_close", "Retry or close", requester, True, since, "task_retry")
        case RunState.declined if run.refusal and run.refusal.code == "AUTH-001":
            return NextAction("link_account", "Connect your GitHub account", requester, True, since)
        case RunState.declined if run.refusal and run.refusal.code == "REPO-002":
            label = f"Give the app access to {run.repo or 'the repository'}"
            return NextAction("grant_access", label, "", True, since)
        case RunState.merged | RunState.closed | RunState.cancelled | RunState.declined | RunState.answered:
            return NextAction("none", "Nothing, this run is over")
    return NextAction("none", "Nothing, the agent is working")
