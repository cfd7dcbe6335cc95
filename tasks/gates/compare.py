"""One check on base against the same check on head: only what is newly broken counts. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from tasks.domain.checks import GateOutcome, GateResult
from tasks.gates.parse import TestReport, clean, excerpt, read_problems, read_tests


class SideState(StrEnum):
    """How a check ended on one commit. `nothing`: it ran no test at all; `missing`: its program is not installed."""

    passed = "passed"
    failed = "failed"
    nothing = "nothing"
    missing = "missing"
    stopped = "stopped"
    broken = "broken"


@dataclass(frozen=True, slots=True)
class SideRun:
    """One command on one commit. `exit_code` None when we stopped it, for the reason `stopped` ("ran longer than …")."""

    exit_code: int | None
    output: bytes
    duration_s: float
    stopped: str = ""
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """A SideRun, understood."""

    state: SideState
    text: str
    tests: TestReport | None
    why: str = ""
    duration_s: float = 0.0
    exit_code: int | None = None

    @property
    def word(self) -> str:
        """ "pass", "fail" or "not run", as GateResult wants it."""
        words = {SideState.passed: "pass", SideState.failed: "fail", SideState.stopped: "fail"}
        return words.get(self.state, "not run")

    @property
    def ran(self) -> int | None:
        """Tests that ran, None when not told."""
        return self.tests.ran if self.tests else None


@dataclass(frozen=True, slots=True)
class Check:
    """One gate command: its name (setup, test, types, lint, build) and its shell command."""

    name: str
    command: str

    @property
    def is_test(self) -> bool:
        """Whether its result is made of tests."""
        return self.name == "test"


_MISSING_PROGRAMS = (
    "No module named pytest",
    "No module named mypy",
    "No module named ruff",
    "No module named flake8",
    "No module named tox",
    "could not determine executable to run",
    "npx canceled due to missing packages",
)
_NO_TESTS_EXIT = 5
"""pytest and, since Python 3.12, unittest."""


def understand(check: Check, run: SideRun) -> Side:
    """What one run of a check amounts to."""
    text = clean(run.output)
    tests = read_tests(text) if check.is_test else None

    def side(state: SideState, why: str = "") -> Side:
        return Side(state, text, tests, why, run.duration_s, run.exit_code)

    if run.broken:
        return side(SideState.broken, run.broken)
    if run.stopped:
        return side(SideState.stopped, run.stopped)
    if run.exit_code == 0 and tests and tests.told_failed:
        return side(SideState.failed, f"exit code 0, and {tests.told_failed} failed by its own count")
    if run.exit_code == 0:
        return side(SideState.nothing if tests and tests.ran == 0 else SideState.passed)
    if run.exit_code in (126, 127) or (
        not _ran_anything(tests) and any(m in text for m in _MISSING_PROGRAMS)
    ):
        return side(SideState.missing, _last_line(text))
    if check.is_test and run.exit_code == _NO_TESTS_EXIT and not _failures(tests):
        return side(SideState.nothing)
    return side(SideState.failed, f"exit code {run.exit_code}")


def compare(check: Check, base: Side, head: Side) -> GateResult:
    """The gate's result. A red base is no excuse for a new failure, and nothing that did not run counts as a pass."""
    outcome, detail, new = _judge(check, base, head)
    bad = outcome in (GateOutcome.failed, GateOutcome.red_before, GateOutcome.broken, GateOutcome.not_run)
    return GateResult(
        name=check.name,
        outcome=outcome,
        base=base.word,
        head=head.word,
        detail=detail,
        excerpt=excerpt(head.text) if bad else "",
        command=check.command,
        duration_s=round(base.duration_s + head.duration_s, 3),
        new_failures=new[:200],
        tests_base=base.ran,
        tests_head=head.ran,
        base_exit=base.exit_code,
        head_exit=head.exit_code,
    )


_Judged = tuple[GateOutcome, str, tuple[str, ...]]


