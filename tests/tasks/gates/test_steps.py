"""The steps provision and gate on a run as the fold makes it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from integrations.errors import Cancelled
from integrations.sandboxes.bubblewrap import BubblewrapProvider
from integrations.types.code_host import Role
from integrations.types.model import Message, ModelReply, ModelRequest
from tasks.domain.checks import GateOutcome, GateResult, blocks, proven
from tasks.domain.decisions import Accepted, Failed, FailureClass, Gated, Provisioned, RepoChosen, Submitted
from tasks.domain.events import Event, Recorded
from tasks.domain.facts import RunRequested
from tasks.domain.fold import apply, fold
from tasks.domain.results import RepoInspected
from tasks.domain.run import Run, RunState
from tasks.settings import LimitSettings, SandboxSettings, Settings
from tasks.steps.ports import StepBroken, StepPorts
from tasks.steps.run.gate import gate
from tasks.steps.run.provision import provision
from tasks.store.trajectories import StoredTurn
from tasks.workspace.workspace import Tenure
from tests.support.requests import a_request
from tests.tasks.gates.conftest import REPO, Bench, Files

NOW = datetime(2026, 11, 20, 14, 3, tzinfo=UTC)
APP = "def total(items):\n    return sum(items)\n"
TEST = "from app import total\n\ndef test_total():\n    assert total([1, 2]) == 3\n\ndef test_zero():\n    assert total([]) == 0\n"


class NoModel:
    """Gates and workspaces are made without one."""

    def complete(self, request: ModelRequest, *, cancelled: Callable[[], bool]) -> ModelReply:
        raise AssertionError("a gate asked a model")


@dataclass
class Log:
    """A recorder that only says whether the run was stopped."""

    stopped: bool = False
    epoch: int = 1

    def record(self, event: Event, *, turn: StoredTurn | None = None) -> Run:
        raise AssertionError("these steps record nothing by themselves")

    def conversation(self, key: str) -> tuple[Message, ...]:
        return ()

    def cancelled(self) -> bool:
        return self.stopped

    def now(self) -> datetime:
        return NOW


@dataclass
class Case:
    """A run that is queued at the base of a bench."""

    bench: Bench
    run: Run

    @property
    def ports(self) -> StepPorts:
        sandbox = SandboxSettings(toolchain_dir=self.bench.toolchain, memory_mb=1024, wall_s=60.0)
        limits = LimitSettings(mutation_s=0.0)
        settings = Settings(_env_file=None, home=self.bench.home, sandbox=sandbox, limits=limits)
        return StepPorts(settings, self.bench.workspaces, self.bench.sandboxes, NoModel(), time.monotonic)

    def provision(self) -> Event:
        return self.tell(provision(self.run, ports=self.ports, log=Log()))

    def submit(self) -> None:
        head = self.bench.head
        self.tell(Submitted(head, head, self.bench.base, "Title", "Summary"))

    def gate(self, *, stopped: bool = False) -> dict[str, GateResult]:
        event = self.tell(gate(self.run, ports=self.ports, log=Log(stopped)))
        assert isinstance(event, Gated)
        assert event.oid == self.bench.head
        return {result.name: result for result in event.results}

    def tell(self, event: Event) -> Event:
        self.run = apply(self.run, Recorded(self.run.seq + 1, NOW, event))
        return event


def case(bench: Bench, base: Files, change: Files) -> Case:
    bench.change(base, change)
    events: tuple[Event, ...] = (
        RunRequested(a_request("Do it"), "Do it"),
        RepoChosen(REPO, "channel default", None, "ada"),
        RepoInspected(REPO, True, "ada", 7, Role.write, "main", "main", bench.base),
        Accepted(),
    )
    return Case(bench, fold("R-1042", tuple(Recorded(n, NOW, e) for n, e in enumerate(events, 1))))


def gated(bench: Bench, base: Files, change: Files) -> dict[str, GateResult]:
    """Provisioned, submitted and gated."""
    made = case(bench, base, change)
    made.provision()
    made.submit()
    return made.gate()


def test_provisioning_makes_the_workspace_and_finds_the_checks(bench: Bench) -> None:
    made = case(bench, {"app.py": APP, "test_app.py": TEST, "mypy.ini": "[mypy]\n"}, {"x": "1\n"})
    event = made.provision()
    commands = (("test", "python3 -m pytest -q"), ("types", "python3 -m mypy ."))
    assert event == Provisioned(bench.base, commands, True, "full", workspace="clone")
    workspace = bench.workspaces.workspace(Tenure("R-1042", 1, 1))
    assert workspace is not None and (workspace.place.tree / "app.py").exists()
    assert made.run.state is RunState.planning


def test_what_the_repository_says_stands_above_what_was_found(bench: Bench) -> None:
    config = '[checks]\nsetup = "true"\ntest = "make check"\ntypes = ""\n'
    files = {"app.py": APP, "test_app.py": TEST, "mypy.ini": "[mypy]\n", ".sortie.toml": config}
    event = case(bench, files, {"x": "1\n"}).provision()
    assert isinstance(event, Provisioned)
    assert event.commands == (("setup", "true"), ("test", "make check"))


def test_a_repository_without_tests_is_told_apart(bench: Bench) -> None:
    """REPO-005."""
    made = case(bench, {"app.py": APP}, {"app.py": APP + "\n"})
    event = made.provision()
    assert isinstance(event, Provisioned) and not event.has_tests and event.commands == ()
    made.submit()
    results = made.gate()
    assert results["test"].outcome is GateOutcome.not_run
    assert results["test"].detail == "This repository has no runnable tests, so nothing is proven."
    assert not blocks(tuple(results.values())) and not proven(tuple(results.values()))


def test_a_configuration_that_is_wrong_ends_the_run_with_what_to_write(bench: Bench) -> None:
    made = case(bench, {".sortie.toml": "[check]\n"}, {"x": "1\n"})
    event = made.provision()
    assert isinstance(event, Failed)
    assert event.code == "CFG-020" and "did you mean checks?" in event.happened


def test_saved_work_comes_back_in_another_attempt(bench: Bench) -> None:
    made = case(bench, {"a.txt": "1\n"}, {"a.txt": "2\n"})
    made.provision()
    made.run = replace(made.run, attempt=2, state=RunState.queued, wip_oid=bench.head)
    made.provision()
    workspace = bench.workspaces.workspace(Tenure("R-1042", 2, 1))
    assert workspace is not None
    assert (workspace.place.tree / "a.txt").read_text() == "2\n"


def test_a_sandbox_that_is_not_there_breaks_the_step_for_good(bench: Bench) -> None:
    """B19."""
    made = case(bench, {"a.txt": "1\n"}, {"a.txt": "2\n"})
    absent = BubblewrapProvider(program=bench.home / "no-bwrap")
    bench.sandboxes = absent
    bench.workspaces = type(bench.workspaces)(bench.home, absent)
    with pytest.raises(StepBroken) as caught:
        made.provision()
    assert (caught.value.failure, caught.value.permanent) == (FailureClass.sandbox, True)
    assert caught.value.code.startswith("SBX-")


def test_a_base_that_is_not_mirrored_breaks_the_step_as_git(bench: Bench) -> None:
    made = case(bench, {"a.txt": "1\n"}, {"a.txt": "2\n"})
    made.run = replace(made.run, base_oid="1" * 40)
    with pytest.raises(StepBroken) as caught:
        made.provision()
    assert (caught.value.failure, caught.value.code) == (FailureClass.git, "GIT-009")


def test_a_good_change_passes_every_gate(bench: Bench) -> None:
    results = gated(bench, {"app.py": APP, "test_app.py": TEST}, {"app.py": APP + "\n\nX = 1\n"})
    assert {n for n, r in results.items() if r.outcome is not GateOutcome.passed} == {"proof"}
    assert results["proof"].detail == "Not verified: no test was added or changed."
    hygiene = {"conflict-markers", "secrets", "protected-paths", "check-files", "file-modes", "size"}
    cheats = {"tests-removed", "tests-skipped", "assertions", "silenced", "snapshots", "expected-values"}
    assert set(results) == hygiene | cheats | {"test-awareness", "test", "base-tests", "canary", "proof"}
    assert proven(tuple(results.values()))


def test_a_new_failure_goes_back_to_the_author(bench: Bench) -> None:
    made = case(bench, {"app.py": APP, "test_app.py": TEST}, {"app.py": "def total(items):\n    return 0\n"})
    made.provision()
    made.submit()
    results = made.gate()
    assert results["test"].new_failures == ("test_app.py::test_total",)
    assert made.run.state is RunState.coding and made.run.gate_round == 1


def test_the_checks_of_the_base_judge_a_change_that_rewrites_them(bench: Bench) -> None:
    """G3: `|| true` in the change's own configuration, and a Makefile of its own, help nothing."""
    config = '[checks]\ntest = "python3 -m pytest -q"\n'
    results = gated(
        bench,
        {"app.py": APP, "test_app.py": TEST, ".sortie.toml": config},
        {"app.py": "total = len\n", ".sortie.toml": '[checks]\ntest = "true"\n'},
    )
    assert results["test"].outcome is GateOutcome.failed
    assert results["test"].command == "python3 -m pytest -q"
    assert results["protected-paths"].outcome is GateOutcome.needs_human


