"""What the author puts forward where it leaves the code as it is. Its words count for nothing; what the harness saw too does. Pure."""

from dataclasses import dataclass

NO_PROOF = "it gives no evidence"


@dataclass(frozen=True, slots=True)
class Proof:
    """A command with how it ends and what it prints, or a line that stands in a file of the head.

    `doubt` says what the harness saw otherwise when it looked, "" where it saw just that.
    """

    command: str = ""
    output: str = ""
    exit_code: int | None = None
    path: str = ""
    line: int = 0
    quote: str = ""
    doubt: str = ""


def seen(proof: Proof | None) -> bool:
    """Whether the harness saw it too."""
    return proof is not None and not proof.doubt


@dataclass(frozen=True, slots=True)
class Rebuttal:
    """The author leaves what a finding is about as it is. `finding` is its number, `text` the author's words."""

    finding: int
    text: str
    proof: Proof
