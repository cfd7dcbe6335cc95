"""Checks on small real repositories: only what is newly broken counts."""

import shutil
from dataclasses import replace

import pytest

from integrations.errors import Cancelled
from integrations.sandboxes.bubblewrap import BubblewrapProvider
from integrations.types.sandbox import Limits
from tasks.domain.checks import GateOutcome, proven
from tasks.gates.run import Conditions
from tests.tasks.gates.conftest import Bench

PYTEST = "python3 -m pytest -q"
APP = "def total(items):\n    return sum(items)\n"
BROKEN_APP = "def total(items):\n    return 0\n"
GOOD_TEST = "from app import total\n\ndef test_total():\n    assert total([1, 2]) == 3\n\ndef test_zero():\n    assert total([]) == 0\n"
RED_TEST = "def test_red():\n    assert False, 'always'\n"


def test_green_stays_green(bench: Bench) -> None:
    bench.change({"app.py": APP, "test_app.py": GOOD_TEST}, {"README.md": "x\n"})
    result = bench.check(PYTEST)
    assert (result.outcome, result.base, result.head) == (GateOutcome.passed, "pass", "pass")
    assert (result.tests_base, result.tests_head, result.detail) == (2, 2, "2 tests passed.")
    assert result.command == PYTEST and result.duration_s > 0
    assert proven((result,))


def test_a_new_failure_is_named_and_excerpted(bench: Bench) -> None:
    bench.change({"app.py": APP, "test_app.py": GOOD_TEST}, {"app.py": BROKEN_APP})
    result = bench.check(PYTEST)
    assert (result.outcome, result.base, result.head) == (GateOutcome.failed, "pass", "fail")
    assert result.new_failures == ("test_app.py::test_total",)
    assert "assert 0 == 3" in result.excerpt
    assert len(result.excerpt.split("\n")) <= 60


def test_a_red_base_is_no_new_failure_but_no_excuse_either(bench: Bench) -> None:
    bench.change({"app.py": APP, "test_app.py": GOOD_TEST, "test_red.py": RED_TEST}, {"README.md": "x\n"})
    same = bench.check(PYTEST)
    assert (same.outcome, same.base, same.head) == (GateOutcome.red_before, "fail", "fail")
    assert proven((same,))


def test_a_new_failure_beside_an_old_one_fails(bench: Bench) -> None:
    bench.change({"app.py": APP, "test_app.py": GOOD_TEST, "test_red.py": RED_TEST}, {"app.py": BROKEN_APP})
    worse = bench.check(PYTEST)
    assert worse.outcome is GateOutcome.failed
    assert worse.new_failures == ("test_app.py::test_total",)


def test_mending_a_red_base_passes_and_says_so(bench: Bench) -> None:
    bench.change({"app.py": BROKEN_APP, "test_app.py": GOOD_TEST}, {"app.py": APP})
    result = bench.check(PYTEST)
    assert (result.outcome, result.base, result.head) == (GateOutcome.passed, "fail", "pass")
    assert result.detail == "2 tests passed; 1 of them failed before the change."


def test_no_tests_at_all_is_not_run_and_proves_nothing(bench: Bench) -> None:
    bench.change({"app.py": APP}, {"README.md": "x\n"})
    result = bench.check(PYTEST)
    assert (result.outcome, result.base, result.head) == (GateOutcome.not_run, "not run", "not run")
    assert not proven((result,))


def test_the_first_tests_of_a_repository_count(bench: Bench) -> None:
    bench.change({"app.py": APP}, {"test_app.py": GOOD_TEST})
    assert bench.check(PYTEST).outcome is GateOutcome.passed


@pytest.mark.parametrize("gone", [None, "import pytest\npytestmark = pytest.mark.skip\n" + GOOD_TEST])
def test_tests_that_disappear_or_are_all_skipped_fail(bench: Bench, gone: str | None) -> None:
    """G3."""
    bench.change({"app.py": APP, "test_app.py": GOOD_TEST}, {"test_app.py": gone})
    result = bench.check(PYTEST)
    assert result.outcome is GateOutcome.failed
    assert result.detail.startswith("No test runs any more")


