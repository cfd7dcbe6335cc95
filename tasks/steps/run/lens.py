"""One lens on one head: a fresh checkout, a fresh sandbox, a fresh agent that sees the request and the diff; then its verdict."""

from dataclasses import dataclass, replace
from datetime import timedelta

from integrations.ports import Sandbox
from tasks.agent.journal import Said
from tasks.agent.loop import AgentLimits, AgentSpec, run_agent
from tasks.agent.outcome import AgentOutcome, Finished, GaveUp
from tasks.agent.specs import BASH
from tasks.agent.tools import Toolbox
from tasks.agent.trajectory import Trajectory
from tasks.domain.budget import allowance
from tasks.domain.rebuttal import Proof
from tasks.domain.run import Run
from tasks.domain.verdict import Decision, Finding, LensVerdict, settle
from tasks.prompts.render import Untrusted, render
from tasks.roles import REVIEWER, lens_row, model_for
from tasks.steps.ports import Recorder, StepPorts
from tasks.steps.run.asked_there import all_asked, asked_there
from tasks.steps.run.findings import Scales, Weighed, claims, open_before
from tasks.steps.run.journal import RunJournal
from tasks.steps.run.own_lenses import own_words
from tasks.steps.run.profiles import for_change
from tasks.steps.run.rerun import Rerun, review_room
from tasks.steps.run.rooms import limits_of
from tasks.steps.run.shown_diff import ShownDiff, shown_diff

LENS_TIME_S = 900.0
NOTHING_RUN = "(Passed by reading alone: no command was run.)"
RAN_NOTHING = "it ran nothing, and what this lens judges can only be seen by running it"


