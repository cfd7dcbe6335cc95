"""What the tests really prove: base's tests on head's code, head's tests on base's code, and tests that must fail.

A change brings its own tests and their configuration, and its code runs in one process with both. So nothing is taken from
one run alone: every run here is a fresh checkout that mixes the two commits, in a fresh sandbox.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from integrations.types.sandbox import Limits
from tasks.domain.checks import GateOutcome, GateResult
from tasks.gates.canary import Canary, canary_for
from tasks.gates.compare import Check, Side, SideState, understand
from tasks.gates.parse import skipping_files
from tasks.gates.run import Checked, CommitSide
from tasks.gates.testfiles import is_python_test, is_test, says_how_to_test
from tasks.workspace.composing import ABSENT, Entry
from tasks.workspace.objects import Change

PLAIN_PYTEST = re.compile(r"(?:python3? -m )?(?:pytest|py\.test)(?: --?[\w.=-]+)*")
_PLANTABLE = frozenset({"pytest", "unittest"})


@dataclass(frozen=True, slots=True)
class Trial:
    """One check that ran on both commits, what the change changed, and base's files that are tests."""

    checked: Checked
    head: CommitSide
    changes: tuple[Change, ...]
    base_tests: tuple[str, ...]
    limits: Limits | None = None
    """Other limits than the check's own."""

    @property
    def check(self) -> Check:
        return self.checked.check

    @property
    def restored(self) -> tuple[Entry, ...]:
        """What brings everything that says how to test back to base."""
        return tuple(
            Entry(c.old_mode, c.old_oid if c.old_mode != ABSENT else c.new_oid, c.path)
            for c in self.changes
            if says_how_to_test(c.path)
        )

    @property
    def brought(self) -> tuple[Entry, ...]:
        """The tests that the change adds or changes."""
        return tuple(
            Entry(c.new_mode, c.new_oid, c.path)
            for c in self.changes
            if is_test(c.path) and c.new_mode != ABSENT
        )

    def on(self, onto: str, entries: tuple[Entry, ...], files: Mapping[str, bytes], command: str) -> Side:
        """The check on a commit with other entries and files in it."""
        room, subject = self.head.room, self.head.subject
        oid = room.workspaces.compose(subject.repo, onto, entries, files=files)
        conditions = self.head.conditions
        if self.limits is not None:
            conditions = replace(conditions, limits=self.limits)
        check = Check(self.check.name, command)
        with CommitSide(room, subject, conditions, oid) as side:
            return understand(check, side.run(check))


def prove(trial: Trial) -> tuple[GateResult, ...]:
    """The gates base-tests, canary and proof of a change whose own tests pass."""
    return (*_base_tests(trial), _proof(trial))


def _base_tests(trial: Trial) -> tuple[GateResult, ...]:
    """Base's tests, as base configures them, on head's code, with a canary among them where one can be planted."""
    before = trial.checked.before
    framework = before.tests.framework if before.tests else ""
    canary = canary_for(trial.base_tests, secrets.token_hex(12)) if framework in _PLANTABLE else None
    head = trial.head.subject.head_oid
    if not trial.restored and canary is None:
        return (_untouched(trial),)
    old = trial.on(head, trial.restored, _planted(canary), trial.check.command)
    if old.state is SideState.broken:
        return (_result(trial, "base-tests", GateOutcome.broken, old, old.why),)
    told = _told(trial, canary, old, framework)
    if told is not None and told.outcome is GateOutcome.failed:
        return (told,)
    if told is not None and told.outcome is GateOutcome.not_run:
        if not trial.restored:
            return (_untouched(trial), told)
        canary, old = None, trial.on(head, trial.restored, {}, trial.check.command)
    judged = _judge(trial, canary, old)
    if judged.outcome is not GateOutcome.passed:
        again = _judge(trial, canary, trial.on(head, trial.restored, _planted(canary), trial.check.command))
        both = tuple(n for n in judged.new_failures if n in again.new_failures)
        judged = again if again.outcome is GateOutcome.passed or not both else judged
    return (judged,) if told is None else (judged, told)


def _told(trial: Trial, canary: Canary | None, old: Side, framework: str) -> GateResult | None:
    """The gate canary: None where none was planted."""
    if canary is None:
        return None
    if _reports(canary, old, framework):
        return GateResult(
            "canary", GateOutcome.passed, "not run", "pass", "A test that must fail was seen to fail."
        )
    on_base = trial.on(trial.head.subject.base_oid, (), _planted(canary), trial.check.command)
    if _reports(canary, on_base, framework):
        detail = "The results cannot be believed: a test that must fail is not reported to fail on the changed code."
        return _result(trial, "canary", GateOutcome.failed, old, detail)
    detail = "A planted test is not found by this repository's test command, so nothing guards its results."
    return GateResult("canary", GateOutcome.not_run, "not run", "not run", detail)


def _reports(canary: Canary, side: Side, framework: str) -> bool:
    """Whether a run says that the planted tests fail, in its words and by its exit code."""
    return side.state is SideState.failed and bool(
        side.tests and side.exit_code != 0 and canary.reported(side.tests.failed, framework)
    )