def test_a_file_that_cannot_be_collected_fails_and_the_others_still_run(bench: Bench) -> None:
    bench.change({"app.py": APP, "test_app.py": GOOD_TEST}, {"test_new.py": "import nothing_like_it\n"})
    result = bench.check(PYTEST)
    assert result.outcome is GateOutcome.failed
    assert result.new_failures == ("test_new.py",)
    assert result.tests_head == 2


def test_a_collection_error_on_base_hides_nothing_new(bench: Bench) -> None:
    bad = {"test_bad.py": "import nothing_like_it\n"}
    bench.change({"app.py": APP, "test_app.py": GOOD_TEST, **bad}, {"app.py": BROKEN_APP})
    assert bench.check(PYTEST).new_failures == ("test_app.py::test_total",)


def test_where_nothing_can_run_on_either_side_nothing_is_proven(bench: Bench) -> None:
    bench.change({"conftest.py": "raise RuntimeError('x')\n", "test_a.py": GOOD_TEST}, {"README.md": "x\n"})
    result = bench.check(PYTEST)
    assert result.outcome is GateOutcome.not_run
    assert not proven((result,))


def test_a_timeout_is_a_failure(bench: Bench) -> None:
    bench.conditions = Conditions(Limits(wall_s=3.0))
    bench.change({"check.sh": "true\n"}, {"check.sh": "sleep 60\n"})
    result = bench.check("sh check.sh")
    assert (result.outcome, result.base, result.head) == (GateOutcome.failed, "pass", "fail")
    assert "ran longer than 3 s" in result.detail


def test_a_timeout_on_both_sides_proves_nothing_and_is_not_kept(bench: Bench) -> None:
    bench.conditions = Conditions(Limits(wall_s=1.0))
    bench.change({"a": "1"}, {"a": "2"})
    result = bench.check("sleep 30")
    assert result.outcome is GateOutcome.not_run
    assert not list(bench.home.glob("base-checks/*"))


def test_a_test_that_needs_too_much_memory_fails_with_its_reason(bench: Bench) -> None:
    bench.conditions = Conditions(Limits(wall_s=30.0, memory_mb=200))
    eater = "def test_m():\n    import time\n    x = bytearray(400_000_000)\n    x[::4096] = b'x' * len(x[::4096])\n    time.sleep(5)\n"
    bench.change({"app.py": APP, "test_app.py": GOOD_TEST}, {"test_app.py": eater})
    result = bench.check(PYTEST)
    assert result.outcome is GateOutcome.failed
    assert "more than 200 MiB" in result.detail


def test_a_test_that_fails_once_and_then_passes_is_noted_as_flaky(bench: Bench) -> None:
    """The setup command keeps the checkout, so the test can remember that it ran before."""
    flaky = (
        "import pathlib\n\ndef test_sometimes():\n    seen = pathlib.Path('seen')\n"
        "    before = seen.exists()\n    seen.touch()\n    assert before\n"
    )
    bench.conditions = replace(bench.conditions, setup="true")
    bench.change({"app.py": APP, "test_app.py": GOOD_TEST}, {"test_new.py": flaky})
    result = bench.check(PYTEST)
    assert result.outcome is GateOutcome.passed
    assert result.detail == "Flaky: test_new.py::test_sometimes failed once and passed when run again."


def test_what_base_gave_is_kept_for_the_next_change(bench: Bench) -> None:
    bench.change({"app.py": APP, "test_app.py": GOOD_TEST}, {"README.md": "x\n"})
    first = bench.check(PYTEST)
    kept = list(bench.home.glob("base-checks/*.json"))
    assert len(kept) == 1
    kept[0].write_text(kept[0].read_text().replace('"exit_code": 0', '"exit_code": 1'))
    again = bench.check(PYTEST)
    assert (first.base, again.base) == ("pass", "fail"), "the second came from disk"
    kept[0].write_text("{broken")
    assert bench.check(PYTEST).base == "pass"
    assert len(list(bench.home.glob("base-checks/*"))) == 1
    bench.check(PYTEST + " -x")
    assert len(list(bench.home.glob("base-checks/*"))) == 2


