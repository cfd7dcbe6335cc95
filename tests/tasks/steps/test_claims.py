"""What a lens hands in, before it is weighed: cut to size (UX §9.3)."""

from tasks.domain.verdict import Severity
from tasks.steps.run.findings import claims


def test_a_claim_is_cut_at_two_hundred_characters() -> None:
    given = {
        "severity": "blocking",
        "path": "/workspace/./a.py",
        "line": 3,
        "quote": "x = 1",
        "claim": "it breaks " * 100,
    }
    evidence = {"command": "make", "exit_code": 1, "output": "y" * 100_000}
    [long, short] = claims(
        "tests", [given | {"evidence": evidence}, given | {"claim": "it leaks", "severity": "note"}]
    )
    assert len(long.claim) <= 200 and long.claim.endswith("…") and len(long.evidence_output) < 5_000
    assert (short.claim, short.severity, short.evidence_command) == ("it leaks", Severity.note, "")
