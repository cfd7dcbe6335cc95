"""All gates on one change: what its text shows, then its checks on base and on head, then what the tests really prove.

`check_change` needs a mirrored repository and a sandbox, and knows nothing of runs, chats or code hosts.
"""

from dataclasses import dataclass, replace

from integrations.errors import Cancelled
from tasks.domain.checks import GateOutcome, GateResult, blocks
from tasks.gates.cheating import FileText, cheating
from tasks.gates.compare import Check
from tasks.gates.config import RepoConfig
from tasks.gates.hygiene import ChangeSet, hygiene, read_change
from tasks.gates.parse import read_coverage
from tasks.gates.profiles import added_checks
from tasks.gates.proof import Trial, prove
from tasks.gates.reading import constants_of_tests, read_texts
from tasks.gates.run import Checked, CommitSide, Conditions, GateRoom, Subject, run_check, run_setup
from tasks.gates.survivors import mutation
from tasks.gates.testfiles import is_test
from tasks.workspace.objects import Change

SETUP = "setup"
_WORDS = (".md", ".rst", ".txt")
_COVERAGE_NOISE = 0.1
"""Percent points by which a measured coverage may differ from run to run."""


@dataclass(frozen=True, slots=True)
class Checks:
    """What to run: the base's configuration, (name, command) of setup and checks, and under which conditions."""

    config: RepoConfig
    commands: tuple[tuple[str, str], ...]
    conditions: Conditions
    mutation_s: float = 0.0
    """Seconds that mutants of the changed lines may take; 0: none are tried."""


def check_change(room: GateRoom, subject: Subject, checks: Checks) -> tuple[GateResult, ...]:
    """Every gate's result on subject.base_oid..head_oid. Raises Cancelled, and GitFailed for a commit that is not there."""
    change = read_change(room.workspaces, subject.repo, base=subject.base_oid, head=subject.head_oid)
    files = read_texts(room.workspaces, subject.repo, change.changes)
    read = (*hygiene(change, checks.config), *_cheating(room, subject, files))
    if room.cancelled():
        raise Cancelled("The run was stopped before its checks ran.")
    return (*read, *_run(room, subject, checks, _Read(change, files)))


@dataclass(frozen=True, slots=True)
class _Read:
    """A change as it was read: its entries and lines, and its texts."""

    change: ChangeSet
    files: tuple[FileText, ...]


def _cheating(room: GateRoom, subject: Subject, files: tuple[FileText, ...]) -> tuple[GateResult, ...]:
    return cheating(files, lambda: constants_of_tests(room.workspaces, subject.repo, subject.head_oid, files))


def _run(room: GateRoom, subject: Subject, given: Checks, read: _Read) -> tuple[GateResult, ...]:
    paths = tuple(entry.path for entry in read.change.changes)
    commands = (*given.commands, *added_checks(given.config.profiles, paths))
    checks = [Check(name, command) for name, command in commands if name != SETUP]
    conditions = given.conditions
    results: list[GateResult] = []
    with (
        CommitSide(room, subject, conditions, subject.base_oid) as base,
        CommitSide(room, subject, conditions, subject.head_oid) as head,
    ):
        if conditions.setup:
            results.append(run_setup(base, head))
            if results[0].outcome in (GateOutcome.failed, GateOutcome.broken):
                return (*results, *(_skipped(check) for check in checks))
        for check in checks:
            checked = run_check(check, base, head)
            results.append(checked.result)
            if check.is_test:
                results.extend(_after_tests(checked, head, read, mutation_s=given.mutation_s))
    if not any(check.is_test for check in checks):
        results.insert(0, _no_tests())
    return tuple(results)


def _after_tests(
    checked: Checked, head: CommitSide, read: _Read, *, mutation_s: float
) -> tuple[GateResult, ...]:
    """What the tests' own result does not show; nothing where they failed, for then the change goes back anyway."""
    if checked.result.outcome not in (GateOutcome.passed, GateOutcome.red_before):
        return ()
    files = head.room.workspaces.files(head.subject.repo, head.subject.base_oid)
    trial = Trial(checked, head, read.change.changes, tuple(path for path in files if is_test(path)))
    proved = prove(trial)
    shown = (*_fewer_tests(checked.result), *_less_coverage(checked), *proved)
    shown = (*shown, *_still_red(checked.result, proved, read.change.changes))
    if mutation_s <= 0 or blocks(shown):
        return shown
    return (*shown, *mutation(trial, read.change, read.files, budget_s=mutation_s))


def _fewer_tests(tested: GateResult) -> tuple[GateResult, ...]:
    """A gate that asks for a person where fewer tests run than before the change; nothing where none are missing."""
    before, after = tested.tests_base, tested.tests_head
    if before is None or after is None or after >= before:
        return ()
    detail = f"{before} tests ran before the change, {after} run now: a person must look."
    return (_asks(tested, "test-count", detail),)


def _less_coverage(checked: Checked) -> tuple[GateResult, ...]:
    """Where the tests measure coverage: a gate that asks for a person when it fell."""
    before, after = read_coverage(checked.before.text), read_coverage(checked.after.text)
    if before is None or (after is not None and after >= before - _COVERAGE_NOISE):
        return ()
    now = "nothing is measured now" if after is None else f"{after:g} % now"
    detail = f"Coverage was {before:g} % before the change, {now}: a person must look."
    return (_asks(checked.result, "coverage", detail),)


def _still_red(
    tested: GateResult, proved: tuple[GateResult, ...], changes: tuple[Change, ...]
) -> tuple[GateResult, ...]:
    """A gate that asks for a person where tests are red as before and none shows that anything is mended; words alone mend nothing."""
    words = all(c.path.lower().endswith(_WORDS) for c in changes)
    if tested.outcome is not GateOutcome.red_before or words or any(g.proven for g in proved):
        return ()
    detail = (
        f"{tested.detail.rstrip('.')}, and no test shows that the change mends anything: a person must look."
    )
    return (_asks(tested, "still-red", detail),)


def _asks(tested: GateResult, name: str, detail: str) -> GateResult:
    asking = replace(tested, name=name, outcome=GateOutcome.needs_human, detail=detail, duration_s=0.0)
    return replace(asking, excerpt="", command="", new_failures=(), flaky=())


def _skipped(check: Check) -> GateResult:
    detail = "It did not run, because setup failed."
    return GateResult(check.name, GateOutcome.not_run, "not run", "not run", detail, command=check.command)


def _no_tests() -> GateResult:
    detail = "This repository has no runnable tests, so nothing is proven."
    return GateResult("test", GateOutcome.not_run, "not run", "not run", detail)