def test_fewer_tests_than_before_need_a_person(bench: Bench) -> None:
    """G3."""
    results = gated(
        bench, {"app.py": APP, "test_app.py": TEST}, {"test_app.py": TEST.split("def test_zero")[0]}
    )
    assert results["test"].outcome is GateOutcome.passed
    assert results["test-count"].outcome is GateOutcome.needs_human
    assert results["test-count"].detail == "2 tests ran before the change, 1 run now: a person must look."


def test_a_failing_setup_fails_and_the_checks_do_not_pretend_to_have_run(bench: Bench) -> None:
    config = '[checks]\nsetup = "test -e needed"\ntest = "true"\n'
    results = gated(bench, {"needed": "1\n", ".sortie.toml": config}, {"needed": None})
    assert results["setup"].outcome is GateOutcome.failed
    assert results["test"].outcome is GateOutcome.not_run


def test_setup_makes_what_the_checks_need(bench: Bench) -> None:
    config = (
        '[checks]\nsetup = "cp app.py built.py"\ntest = "cmp app.py built.py"\nbuild = "test -e built.py"\n'
    )
    results = gated(bench, {"app.py": APP, ".sortie.toml": config}, {"app.py": APP + "\n"})
    assert [results[n].outcome for n in ("setup", "test", "build")] == [GateOutcome.passed] * 3


