"""The step that judges a submission without any model: hygiene of the change, then its checks on base and on head."""

from dataclasses import replace

from integrations.errors import Cancelled
from integrations.types.sandbox import Limits
from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.events import Event, Failed, Gated
from tasks.domain.run import Run
from tasks.gates.compare import Check
from tasks.gates.config import ConfigError, RepoConfig
from tasks.gates.hygiene import hygiene
from tasks.gates.run import CommitSide, Conditions, GateRoom, Subject, run_check, run_setup
from tasks.steps.ports import Recorder, StepPorts
from tasks.steps.run.provision import config_at

_SETUP = "setup"


def gate(run: Run, *, ports: StepPorts, log: Recorder) -> Event:
    """Gates exactly the submitted commit: Gated. Raises Cancelled when the run was stopped meanwhile."""
    assert run.submission is not None
    try:
        config = config_at(ports.workspaces, run.repo, run.base_oid)
    except ConfigError as wrong:
        return Failed(wrong.code, wrong.sentence)
    head = run.submission.oid
    clean = hygiene(ports.workspaces, run.repo, base=run.base_oid, head=head, config=config)
    if log.cancelled():
        raise Cancelled("The run was stopped before its checks ran.")
    return Gated(head, (*clean, *_checks(run, config, ports, log)))


def _checks(run: Run, config: RepoConfig, ports: StepPorts, log: Recorder) -> tuple[GateResult, ...]:
    assert run.submission is not None
    room = GateRoom(ports.workspaces, ports.sandboxes, log.cancelled)
    subject = Subject(run.id, run.repo, run.base_oid, run.submission.oid)
    conditions = _conditions(run, config, ports)
    checks = [Check(name, command) for name, command in run.commands if name != _SETUP]
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
            results.append(run_check(check, base, head))
            if check.is_test:
                results.extend(fewer_tests(results[-1]))
    if not any(check.is_test for check in checks):
        results.insert(0, _no_tests())
    return tuple(results)


def fewer_tests(tested: GateResult) -> tuple[GateResult, ...]:
    """A gate that asks for a person where fewer tests run than before the change; nothing where none are missing."""
    before, after = tested.tests_base, tested.tests_head
    passed = tested.outcome in (GateOutcome.passed, GateOutcome.red_before)
    if not passed or before is None or after is None or after >= before:
        return ()
    detail = f"{before} tests ran before the change, {after} run now: a person must look."
    lost = replace(tested, name="test-count", outcome=GateOutcome.needs_human, detail=detail, duration_s=0.0)
    return (replace(lost, excerpt="", new_failures=()),)


def _conditions(run: Run, config: RepoConfig, ports: StepPorts) -> Conditions:
    """The repository may ask for less time than the operator gives, never for more."""
    operator = ports.settings.sandbox
    limits = Limits(wall_s=min(float(config.limits.check_s), operator.wall_s), memory_mb=operator.memory_mb)
    return Conditions(
        limits=limits,
        setup=dict(run.commands).get(_SETUP, ""),
        setup_s=min(float(config.limits.setup_s), operator.wall_s),
        toolchain=(operator.toolchain_dir,) if operator.toolchain_dir else (),
    )


def _skipped(check: Check) -> GateResult:
    detail = "It did not run, because setup failed."
    return GateResult(check.name, GateOutcome.not_run, "not run", "not run", detail, command=check.command)


def _no_tests() -> GateResult:
    detail = "This repository has no runnable tests, so nothing is proven."
    return GateResult("test", GateOutcome.not_run, "not run", "not run", detail)
