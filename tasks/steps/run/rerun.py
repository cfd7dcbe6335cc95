"""Running again what a lens says it ran: a fresh checkout of that commit, a fresh sandbox, a time box; then once more without the code."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from integrations.errors import Cancelled, Retryable
from integrations.ports import Sandbox
from integrations.types.sandbox import Command, CommandResult, KilledBy
from tasks.domain.evidence import Ran
from tasks.domain.run import Run
from tasks.prompts.clean import excerpt, reveal
from tasks.steps.ports import Recorder, StepPorts
from tasks.steps.run.rooms import limits_of, sandbox_around

RERUN_S = 120.0
"""As long as a reviewer's own command may take unless it asks for more."""

_SEEN_CHARACTERS = 64_000
_KILLED = {KilledBy.TIMEOUT: 124}
_KILLED_ELSE = 137
"""The exit codes a reviewer is shown for a command that was killed."""

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

_EMPTY = "find /workspace -mindepth 1 -delete"


@contextmanager
def review_room(run: Run, ports: StepPorts, *, oid: str, purpose: str) -> Iterator[Sandbox]:
    """A sandbox around a fresh checkout of `oid`, with the refs `base` and `head`; thrown away afterwards.

    Raises what sandbox and git raise.
    """
    workspace = ports.workspaces.checkout(run.id, run.repo, oid, base_oid=run.base_oid, purpose=purpose)
    try:
        with sandbox_around(workspace, ports) as sandbox:
            hidden = sandbox.run(Command(("/bin/sh", "-c", _HIDE_WORDS)))
            if hidden.exit_code != 0:
                raise Retryable("The checkout for the review could not be prepared.", code="SBX-011")
            yield sandbox
    finally:
        ports.workspaces.discard(workspace)


@dataclass(frozen=True, slots=True)
class Rerun:
    """The harness's own hands for one lens of one run."""

    run: Run
    ports: StepPorts
    log: Recorder
    purpose: str

    def at(self, oid: str, command: str) -> Ran:
        """How the command ends in a fresh checkout of `oid`. Raises Cancelled, and what sandbox and git raise."""
        with review_room(self.run, self.ports, oid=oid, purpose=self.purpose) as sandbox:
            return self._run(sandbox, command)

    def with_and_without(self, oid: str, command: str) -> tuple[Ran, Ran]:
        """The same, and how it ends where no file of the code is there. Raises as `at`."""
        with review_room(self.run, self.ports, oid=oid, purpose=self.purpose) as sandbox:
            shown = self._run(sandbox, command)
            emptied = self._command(sandbox, "/bin/sh", _EMPTY)
            if emptied.exit_code != 0:
                raise Retryable("The checkout for the review could not be emptied.", code="SBX-011")
            return shown, self._run(sandbox, command)

    def _run(self, sandbox: Sandbox, command: str) -> Ran:
        result = self._command(sandbox, "/bin/bash", command)
        code = result.exit_code
        if code is None:
            assert result.killed_by is not None
            code = _KILLED.get(result.killed_by, _KILLED_ELSE)
        return Ran(code, excerpt(reveal(result.output.decode("utf-8", "replace")), _SEEN_CHARACTERS))

    def _command(self, sandbox: Sandbox, shell: str, command: str) -> CommandResult:
        limits = limits_of(self.ports)
        boxed = replace(limits, wall_s=min(limits.wall_s, RERUN_S))
        result = sandbox.run(Command((shell, "-c", command), limits=boxed), cancelled=self.log.cancelled)
        if result.killed_by is KilledBy.CANCELLED:
            raise Cancelled("The run was stopped while evidence was looked at.")
        return result
