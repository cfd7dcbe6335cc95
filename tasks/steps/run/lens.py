"""One lens on one head: a fresh checkout, a fresh sandbox, a fresh agent that sees the request and the diff; then its verdict."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from integrations.errors import Retryable
from integrations.ports import Sandbox
from integrations.types.sandbox import Command
from tasks.agent.journal import Said
from tasks.agent.loop import AgentLimits, AgentSpec, run_agent
from tasks.agent.outcome import AgentOutcome, Finished, GaveUp
from tasks.agent.specs import BASH
from tasks.agent.tools import Toolbox
from tasks.agent.trajectory import Trajectory
from tasks.domain.budget import allowance
from tasks.domain.plan import cut
from tasks.domain.run import Run
from tasks.domain.verdict import Decision, Finding, LensVerdict, Severity
from tasks.prompts.clean import excerpt
from tasks.prompts.render import Untrusted, render
from tasks.roles import REVIEWER, model_for
from tasks.steps.ports import Recorder, StepPorts
from tasks.steps.run.journal import RunJournal
from tasks.steps.run.rooms import limits_of, sandbox_around

DIFF_BYTES = 200_000
"""A longer diff is cut in the prompt, and then the change cannot pass: about 50,000 tokens."""

LENS_TIME_S = 900.0
CLAIM_CHARACTERS = 200
EVIDENCE_CHARACTERS = 4_000
NOT_WHOLE = "the diff is too long to be reviewed whole"
NOTHING_RUN = "(Passed by reading alone: no command was run.)"

_HIDE_WORDS = """
set -eu
export GIT_AUTHOR_NAME=author GIT_AUTHOR_EMAIL=author@sortie.invalid
export GIT_COMMITTER_NAME=author GIT_COMMITTER_EMAIL=author@sortie.invalid
change=$(git commit-tree 'head^{tree}' -p base -m 'The change under review')
git update-ref refs/heads/head "$change"
git update-ref HEAD "$change"
rm -rf .git/logs .git/ORIG_HEAD
git repack -a -d -l -q
git prune --expire=now
"""
"""One commit without a word of the author's between `base` and `head`, and no trace of the real ones: reviewers are swayed by
commit messages (I22)."""


@dataclass(frozen=True, slots=True)
class Lens:
    """What one lens works on."""

    name: str
    run: Run
    ports: StepPorts
    log: Recorder

    def verdict(self) -> LensVerdict:
        """The lens's verdict; unavailable where the agent gave none. Raises what model, sandbox and git raise, and Cancelled."""
        run, workspaces = self.run, self.ports.workspaces
        diff = workspaces.diff(run.repo, run.base_oid, run.review_head, DIFF_BYTES)
        workspace = workspaces.checkout(
            run.id, run.repo, run.review_head, base_oid=run.base_oid, purpose=f"lens-{self.name}"
        )
        try:
            with sandbox_around(workspace, self.ports) as sandbox:
                _hide_words(sandbox)
                outcome = self._agent(sandbox, diff)
        finally:
            workspaces.discard(workspace)
        return self._judged(outcome, cut_short=_too_long(diff))

    def unavailable(self, reason: str) -> LensVerdict:
        """Could not review: never a pass."""
        return LensVerdict(self.name, self.run.review_head, Decision.unavailable, "", (), reason)

    def _ran(self) -> bool:
        """Whether it ran anything: whoever obeys a comment that says "approved" passes the change at once (A17)."""
        calls = Trajectory.resume(self.log.conversation(self._key())).calls()
        return any(call["name"] == BASH.name and not result.get("is_error") for call, result in calls)

    def _agent(self, sandbox: Sandbox, diff: str) -> AgentOutcome:
        settings = self.ports.settings
        journal = RunJournal(self.log, self._key(), f"{REVIEWER.name}:{self.name}", self.run)
        promised = timedelta(seconds=min(LENS_TIME_S, self.run.clock.target_s))
        limits = AgentLimits(
            journal.now() + promised,
            allowance(self.run, settings.limits.budget_usd),
            settings.limits.reviewer_turns,
        )
        toolbox = Toolbox(
            sandbox,
            limits_of(self.ports),
            lambda: (limits.deadline - journal.now()).total_seconds(),
            journal.cancelled,
        )
        spec = AgentSpec(
            model_for(REVIEWER, settings.model.by_role, lens=self.name),
            render(REVIEWER.prompt, lens=self.name),
            REVIEWER.tools,
            (Said("# The review", self._briefing(diff)),),
            REVIEWER.max_tokens,
            REVIEWER.effort,
        )
        return run_agent(spec, model=self.ports.model, toolbox=toolbox, journal=journal, limits=limits)

    def _key(self) -> str:
        return f"{self.run.attempt}/{self.name}/{self.run.review_round}"

    def _briefing(self, diff: str) -> str:
        """The request, the diff, the checks; nothing that the author said about them."""
        commands = "\n".join(f"{name}: {command}" for name, command in self.run.commands)
        return render(
            "review_start.md",
            request=Untrusted("request", self.run.request.text),
            diff=Untrusted("diff from base to head", diff, "output"),
            cut=_too_long(diff),
            commands=Untrusted("checks", commands, "output") if commands else None,
        )

    def _judged(self, outcome: AgentOutcome, *, cut_short: bool) -> LensVerdict:
        if not isinstance(outcome, Finished):
            reason = outcome.message if isinstance(outcome, GaveUp) else "it asked instead of deciding"
            return self.unavailable(reason.rstrip("."))
        given = outcome.input
        decision = Decision(given["decision"])
        findings = tuple(self._finding(n, found) for n, found in enumerate(given["findings"], 1))
        summary, head = str(given["summary"]).strip(), self.run.review_head
        if decision is Decision.passed and cut_short:
            return LensVerdict(self.name, head, Decision.unavailable, summary, findings, NOT_WHOLE)
        if decision is Decision.passed and not self._ran():
            summary = f"{NOTHING_RUN} {summary}"
        return LensVerdict(self.name, head, decision, summary, findings)

    def _finding(self, number: int, found: dict[str, Any]) -> Finding:
        evidence = found.get("evidence") or {}
        return Finding(
            number,
            self.name,
            Severity(found["severity"]),
            found["path"],
            found["line"],
            cut(found["claim"], CLAIM_CHARACTERS),
            excerpt(evidence.get("command") or "", EVIDENCE_CHARACTERS),
            excerpt(evidence.get("output") or "", EVIDENCE_CHARACTERS),
        )


def _hide_words(sandbox: Sandbox) -> None:
    """Rewrites `head` inside the checkout. The tree, and so everything a reviewer runs, stays what it is."""
    result = sandbox.run(Command(("/bin/sh", "-c", _HIDE_WORDS)))
    if result.exit_code != 0:
        raise Retryable("The checkout for the review could not be prepared.", code="SBX-011")


def _too_long(diff: str) -> bool:
    return len(diff.encode("utf-8", "replace")) > DIFF_BYTES
