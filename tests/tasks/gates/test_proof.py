"""What tests prove: changes that forge their results, and honest ones, with real tests in real sandboxes."""

from tasks.domain.checks import GateOutcome, GateResult
from tasks.gates.change import Checks, check_change
from tasks.gates.config import RepoConfig
from tasks.gates.run import Conditions, GateRoom, Subject
from tests.tasks.gates.conftest import REPO, Bench, Files

PASSED, FAILED, LOOK, NOT_RUN = (
    GateOutcome.passed,
    GateOutcome.failed,
    GateOutcome.needs_human,
    GateOutcome.not_run,
)
APP = "def total(items):\n    return sum(items)\n"
BUG = "def total(items):\n    return 0\n"
OLD = "from app import total\n\ndef test_type():\n    assert isinstance(total([1]), int)\n\ndef test_none():\n    assert total([]) == 0\n"
NEW = OLD + "\ndef test_sum():\n    assert total([1, 2]) == 3\n"
BUGGY = {"app.py": BUG, "tests/test_app.py": OLD, "conftest.py": ""}


def gates(
    bench: Bench, base: Files, change: Files, *, test: str = "python3 -m pytest -q", mutation_s: float = 0.0
) -> dict[str, GateResult]:
    """Everything about one change."""
    bench.change(base, change)
    room = GateRoom(bench.workspaces, bench.sandboxes, bench.cancelled)
    conditions = Conditions(bench.conditions.limits, toolchain=(bench.toolchain,))
    checks = Checks(RepoConfig(), (("test", test),), conditions, mutation_s)
    results = check_change(room, Subject("R-1", REPO, bench.base, bench.head), checks)
    return {result.name: result for result in results}


def test_a_fix_is_proven_by_a_test_that_fails_without_it(bench: Bench) -> None:
    found = gates(bench, BUGGY, {"app.py": APP, "tests/test_app.py": NEW})
    proof = found["proof"]
    assert (proof.outcome, proof.base, proof.head) == (PASSED, "fail", "pass")
    assert proof.proven == ("tests/test_app.py::test_sum",)
    assert proof.detail == "tests/test_app.py::test_sum fails without the change and passes with it."
    assert (proof.base_exit, proof.head_exit, proof.tests_head) == (1, 0, 3)
    assert found["test"].head_exit == 0 and found["test"].duration_s > 0
    assert proof.command == "python3 -m pytest -q -- tests/test_app.py"
    assert found["base-tests"].outcome is PASSED and found["canary"].outcome is PASSED
    assert not [n for n, r in found.items() if r.outcome in (LOOK, FAILED)]


RED = {**BUGGY, "tests/test_app.py": NEW}
"""The bug, and a test that shows it."""


def test_a_repair_that_mends_nothing_is_held_and_is_no_new_failure(bench: Bench) -> None:
    other = BUG.replace("return 0", "found = 0\n    return found")
    worthless = "def test_more():\n    assert True is not None\n"
    found = gates(bench, RED, {"app.py": other, "tests/test_more.py": worthless})
    assert found["test"].outcome is GateOutcome.red_before
    held = found["still-red"]
    assert held.outcome is LOOK
    assert held.detail == (
        "1 test failed before the change already; no other fails, and no test shows that the change mends anything: a person must look."
    )


def test_a_proven_change_beside_an_old_failure_is_not_held(bench: Bench) -> None:
    base = {**RED, "other.py": "X = 1\n"}
    new = "import other\n\ndef test_other():\n    assert other.X == 2\n"
    found = gates(bench, base, {"other.py": "X = 2\n", "tests/test_other.py": new})
    assert found["test"].outcome is GateOutcome.red_before and found["proof"].outcome is PASSED
    assert "still-red" not in found


def test_words_alone_beside_an_old_failure_are_not_held(bench: Bench) -> None:
    found = gates(bench, RED, {"README.md": "Words.\n"})
    assert found["test"].outcome is GateOutcome.red_before
    assert not [n for n, r in found.items() if r.outcome in (LOOK, FAILED)]


def test_a_red_test_that_is_made_to_pass_is_held(bench: Bench) -> None:
    found = gates(bench, RED, {"tests/test_app.py": NEW.replace("== 3", "== 0")})
    assert (found["test"].outcome, found["test"].base) == (PASSED, "fail")
    assert found["base-tests"].outcome is LOOK
    assert "pass only as the change has them: tests/test_app.py::test_sum" in found["base-tests"].detail


def test_a_red_base_that_is_mended_is_not_held(bench: Bench) -> None:
    found = gates(bench, RED, {"app.py": APP})
    assert (found["test"].outcome, found["test"].base) == (PASSED, "fail")
    assert not [n for n, r in found.items() if r.outcome in (LOOK, FAILED)]


def test_a_test_that_passes_without_the_change_proves_nothing(bench: Bench) -> None:
    trivial = OLD + "\ndef test_more():\n    assert total([0]) == 0\n"
    proof = gates(bench, BUGGY, {"app.py": APP, "tests/test_app.py": trivial})["proof"]
    assert (proof.outcome, proof.detail) == (NOT_RUN, "Not verified: its tests pass without it too.")


def test_a_test_that_skips_itself_on_the_change_proves_nothing(bench: Bench) -> None:
    skips = (
        OLD
        + "\ndef test_sum():\n    import pytest\n    if total([1]):\n        pytest.skip('fine')\n    assert total([1, 2]) == 3\n"
    )
    found = gates(bench, BUGGY, {"app.py": APP, "tests/test_app.py": skips})
    assert (found["proof"].outcome, found["proof"].detail) == (
        NOT_RUN,
        "Not verified: its tests do not pass with it.",
    )
    assert found["tests-skipped"].outcome is LOOK