def _judge(check: Check, base: Side, head: Side) -> _Judged:
    for side in (head, base):
        if side.state is SideState.broken:
            return GateOutcome.broken, f"The {check.name} check could not be run: {side.why}", ()
    match head.state:
        case SideState.passed if base.tests and head.tests is None:
            return GateOutcome.failed, _silent(base), ()
        case SideState.passed:
            return GateOutcome.passed, _passed(check, base, head), ()
        case SideState.nothing:
            return _nothing(base)
        case SideState.missing | SideState.stopped:
            return _same_or_new(check, base, head)
    if base.state is SideState.failed:
        return _both_failed(check, base, head)
    new = new_failures(check, base, head)
    return GateOutcome.failed, _counted(check, new) or f"It fails: {head.why}.", new


def new_failures(check: Check, base: Side, head: Side) -> tuple[str, ...]:
    """What fails on head and not on base: test ids, or problems without their line numbers."""
    if check.is_test:
        before = set(_failures(base.tests))
        return tuple(name for name in _failures(head.tests) if name not in before)
    return tuple((read_problems(head.text) - read_problems(base.text)).elements())


def _passed(check: Check, base: Side, head: Side) -> str:
    if not check.is_test or head.ran is None:
        return "It failed before the change." if base.state is SideState.failed else ""
    ran = f"{head.ran} test{'' if head.ran == 1 else 's'} passed"
    mended = len(_failures(base.tests))
    if mended:
        return f"{ran}; {mended} of them failed before the change."
    return f"{ran}."


def _silent(base: Side) -> str:
    """Exit code 0 proves nothing where the tests used to say what ran: the code under test can end the process itself."""
    before = f"{base.ran} ran" if base.ran else "they did"
    return f"The tests end without saying what ran; {before} before the change."


def _nothing(base: Side) -> _Judged:
    if base.state in (SideState.passed, SideState.failed) and base.ran != 0:
        before = f"{base.ran} ran" if base.ran else "tests ran"
        return GateOutcome.failed, f"No test runs any more; {before} before the change.", ()
    return GateOutcome.not_run, "There are no tests to run.", ()


def _same_or_new(check: Check, base: Side, head: Side) -> _Judged:
    """The program is missing, or it was stopped by a limit: on base as well it proves nothing."""
    missing = f"the program of `{check.command}` is not installed ({head.why})"
    what = missing if head.state is SideState.missing else f"it {head.why}"
    if base.state is head.state or (head.state is SideState.missing and base.state is SideState.nothing):
        return GateOutcome.not_run, f"It proves nothing: {what}, before the change as well.", ()
    return GateOutcome.failed, f"It fails: {what}.", ()


def _both_failed(check: Check, base: Side, head: Side) -> _Judged:
    new = new_failures(check, base, head)
    if new:
        return GateOutcome.failed, _counted(check, new), new
    if not check.is_test:
        return GateOutcome.red_before, "It fails as it did before the change.", ()
    known = _failures(head.tests)
    if base.ran and not _ran_anything(head.tests):
        return GateOutcome.failed, f"No test runs any more; {base.ran} ran before the change.", ()
    if not known and _failures(base.tests):
        return GateOutcome.failed, f"It ends differently than before the change: {head.why}.", ()
    if not known or not _ran_anything(head.tests):
        return (
            GateOutcome.not_run,
            "It fails before the change as well, and does not say which tests fail.",
            (),
        )
    count = f"{len(known)} test{'' if len(known) == 1 else 's'}"
    return GateOutcome.red_before, f"{count} failed before the change already; no other fails.", ()


def _counted(check: Check, new: tuple[str, ...]) -> str:
    noun = "test fails" if check.is_test else "problem is new"
    plural = "tests fail" if check.is_test else "problems are new"
    if not new:
        return ""
    names = ", ".join(new[:3]) + (" …" if len(new) > 3 else "")
    return f"{len(new)} {noun if len(new) == 1 else plural}: {names}"


def _failures(tests: TestReport | None) -> tuple[str, ...]:
    return tests.failed if tests else ()


def _ran_anything(tests: TestReport | None) -> bool:
    """True as well when a known framework does not tell a number."""
    return tests is not None and tests.ran != 0


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().split("\n") if line.strip()]
    return lines[-1][:200] if lines else "command not found"