def test_the_repository_can_ask_for_less_time_but_not_for_more(bench: Bench) -> None:
    config = '[checks]\ntest = "cat slow 2>/dev/null && sleep 30; true"\n[limits]\ncheck_s = 1\n'
    results = gated(bench, {"a": "1\n", ".sortie.toml": config}, {"slow": "x\n"})
    assert results["test"].outcome is GateOutcome.failed
    assert "ran longer than 1 s" in results["test"].detail


def test_a_stopped_run_is_gated_no_further(bench: Bench) -> None:
    made = case(bench, {"app.py": APP, "test_app.py": TEST}, {"x": "1\n"})
    made.provision()
    made.submit()
    with pytest.raises(Cancelled):
        made.gate(stopped=True)


def test_two_changes_on_one_base_do_not_share_their_checkouts(bench: Bench) -> None:
    """B18."""
    results = gated(bench, {"app.py": APP, "test_app.py": TEST}, {"x.txt": "1\n"})
    assert results["test"].outcome is GateOutcome.passed
    assert [p.name for p in bench.home.glob("workspaces/R-1042/*")] == ["1-1"]


PROFILED = (
    "[profiles.web]\npaths = ['web/**']\nconventions = 'web/RULES.md'\nchecks = {words = 'test ! -e web/bad'}\n"
    "[profiles.db]\npaths = ['db/**']\nchecks = {never = 'false'}\n"
)


PROFILED_BASE = {
    "app.py": APP,
    "test_app.py": TEST,
    ".sortie.toml": PROFILED,
    "web/RULES.md": "Use hooks.\n",
    "web/a": "1\n",
}


def test_the_checks_of_a_profile_run_where_its_paths_are_touched_and_hold_the_change_up(bench: Bench) -> None:
    bad = gated(bench, PROFILED_BASE, {"web/bad": "1\n"})
    assert bad["web:words"].outcome is GateOutcome.failed and "db:never" not in bad


def test_the_checks_of_a_profile_do_not_run_elsewhere(bench: Bench) -> None:
    elsewhere = gated(bench, PROFILED_BASE, {"docs.txt": "1\n"})
    assert not any(":" in name for name in elsewhere) and "test" in elsewhere


def test_a_profile_whose_conventions_are_not_there_stops_the_run_with_a_sentence(bench: Bench) -> None:
    event = case(bench, {"app.py": APP, ".sortie.toml": PROFILED}, {"x": "1\n"}).provision()
    assert (
        isinstance(event, Failed)
        and event.code == "CFG-020"
        and "web/RULES.md, which is not there" in event.happened
    )