def _judge(trial: Trial, canary: Canary | None, old: Side) -> GateResult:
    """What base's tests say of head's code."""
    before = trial.checked.before
    failed = [n for n in (old.tests.failed if old.tests else ()) if not (canary and canary.owns(n))]
    known = set(before.tests.failed if before.tests else ())
    new = tuple(n for n in failed if n not in known)
    name = "base-tests"
    if new:
        shown = ", ".join(new[:3]) + (" …" if len(new) > 3 else "")
        detail = f"{_some(len(new))} of the base fail on the changed code: {shown}. A person must look."
        return _result(trial, name, GateOutcome.needs_human, old, detail, new)
    ran = None if old.ran is None else old.ran - (_failing_canaries(canary, old) if canary else 0)
    if ran is not None and before.ran is not None and ran < before.ran:
        detail = f"Only {ran} of the base's {before.ran} tests run on the changed code. A person must look."
        return _result(trial, name, GateOutcome.needs_human, old, detail)
    after = trial.checked.after
    red = set(after.tests.failed if after.tests else ())
    turned = [n for n in failed if n in known and n not in red]
    if turned and trial.restored:
        shown = ", ".join(turned[:3]) + (" …" if len(turned) > 3 else "")
        detail = f"{_some(len(turned))} failed before and pass only as the change has them: {shown}. A person must look."
        return _result(trial, name, GateOutcome.needs_human, old, detail, tuple(turned))
    if canary is None and old.state is not before.state:
        detail = f"The base's tests end otherwise on the changed code ({old.why or old.state}). A person must look."
        return _result(trial, name, GateOutcome.needs_human, old, detail)
    return _result(trial, name, GateOutcome.passed, old, "The base's own tests hold on the changed code.")


def _planted(canary: Canary | None) -> dict[str, bytes]:
    return {canary.path: canary.content} if canary else {}


def _failing_canaries(canary: Canary, side: Side) -> int:
    return sum(canary.owns(n) for n in (side.tests.failed if side.tests else ()))


def _untouched(trial: Trial) -> GateResult:
    """Nothing that says how to test was changed: the ordinary run was this run."""
    return _result(trial, "base-tests", GateOutcome.passed, trial.checked.after, "No test was changed.")


def _proof(trial: Trial) -> GateResult:
    """Tests of the change that fail on base's code and pass on head's."""
    if not trial.brought:
        return _unproven(trial, "no test was added or changed")
    plain = PLAIN_PYTEST.fullmatch(trial.check.command)
    files = [e.path for e in trial.brought if is_python_test(e.path) and re.fullmatch(r"[\w./-]+", e.path)]
    pytest = plain is not None and bool(files)
    command = f"{trial.check.command} -- {' '.join(files)}" if pytest else trial.check.command
    subject = trial.head.subject
    old = trial.on(subject.base_oid, trial.brought, {}, command)
    failing = [n for n in (old.tests.failed if old.tests else ()) if "::" in n or not pytest]
    known = set(trial.checked.before.tests.failed if trial.checked.before.tests else ())
    failing = [n for n in failing if n not in known]
    if not failing:
        loads = old.tests is None or not old.tests.failed
        return _unproven(
            trial,
            "its tests pass without it too" if loads else "its tests cannot be loaded without it",
            command,
        )
    after = trial.checked.after
    red, skipping = set(after.tests.failed if after.tests else ()), skipping_files(after.text)
    proven = tuple(n for n in failing if n not in red and n.partition("::")[0] not in skipping)
    if not proven:
        return _unproven(trial, "its tests do not pass with it", command)
    shown = proven[0] + (f" and {len(proven) - 1} more" if len(proven) > 1 else "")
    verb = "fails" if len(proven) == 1 else "fail"
    passes = "passes" if len(proven) == 1 else "pass"
    return GateResult(
        name="proof",
        outcome=GateOutcome.passed,
        base="fail",
        head="pass",
        detail=f"{shown} {verb} without the change and {passes} with it.",
        command=command,
        duration_s=round(old.duration_s, 3),
        tests_base=old.ran,
        tests_head=after.ran,
        base_exit=old.exit_code,
        head_exit=after.exit_code,
        proven=proven[:200],
    )


def _unproven(trial: Trial, why: str, command: str = "") -> GateResult:
    detail = f"Not verified: {why}."
    return GateResult("proof", GateOutcome.not_run, "not run", "not run", detail, command=command)


def _result(
    trial: Trial,
    name: str,
    outcome: GateOutcome,
    old: Side,
    detail: str,
    new: tuple[str, ...] = (),
) -> GateResult:
    bad = outcome in (GateOutcome.failed, GateOutcome.broken)
    head = {GateOutcome.failed: "fail", GateOutcome.broken: "not run"}.get(outcome, "pass")
    return GateResult(
        name=name,
        outcome=outcome,
        base=trial.checked.before.word,
        head="fail" if new else head,
        detail=detail,
        excerpt="\n".join(new[:30]) if new else old.text[-3000:] if bad else "",
        duration_s=round(old.duration_s, 3),
        new_failures=new[:200],
        tests_base=trial.checked.before.ran,
        tests_head=old.ran,
    )


def _some(n: int) -> str:
    return f"{n} test{'' if n == 1 else 's'}"