def test_no_checkout_is_left_behind(bench: Bench) -> None:
    bench.change({"app.py": APP, "test_app.py": GOOD_TEST}, {"README.md": "x\n"})
    bench.check(PYTEST)
    assert not list(bench.home.glob("workspaces/R-1/*"))


def test_what_one_check_leaves_is_not_there_for_the_next(bench: Bench) -> None:
    bench.change({"a.txt": "1\n"}, {"a.txt": "2\n"})
    assert bench.check("touch left", "lint").outcome is GateOutcome.passed
    assert bench.check("test ! -e left", "build").outcome is GateOutcome.passed


def test_setup_runs_first_on_both_sides_and_its_writes_stay(bench: Bench) -> None:
    bench.change({"a.txt": "1\n"}, {"a.txt": "2\n"})
    bench.conditions = replace(bench.conditions, setup="cp a.txt made.txt")
    setup, check = bench.setup_and("cmp a.txt made.txt")
    assert (setup.name, setup.outcome, setup.base, setup.head) == (
        "setup",
        GateOutcome.passed,
        "pass",
        "pass",
    )
    assert check.outcome is GateOutcome.passed
    assert not list(bench.home.glob("workspaces/R-1/*"))


def test_a_setup_that_breaks_on_head_is_a_failure(bench: Bench) -> None:
    bench.change({"a.txt": "1\n"}, {"a.txt": None})
    bench.conditions = replace(bench.conditions, setup="cp a.txt made.txt")
    setup, _ = bench.setup_and("true")
    assert setup.outcome is GateOutcome.failed
    assert "a.txt" in setup.excerpt


def test_an_old_lint_problem_that_moved_is_not_new(bench: Bench) -> None:
    lint = (
        """grep -n 'TODO' *.py | sed 's/^\\([^:]*:[0-9]*\\):.*/\\1: T001 todo found/'; ! grep -q TODO *.py"""
    )
    bench.change({"app.py": "# TODO\n" + APP}, {"app.py": "# first\n\n# TODO\n" + APP})
    moved = bench.check(lint.replace("*.py", "app.py /dev/null"), "lint")
    assert moved.outcome is GateOutcome.red_before, moved


def test_a_new_lint_problem_of_an_old_kind_is_new(bench: Bench) -> None:
    lint = (
        "grep -nH TODO app.py | sed 's/^\\([^:]*:[0-9]*\\):.*/\\1: T001 todo found/'; ! grep -q TODO app.py"
    )
    bench.change({"app.py": "# TODO\n"}, {"app.py": "# TODO\n# TODO\n"})
    result = bench.check(lint, "lint")
    assert result.outcome is GateOutcome.failed
    assert result.new_failures == ("app.py: T001 todo found",)


def test_a_program_that_is_not_installed_proves_nothing(bench: Bench) -> None:
    bench.change({"a": "1"}, {"a": "2"})
    for command in ("no-such-linter .", "python3 -m mypy ."):
        result = bench.check(command, "types")
        assert result.outcome is GateOutcome.not_run, command
        assert "not installed" in result.detail


def test_a_broken_sandbox_is_broken_and_no_failure(bench: Bench) -> None:
    bench.change({"app.py": APP, "test_app.py": GOOD_TEST}, {"README.md": "x\n"})
    bench.sandboxes = BubblewrapProvider(program=bench.home / "no-bwrap")
    result = bench.check(PYTEST)
    assert result.outcome is GateOutcome.broken
    assert not list(bench.home.glob("base-checks/*"))