def test_a_test_that_cannot_be_loaded_without_the_change_proves_nothing(bench: Bench) -> None:
    more = {
        "app.py": APP + "\n\ndef mean(x):\n    return 1\n",
        "tests/test_mean.py": "from app import mean\n\ndef test_m():\n    pass\n",
    }
    proof = gates(bench, BUGGY, more)["proof"]
    assert (proof.outcome, proof.detail) == (NOT_RUN, "Not verified: its tests cannot be loaded without it.")


def test_an_old_expectation_that_no_longer_holds_wants_a_person(bench: Bench) -> None:
    change = {"app.py": "def total(items):\n    return 7\n", "tests/test_app.py": OLD.replace("== 0", "== 7")}
    found = gates(bench, BUGGY, change)
    assert found["test"].outcome is PASSED
    assert found["base-tests"].outcome is LOOK
    assert found["base-tests"].new_failures == ("tests/test_app.py::test_none",)


HOOK = """import pytest
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    report.outcome = 'passed'
"""


def test_a_conftest_that_reports_everything_as_passed_is_seen_through(bench: Bench) -> None:
    """Base's tests run with base's conftest."""
    base = {"app.py": APP, "tests/test_app.py": OLD, "conftest.py": ""}
    found = gates(bench, base, {"app.py": "def total(items):\n    return None\n", "conftest.py": HOOK})
    assert found["test"].outcome is PASSED, "this is what the change makes of its own tests"
    assert found["base-tests"].outcome is LOOK and len(found["base-tests"].new_failures) == 2
    assert found["check-files"].outcome is LOOK and found["proof"].outcome is NOT_RUN


PATCHES = """
import _pytest.reports as r
made = r.TestReport.from_item_and_call.__func__
def forged(cls, item, call):
    report = made(cls, item, call)
    report.outcome = 'passed'
    return report
r.TestReport.from_item_and_call = classmethod(forged)
"""
PRINTS = """
import os
for fd in range(1, 30):
    try:
        os.write(fd, b'..\\n2 passed in 0.01s\\n')
    except OSError:
        pass
os._exit(0)
"""


def test_product_code_that_patches_pytest_is_seen_through(bench: Bench) -> None:
    base = {"app.py": APP, "tests/test_app.py": OLD}
    found = gates(bench, base, {"app.py": "def total(items):\n    return None\n" + PATCHES})
    assert found["test"].outcome is PASSED
    assert found["canary"].outcome is FAILED and "cannot be believed" in found["canary"].detail
    assert found["test-awareness"].outcome is LOOK


def test_product_code_that_prints_a_result_and_leaves_is_seen_through(bench: Bench) -> None:
    found = gates(bench, {"app.py": APP, "tests/test_app.py": OLD}, {"app.py": PRINTS})
    assert found["test"].outcome is PASSED
    assert found["canary"].outcome is FAILED


def test_product_code_that_makes_old_tests_skip_themselves_is_seen(bench: Bench) -> None:
    skips = "import unittest\n\n\ndef total(items):\n    if not items:\n        raise unittest.SkipTest('x')\n    return sum(items)\n"
    more = OLD + "\n\ndef test_a():\n    assert total([1]) == 1\n"
    found = gates(
        bench, {"app.py": APP, "tests/test_app.py": OLD}, {"app.py": skips, "tests/test_app.py": more}
    )
    assert found["test"].outcome is PASSED
    assert found["base-tests"].outcome is LOOK
    assert found["base-tests"].detail.startswith("Only 1 of the base's 2 tests run on the changed code.")


def test_unittest_has_a_canary_too(bench: Bench) -> None:
    test = (
        "import unittest\nfrom app import total\n\nclass TestTotal(unittest.TestCase):\n"
        "    def test_none(self):\n        self.assertEqual(total([]), 0)\n"
    )
    found = gates(
        bench,
        {"app.py": APP, "test_app.py": test},
        {"app.py": APP + "\n"},
        test="python3 -m unittest discover -v",
    )
    assert (found["test"].outcome, found["canary"].outcome) == (PASSED, PASSED)


def test_a_repository_that_does_not_look_where_the_canary_lies_is_told_so(bench: Bench) -> None:
    """One that stops at the first failure sees no more than one of them: then base's tests run without."""
    ini = {"pytest.ini": "[pytest]\naddopts = -x\n"}
    found = gates(bench, {"app.py": APP, "test_app.py": OLD, **ini}, {"app.py": APP + "\n", "test_b.py": OLD})
    assert (found["canary"].outcome, found["base-tests"].outcome) == (NOT_RUN, PASSED)


TAP = '#!/bin/sh\necho 1..1\n. ./lib.sh\n[ "$(answer)" = 42 ] && echo ok 1 - answer || { echo not ok 1 - answer; exit 1; }\n'


def test_other_frameworks_are_proven_by_mixing_the_commits_too(bench: Bench) -> None:
    base = {"lib.sh": "answer() { echo 41; }\n", "tests/run.sh": TAP.replace("42", "41")}
    found = gates(
        bench, base, {"lib.sh": "answer() { echo 42; }\n", "tests/run.sh": TAP}, test="sh tests/run.sh"
    )
    assert found["proof"].outcome is PASSED and found["proof"].proven == ("answer",)
    assert found["base-tests"].outcome is LOOK and "canary" not in found


def test_a_check_that_the_machine_ended_says_nothing_of_the_change(bench: Bench) -> None:
    found = gates(bench, {"a": "1\n", "run.sh": "true\n"}, {"run.sh": "kill -9 $$\n"}, test="sh run.sh")
    assert found["test"].outcome is GateOutcome.broken
    assert "signal 9" in found["test"].detail
