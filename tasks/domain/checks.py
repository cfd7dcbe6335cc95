"""Gates: what the harness ran on base and on head, and which of it counts against the change."""

from dataclasses import dataclass
from enum import StrEnum


class GateOutcome(StrEnum):
    """`not_run` is never a pass; `red_before` failed on base in the same way."""

    passed = "passed"
    failed = "failed"
    red_before = "red_before"
    not_run = "not_run"
    needs_human = "needs_human"
    broken = "broken"


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate on base and on head.

    `base` and `head` are "pass", "fail" or "not run"; `detail` is one sentence; `excerpt` the relevant lines (≤ 60) for the agent;
    `new_failures` names tests or files that fail only on head. `command` is what was run, "" for a hygiene gate; the exit codes
    are its own, None where we stopped it. `proven` are tests that fail without the change and pass with it; `flaky` failed once
    and passed on the same tree.
    """

    name: str
    outcome: GateOutcome
    base: str
    head: str
    detail: str = ""
    excerpt: str = ""
    command: str = ""
    duration_s: float = 0.0
    new_failures: tuple[str, ...] = ()
    tests_base: int | None = None
    tests_head: int | None = None
    base_exit: int | None = None
    head_exit: int | None = None
    proven: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()


def blocks(results: tuple[GateResult, ...]) -> tuple[GateResult, ...]:
    """The gates that send a change back to its author: new failures and broken gates."""
    return tuple(r for r in results if r.outcome in (GateOutcome.failed, GateOutcome.broken))


def wants_person(results: tuple[GateResult, ...]) -> tuple[GateResult, ...]:
    """The gates that no machine may pass: nothing is finished before a person has approved each of them."""
    return tuple(r for r in results if r.outcome is GateOutcome.needs_human)


def proven(results: tuple[GateResult, ...]) -> bool:
    """Whether tests really ran on head and passed, or failed only as they did before."""
    return any(
        r.name == "test" and r.outcome in (GateOutcome.passed, GateOutcome.red_before) for r in results
    )