@dataclass(frozen=True, slots=True)
class Lens:
    """What one lens works on."""

    name: str
    run: Run
    ports: StepPorts
    log: Recorder

    def verdict(self) -> LensVerdict:
        """The lens's verdict; unavailable where the agent gave none. Raises what model, sandbox and git raise, and Cancelled."""
        run, ports = self.run, self.ports
        diff = shown_diff(ports.workspaces, run.repo, base=run.review_base, head=run.review_head)
        scales = Scales(self.name, run, ports.workspaces, Rerun(run, ports, self.log, f"proof-{self.name}"))
        opening: tuple[Said, ...] = (Said("# The review", self._briefing(diff)),)
        with review_room(run, ports, oid=run.review_head, purpose=f"lens-{self.name}") as sandbox:
            outcome = self._agent(sandbox, opening)
            if not isinstance(outcome, Finished):
                return self._unfinished(outcome)
            weighed = scales.weigh(self._claims(outcome))
            if weighed.doubted and not weighed.blocks:
                opening = (*opening, Said("# What the harness saw", _doubts(weighed)))
                outcome = self._agent(sandbox, opening)
                if not isinstance(outcome, Finished):
                    return self._unfinished(outcome, weighed)
                weighed = _after(weighed, scales.weigh(self._claims(outcome)))
        return self._judged(outcome, weighed, diff)

    def unavailable(self, reason: str) -> LensVerdict:
        """Could not review: never a pass."""
        return LensVerdict(self.name, self.run.review_head, Decision.unavailable, "", (), reason)

    def _commands(self) -> int:
        """How many commands it ran: whoever obeys a comment that says "approved" passes the change at once (A17)."""
        calls = Trajectory.resume(self.log.conversation(self._key())).calls()
        return sum(call["name"] == BASH.name and not result.get("is_error") for call, result in calls)

    def _agent(self, sandbox: Sandbox, opening: tuple[Said, ...]) -> AgentOutcome:
        settings = self.ports.settings
        journal = RunJournal(self.log, self._key(), f"{REVIEWER.name}:{self.name}", self.run)
        promised = timedelta(seconds=min(LENS_TIME_S, self.run.clock.target_s))
        limits = AgentLimits(
            journal.now() + promised,
            allowance(self.run, settings.limits.budget_usd, paid_rounds=settings.limits.paid_rounds),
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
            render(REVIEWER.prompt, lens=self.name, angle=lens_row(self.name).prompt),
            REVIEWER.tools,
            opening,
            REVIEWER.max_tokens,
            REVIEWER.effort,
        )
        return run_agent(spec, model=self.ports.model, toolbox=toolbox, journal=journal, limits=limits)

    def _key(self) -> str:
        """Names a conversation of its own for each look: a round of people's remarks counts the reviews anew."""
        after = f".{self.run.rounds}" if self.run.rounds else ""
        return f"{self.run.attempt}/{self.name}/{self.run.review_round}{after}"

    def _briefing(self, diff: ShownDiff) -> str:
        """The request, the diff, the checks; nothing that the author said about them."""
        commands = "\n".join(f"{name}: {command}" for name, command in self.run.commands)
        run, ports = self.run, self.ports
        return render(
            "review_start.md",
            request=self._request(),
            place=None if run.reviews_only else asked_there(run),
            diff=Untrusted("diff from base to head", diff.text, "output"),
            not_reviewed=Untrusted("not reviewed", diff.listed, "output") if diff.left_out else None,
            commands=Untrusted("checks", commands, "output") if commands else None,
            angle=own_words(ports.workspaces, run, self.name),
            rebutted=self._rebutted(),
            profiles=for_change(run, ports.workspaces),
        )

    def _rebutted(self) -> Untrusted | None:
        """What the harness saw when it looked at the author's evidence against this lens's findings; no word of the author's."""
        told = [
            f"Finding {f.number}, {f.path}:{f.line}: {f.claim}\nAgainst it:\n{_shown(r.proof)}"
            for f in open_before(self.run, self.name)
            if self.run.rebutted(f.number) and (r := self.run.rebuttal_of(f.number))
        ]
        return Untrusted("what speaks against your findings", "\n\n".join(told), "output") if told else None

    def _request(self) -> Untrusted:
        """What the change should do: of a person's pull request only its own words say that."""
        there = asked_there(self.run) if self.run.reviews_only else None
        return there or Untrusted("request", all_asked(self.run))

    def _claims(self, outcome: Finished) -> tuple[Finding, ...]:
        return claims(self.name, outcome.input["findings"])

    def _unfinished(self, outcome: AgentOutcome, weighed: Weighed | None = None) -> LensVerdict:
        reason = outcome.message if isinstance(outcome, GaveUp) else "it asked instead of deciding"
        verdict = self.unavailable(reason.rstrip("."))
        if weighed is None:
            return verdict
        return replace(verdict, raised=weighed.raised, dropped=weighed.dropped, settled=weighed.settled)

    def _judged(self, outcome: Finished, weighed: Weighed, diff: ShownDiff) -> LensVerdict:
        said = LensVerdict(
            self.name,
            self.run.review_head,
            Decision(outcome.input["decision"]),
            str(outcome.input["summary"]).strip(),
            weighed.findings,
            raised=weighed.raised,
            dropped=weighed.dropped,
            settled=weighed.settled,
            commands=self._commands(),
        )
        verdict = settle(said, late=weighed.late)
        if verdict.decision is not Decision.passed:
            return verdict
        if diff.left_out:
            return replace(verdict, decision=Decision.unavailable, reason=diff.reason)
        if lens_row(self.name).must_run and not verdict.commands:
            return replace(verdict, decision=Decision.unavailable, reason=RAN_NOTHING)
        if not verdict.commands:
            return replace(verdict, summary=f"{NOTHING_RUN} {verdict.summary}")
        return verdict


def _shown(proof: Proof) -> str:
    if not proof.command:
        return f"{proof.path}:{proof.line}: {proof.quote}"
    end = "" if proof.exit_code is None else f"\n[exit code {proof.exit_code}]"
    return f"$ {proof.command}\n{proof.output}{end}"


def _doubts(weighed: Weighed) -> str:
    said = "\n\n".join(f"{f.path}:{f.line}: {f.claim}\n→ {f.remark}" for f in weighed.doubted)
    return render("evidence.md", doubts=Untrusted("your findings", said, "output"))


def _after(first: Weighed, second: Weighed) -> Weighed:
    """What holds in the end, with what was false in the beginning: taking it back does not unsay it."""
    return replace(
        second,
        dropped=(*first.dropped, *second.dropped),
        raised=second.raised + len(first.dropped),
    )
