"""Running one check on one commit: a fresh checkout, a fresh sandbox, and what base gave is kept on disk."""

import base64
import hashlib
import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from integrations.errors import Cancelled, IntegrationError, Retryable
from integrations.ports import SandboxProvider
from integrations.types.sandbox import Command, CommandResult, KilledBy, Limits
from tasks.domain.checks import GateOutcome, GateResult
from tasks.gates.compare import Check, Side, SideRun, SideState, compare, new_failures, understand
from tasks.workspace.workspace import Workspace
from tasks.workspace.workspaces import Workspaces

FRESH_SANDBOXES = 2
_CACHE_FORMAT = 2
_KILLED = 137
"""128 + 9: nobody of ours ended it, so the machine did, for want of memory; no word on the change."""
_OUTPUT_BYTES = 1_000_000

_ENV = {
    "CI": "1",
    "NO_COLOR": "1",
    "TERM": "dumb",
    "COLUMNS": "160",
    "PYTEST_ADDOPTS": "-rfEsx --continue-on-collection-errors --color=no",
    "CARGO_NET_OFFLINE": "true",
    "CARGO_TERM_COLOR": "never",
    "GOPROXY": "off",
    "GOFLAGS": "-mod=mod",
    "npm_config_update_notifier": "false",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What is gated: one submission of one run against its base."""

    run_id: str
    repo: str
    base_oid: str
    head_oid: str


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which the checks run, on base and on head alike."""

    limits: Limits
    setup: str = ""
    setup_s: float = 600.0
    toolchain: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class GateRoom:
    """Where gates run. `cancelled` is asked while a command runs."""

    workspaces: Workspaces
    sandboxes: SandboxProvider
    cancelled: Callable[[], bool]


@dataclass(slots=True)
class CommitSide(AbstractContextManager["CommitSide"]):
    """One commit being checked. With a setup command its checkout is made once and kept; without, each check gets its own."""

    room: GateRoom
    subject: Subject
    conditions: Conditions
    oid: str
    _kept: Workspace | None = field(default=None, init=False)
    _setup: SideRun | None = field(default=None, init=False)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __enter__(self) -> Self:
        return self

    def close(self) -> None:
        """Removes the checkout that setup wrote to."""
        if self._kept is not None:
            self.room.workspaces.discard(self._kept)
            self._kept = None

    def setup(self) -> SideRun:
        """Runs the setup command once; its writes stay for the checks."""
        if self._setup is None:
            self._setup = self._tried(self._set_up)
        return self._setup

    def run(self, check: Check) -> SideRun:
        """Runs one check. A sandbox that breaks is replaced; what is still broken then comes back as such."""
        if self.conditions.setup and (broken := self.setup()).broken:
            return broken
        return self._tried(lambda: self._once(check))

    def _tried(self, work: Callable[[], SideRun]) -> SideRun:
        message = ""
        for _ in range(FRESH_SANDBOXES):
            if self.room.cancelled():
                raise Cancelled("The run was stopped before all its checks ran.")
            try:
                return work()
            except Cancelled:
                raise
            except IntegrationError as why:
                message = why.message
        return SideRun(None, b"", 0.0, broken=message)

    def _set_up(self) -> SideRun:
        self.close()
        self._kept = self._checkout("setup")
        limits = replace(self.conditions.limits, wall_s=self.conditions.setup_s)
        return self._execute(self._kept, self.conditions.setup, limits)

    def _once(self, check: Check) -> SideRun:
        if self._kept is not None:
            return self._execute(self._kept, check.command, self.conditions.limits)
        workspace = self._checkout(check.name)
        try:
            return self._execute(workspace, check.command, self.conditions.limits)
        finally:
            self.room.workspaces.discard(workspace)

    def _checkout(self, name: str) -> Workspace:
        s = self.subject
        purpose = f"gate-{name.replace(':', '-')}"
        return self.room.workspaces.checkout(s.run_id, s.repo, self.oid, base_oid=s.base_oid, purpose=purpose)

    def _execute(self, workspace: Workspace, command: str, limits: Limits) -> SideRun:
        spec = workspace.spec(limits=limits, toolchain=self.conditions.toolchain, env=_ENV)
        sandbox = self.room.sandboxes.open(spec)
        try:
            result = sandbox.run(Command(("/bin/bash", "-c", command)), cancelled=self.room.cancelled)
        finally:
            sandbox.close()
        return _side_run(result, limits)


@dataclass(frozen=True, slots=True)
class Checked:
    """A check that ran on both commits: its result, and what each run amounts to."""

    check: Check
    result: GateResult
    before: Side
    after: Side


def run_check(check: Check, base: CommitSide, head: CommitSide) -> Checked:
    """One check on both commits. A new test failure is tried once more: what passes then is noted as flaky."""
    before = understand(check, base_run(check, base))
    after = understand(check, head.run(check))
    result = compare(check, before, after)
    if not (check.is_test and result.outcome is GateOutcome.failed and after.state is SideState.failed):
        return Checked(check, result, before, after)
    again = understand(check, head.run(check))
    return Checked(check, _after_rerun(check, before, (after, again), result), before, again)


def run_setup(base: CommitSide, head: CommitSide) -> GateResult:
    """The setup command on both commits; `head` keeps what it wrote."""
    check = Check("setup", head.conditions.setup)
    return compare(check, understand(check, base.setup()), understand(check, head.setup()))


def base_run(check: Check, base: CommitSide) -> SideRun:
    """The check on base, from disk when the same command ran on this commit before."""
    path = _cache_path(check, base)
    if (known := _cached(path)) is not None:
        return known
    run = base.run(check)
    if run.exit_code is not None:
        _keep(path, run)
    return run


def _after_rerun(check: Check, before: Side, runs: tuple[Side, Side], first: GateResult) -> GateResult:
    second = compare(check, before, runs[1])
    if second.outcome in (GateOutcome.passed, GateOutcome.red_before):
        names = ", ".join(first.new_failures[:3]) or "the tests"
        detail = f"Flaky: {names} failed once and passed when run again."
        spent = first.duration_s + runs[1].duration_s
        return replace(second, detail=detail, duration_s=spent, flaky=first.new_failures)
    both = set(new_failures(check, before, runs[1])) & set(first.new_failures)
    steady = tuple(name for name in first.new_failures if name in both)
    return replace(first, new_failures=steady or first.new_failures)


def _side_run(result: CommandResult, limits: Limits) -> SideRun:
    if result.killed_by is KilledBy.CANCELLED:
        raise Cancelled("The run was stopped while its checks ran.")
    reasons = {
        KilledBy.TIMEOUT: f"ran longer than {limits.wall_s:.0f} s",
        KilledBy.MEMORY: f"needed more than {limits.memory_mb} MiB of memory",
        KilledBy.PROCESSES: f"needed more than {limits.processes} processes",
        KilledBy.DISK: f"wrote more than {limits.disk_mb} MiB",
        KilledBy.CPU: f"used more than {limits.cpu_s} s of processor time",
    }
    if result.killed_by is None and result.exit_code == _KILLED:
        raise Retryable("The machine ended the check with signal 9.", code="SBX-011")
    stopped = reasons[result.killed_by] if result.killed_by else ""
    return SideRun(result.exit_code, result.output, result.wall_s, stopped)


def _cache_path(check: Check, base: CommitSide) -> Path:
    conditions = base.conditions
    key = {
        "format": _CACHE_FORMAT,
        "host": base.room.workspaces.layout.host,
        "repo": base.subject.repo.lower(),
        "oid": base.oid,
        "command": check.command,
        "setup": conditions.setup,
        "toolchain": [[str(layer), layer.stat().st_mtime_ns] for layer in conditions.toolchain],
        "limits": repr(conditions.limits),
    }
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return base.room.workspaces.layout.home / "base-checks" / f"{name}.json"


def _cached(path: Path) -> SideRun | None:
    try:
        known = json.loads(path.read_text())
        return SideRun(int(known["exit_code"]), base64.b64decode(known["output"]), float(known["duration_s"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(path: Path, run: SideRun) -> None:
    """Whole or not at all: another worker may be reading."""
    path.parent.mkdir(parents=True, exist_ok=True)
    output = base64.b64encode(run.output[-_OUTPUT_BYTES:]).decode()
    text = json.dumps({"exit_code": run.exit_code, "output": output, "duration_s": run.duration_s})
    temporary = path.with_suffix(f".{os.getpid()}-{os.urandom(4).hex()}")
    temporary.write_text(text)
    temporary.replace(path)
