"""When an agent goes in circles, and when it only looks as if it did."""

import time

import pytest

from tasks.agent.guard import NOTICE, Guard, Level, seen


def after(*calls: tuple[str, str, str]) -> Guard:
    """The guard after calls of (tool, argument, result)."""
    guard = Guard()
    for tool, argument, result in calls:
        guard = guard.after(seen(tool, {"a": argument}, result, is_error=False))
    return guard


def test_the_same_call_again_and_again_is_warned_then_stepped_back_then_stopped() -> None:
    same = ("bash", "ls", "exit code: 0\na b")
    levels = [after(*[same] * n).level for n in range(1, 7)]
    assert levels == [Level.fine, Level.fine, Level.warned, Level.step_back, Level.stop, Level.stop]


def test_the_words_grow_sharper() -> None:
    same = ("bash", "ls", "x")
    assert after(same).words == ""
    assert "You repeat yourself" in after(*[same] * 3).words
    assert "Step back now" in after(*[same] * 4).words


def test_an_action_with_the_same_outcome_four_times_counts_even_with_others_between() -> None:
    calls: list[tuple[str, str, str]] = []
    for n in range(4):
        calls += [("bash", "pytest", "exit code: 1\n1 failed in 0.3s"), ("view", f"file{n}", f"text {n}")]
    assert after(*calls[:-2]).level is Level.fine
    assert after(*calls[:-1]).level is Level.warned


def test_running_the_tests_after_each_edit_is_work() -> None:
    calls: list[tuple[str, str, str]] = []
    for n in range(8):
        calls += [
            ("edit", f"change {n}", "a.py changed at line 3."),
            ("bash", "pytest", f"exit code: 1\n1 failed in 0.{n}s"),
        ]
    assert after(*calls).level is Level.fine


def test_two_calls_by_turns_are_a_circle() -> None:
    a, b = ("edit", "x to y", "a.py changed at line 3."), ("edit", "y to x", "a.py changed at line 3.")
    assert after(a, b, a, b, a).level is Level.fine
    assert after(a, b, a, b, a, b).level is Level.warned


def test_the_same_result_five_times_from_one_tool_is_no_progress() -> None:
    calls = [("search", f"word {n}", "No line matches.") for n in range(5)]
    assert after(*calls[:4]).level is Level.fine
    assert after(*calls).level is Level.warned


def test_commands_that_succeed_silently_are_changes() -> None:
    calls = [("bash", f"mkdir d{n}", "exit code: 0\n") for n in range(9)]
    assert after(*calls).level is Level.fine


def test_polling_is_fine_while_the_observation_changes_the_action() -> None:
    calls = [("bash", f"tail -n {n} log", f"exit code: 0\nline {n}") for n in range(12)]
    assert after(*calls).level is Level.fine


def test_calm_work_after_a_warning_is_forgiven() -> None:
    same = ("bash", "ls", "x")
    calm = [("view", f"f{n}", f"t{n}") for n in range(6)]
    assert after(*[same] * 3, *calm[:5]).level is Level.warned
    assert after(*[same] * 3, *calm).level is Level.fine


def test_durations_and_our_own_notice_do_not_make_a_result_new() -> None:
    plain = seen("bash", {}, "1 failed in 0.31s", is_error=False)
    assert seen("bash", {}, f"1 failed in 12.7s{NOTICE}You repeat yourself", is_error=False) == plain
    assert seen("bash", {}, "2 failed in 0.31s", is_error=False) != plain


@pytest.mark.parametrize("text", ["1" * 16_000, "1." * 8_000, "1 " * 8_000, "0x" + "a" * 16_000])
def test_no_result_holds_up_the_process(text: str) -> None:
    """A command may print 16,000 digits; looking for durations in them took the cube of their number."""
    began = time.process_time()
    seen("bash", {"command": "x"}, text, is_error=False)
    assert time.process_time() - began < 3


def test_durations_are_no_difference() -> None:
    one, other = (
        seen("bash", {}, f"2 passed in {t}", is_error=False).result for t in ("0.12s", "17 seconds")
    )
    assert one == other
