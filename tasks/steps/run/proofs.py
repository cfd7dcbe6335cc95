"""Whether what the author puts forward for leaving the code as it is, is what the harness sees: run again, or looked up."""

from dataclasses import dataclass, field, replace
from typing import Any

from tasks.domain.evidence import NO_EVIDENCE, WITHOUT_CODE, differs, same_run, standing
from tasks.domain.rebuttal import NO_PROOF, Proof
from tasks.domain.run import Run
from tasks.prompts.clean import excerpt
from tasks.steps.run.rerun import Rerun
from tasks.workspace.workspaces import Workspaces

LOOKED_AT = 10
TOO_MANY = f"only the first {LOOKED_AT} are looked at"
OUTPUT_CHARACTERS = 4_000
QUOTE_CHARACTERS = 1_000
_FILE_BYTES = 4_000_000


@dataclass(slots=True)
class Proofs:
    """The harness's look at the author's evidence, at exactly one commit. Raises Cancelled, and what sandbox and git raise."""

    run: Run
    workspaces: Workspaces
    rerun: Rerun
    oid: str
    _left: int = field(default=LOOKED_AT)

    def of(self, given: dict[str, Any] | None) -> Proof:
        """The evidence as the author handed it in, with what the harness saw otherwise."""
        if not given:
            return Proof(doubt=NO_PROOF)
        proof = _proof(given)
        if self._left <= 0:
            return replace(proof, doubt=TOO_MANY)
        self._left -= 1
        return replace(proof, doubt=self.doubt(proof))

    def doubt(self, proof: Proof) -> str:
        """What is otherwise at this commit, "" where it is just so. A command must show something, and need the code for it."""
        if not proof.command:
            return self._not_there(proof) if proof.quote.strip() else NO_PROOF
        if not proof.output.strip() and proof.exit_code in (None, 0):
            return NO_EVIDENCE
        shown, without = self.rerun.with_and_without(self.oid, proof.command)
        return differs(proof.exit_code, proof.output, shown) or (
            WITHOUT_CODE if same_run(shown, without) else ""
        )

    def _not_there(self, proof: Proof) -> str:
        content = self.workspaces.read(self.run.repo, self.oid, proof.path, _FILE_BYTES)
        text = "" if content is None else content.decode("utf-8", "replace")
        there = standing(text, proof.quote, proof.line) is not None
        return "" if there else f"the line it quotes does not stand in {proof.path or 'any file'}"


def _proof(given: dict[str, Any]) -> Proof:
    exit_code = given.get("exit_code")
    return Proof(
        (given.get("command") or "").strip(),
        excerpt(given.get("output") or "", OUTPUT_CHARACTERS),
        int(exit_code) if exit_code is not None else None,
        (given.get("path") or "").removeprefix("/workspace/").removeprefix("./"),
        given.get("line") or 0,
        (given.get("quote") or "")[:QUOTE_CHARACTERS].strip("\n"),
    )