def test_a_stopped_run_ends_its_checks(bench: Bench) -> None:
    bench.change({"a": "1"}, {"a": "2"})
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 3

    bench.cancelled = cancelled
    with pytest.raises(Cancelled):
        bench.check("sleep 30")
    assert not list(bench.home.glob("workspaces/R-1/*"))


def test_checks_see_no_network_no_credential_and_no_other_home(bench: Bench) -> None:
    bench.change({"a": "1"}, {"a": "2"})
    probe = f'! ls {bench.home} && ! env | grep -i -e token -e sortie && test -z "$(ls /sys/class/net 2>/dev/null | grep -v lo)"'
    assert bench.check(probe, "lint").outcome is GateOutcome.passed


NODE = "const t = require('node:test'), a = require('node:assert');\nt('adds', () => a.equal(1 + 1, {n}));\nt('other', () => {{}});\n"


@pytest.mark.skipif(not shutil.which("npm", path="/usr/bin"), reason="npm is not installed")
def test_node_tests_are_understood(bench: Bench) -> None:
    package = '{"name": "x", "scripts": {"test": "node --test"}}'
    bench.change({"package.json": package, "x.test.js": NODE.format(n=2)}, {"x.test.js": NODE.format(n=3)})
    result = bench.check("npm test --silent")
    assert result.outcome is GateOutcome.failed
    assert "adds" in " ".join(result.new_failures)
    assert result.tests_base == 2


def test_make_is_judged_by_what_it_runs(bench: Bench) -> None:
    make = "test:\n\tpython3 -m pytest -q\n"
    bench.change({"Makefile": make, "app.py": APP, "test_app.py": GOOD_TEST}, {"app.py": BROKEN_APP})
    assert bench.check("make test").new_failures == ("test_app.py::test_total",)


def test_unittest_is_understood(bench: Bench) -> None:
    case = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(1, {n})\n"
    bench.change({"test_u.py": case.format(n=1)}, {"test_u.py": case.format(n=2)})
    result = bench.check("python3 -m unittest discover -v")
    assert result.new_failures == ("test_a (test_u.T.test_a)",)
    assert result.tests_head == 1


def test_an_unknown_runner_is_judged_by_its_exit_code(bench: Bench) -> None:
    bench.change({"ok": "1"}, {"ok": None})
    result = bench.check("test -e ok")
    assert (result.outcome, result.base, result.head) == (GateOutcome.failed, "pass", "fail")


def test_an_unknown_runner_that_is_red_on_both_sides_proves_nothing(bench: Bench) -> None:
    bench.change({"a": "1"}, {"a": "2"})
    assert bench.check("echo broken; exit 1").outcome is GateOutcome.not_run


def test_a_program_that_ends_the_tests_with_exit_code_0_has_passed_nothing(bench: Bench) -> None:
    """The code under test, not a test, calls exit: pytest says nothing and everything looks well."""
    bench.change({"app.py": APP, "test_app.py": GOOD_TEST}, {"app.py": "import os\nos._exit(0)\n"})
    result = bench.check(PYTEST)
    assert (result.outcome, result.detail) == (
        GateOutcome.failed,
        "The tests end without saying what ran; 2 ran before the change.",
    )


def test_an_exit_code_of_0_does_not_outweigh_failures_that_were_counted(bench: Bench) -> None:
    conftest = "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n"
    bench.change({"app.py": APP, "test_app.py": GOOD_TEST}, {"app.py": BROKEN_APP, "conftest.py": conftest})
    result = bench.check(PYTEST)
    assert (result.outcome, result.new_failures) == (GateOutcome.failed, ("test_app.py::test_total",))


def test_tests_that_are_now_expected_to_fail_have_not_run(bench: Bench) -> None:
    expected = "import pytest\npytestmark = pytest.mark.xfail\n" + GOOD_TEST
    bench.change(
        {"app.py": APP, "test_app.py": GOOD_TEST}, {"app.py": "total = str\n", "test_app.py": expected}
    )
    result = bench.check(PYTEST)
    assert result.outcome is GateOutcome.failed
    assert result.detail == "No test runs any more; 2 ran before the change."
