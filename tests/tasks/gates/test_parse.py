"""Output of test runners and linters, as they really write it."""

import time

import pytest

from tasks.gates.parse import clean, excerpt, read_problems, read_tests

PYTEST_OUT = """..F.E
=================================== FAILURES ===================================
E       assert 1 == 2
=========================== short test summary info ============================
FAILED tests/test_a.py::test_x[a b] - assert 1 == 2
ERROR tests/test_b.py - ModuleNotFoundError: No module named 'q'
1 failed, 3 passed, 2 skipped, 1 xfailed, 1 error in 0.12s
"""
CARGO_OUT = """
running 2 tests
test a::ok ... ok
test a::bad ... FAILED

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
"""
GO_OUT = """--- FAIL: TestBad (0.00s)
    x_test.go:5: nope
FAIL
FAIL\texample.com/m/a\t0.003s
ok  \texample.com/m/b\t0.002s
?   \texample.com/m/c\t[no test files]
FAIL\texample.com/m/d [build failed]
FAIL
"""
UNITTEST_OUT = """
======================================================================
FAIL: test_a (m.T.test_a)
----------------------------------------------------------------------
ERROR: test_b (m.T.test_b)
ERROR: broken_module (unittest.loader._FailedTest.broken_module)
----------------------------------------------------------------------
Ran 5 tests in 0.001s

FAILED (failures=1, errors=2, skipped=1)
"""
JEST_OUT = """FAIL src/a.test.js
  ● adds › two numbers

    expect(received)

Tests:       1 failed, 1 skipped, 3 passed, 5 total
"""
TAP_OUT = "TAP version 13\nnot ok 1 - adds\nok 2 - other\n1..2\n# tests 2\n# pass 1\n# fail 1\n"
SPEC_OUT = "✖ adds (1.2ms)\n✔ other (0.1ms)\nℹ tests 2\nℹ pass 1\nℹ fail 1\n"
MOCHA_OUT = "\n  3 passing (5ms)\n  1 failing\n\n  1) suite\n       adds:\n"
PLAIN_TAP = "1..3\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP later\n"


@pytest.mark.parametrize(
    ("text", "framework", "ran", "failed"),
    [
        (PYTEST_OUT, "pytest", 4, ("tests/test_a.py::test_x[a b]", "tests/test_b.py")),
        ("===== 3 passed in 0.01s =====\n", "pytest", 3, ()),
        ("no tests ran in 0.00s\n", "pytest", 0, ()),
        ("4 skipped in 0.00s\n", "pytest", 0, ()),
        (CARGO_OUT, "cargo", 5, ("a::bad",)),
        (GO_OUT, "go", None, ("example.com/m/a.TestBad", "example.com/m/d")),
        ("?   \texample.com/m/c\t[no test files]\n", "go", 0, ()),
        (
            UNITTEST_OUT,
            "unittest",
            4,
            (
                "test_a (m.T.test_a)",
                "test_b (m.T.test_b)",
                "broken_module (unittest.loader._FailedTest.broken_module)",
            ),
        ),
        ("Ran 0 tests in 0.000s\n\nOK\n", "unittest", 0, ()),
        (JEST_OUT, "jest", 4, ("adds › two numbers", "src/a.test.js")),
        (TAP_OUT, "node", 2, ("adds",)),
        (SPEC_OUT, "node", 2, ("adds",)),
        (MOCHA_OUT, "mocha", 4, ("suite",)),
        (PLAIN_TAP, "tap", 2, ("b",)),
    ],
)
def test_what_a_runner_says(text: str, framework: str, ran: int | None, failed: tuple[str, ...]) -> None:
    report = read_tests(text)
    assert report is not None
    assert (report.framework, report.ran, report.failed) == (framework, ran, failed)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PYTEST_OUT, 2),
        (CARGO_OUT, 1),
        (UNITTEST_OUT, 3),
        (JEST_OUT, 1),
        (MOCHA_OUT, 1),
        (PLAIN_TAP, 1),
        ("3 passed in 0.1s", 0),
    ],
)
def test_a_runner_counts_its_failures(text: str, told: int) -> None:
    report = read_tests(text)
    assert report is not None and report.told_failed == told


@pytest.mark.parametrize(
    "line",
    [
        "\n",
        " ",
        "1 " + "a" * 3000 + "\n",
        "Tests: " + "1" * 3000 + "\n",
        "Tests:" + " " * 3000 + "\n",
        "ok " + "/" * 3000 + "\n",
        "  ● " + " › " * 900 + "\n",
        "ok" + " # " * 900 + "\n",
        "# pass 1\n# fail 1\n✖ " + " (1" * 900 + "\n",
        "a." * 1500 + "\n",
    ],
)
def test_no_output_holds_up_the_worker(line: str) -> None:
    """A8, B14: each of these took minutes to hours while everything else in the process stood still."""
    output = (line * (1_000_000 // len(line))).encode()
    began = time.process_time()
    text = clean(output)
    read_tests(text)
    read_tests("Tests: 1 total\n" + text)
    read_problems(text)
    excerpt(text)
    assert time.process_time() - began < 15


def test_other_output_says_nothing_of_tests() -> None:
    assert read_tests("") is None
    assert read_tests("all good in the hood\nok\n") is None


def test_problems_keep_their_text_and_lose_their_place() -> None:
    text = (
        "a.py:3:5: F401 unused\na.py:9:1: F401 unused\nb.py:1: error: Bad  [x]\nb.py:2: note: see here\n"
        "src/c.ts(4,2): error TS2322: no\nFound 3 errors\n"
    )
    assert dict(read_problems(text)) == {
        "a.py: F401 unused": 2,
        "b.py: error: Bad  [x]": 1,
        "src/c.ts: error TS2322: no": 1,
    }


def test_escapes_and_control_characters_do_not_reach_anyone() -> None:
    """A8."""
    raw = b"\x1b[31mred\x1b[0m \x1b]8;;http://evil\x07link\x1b]8;;\x07\rover\x00\x08 \xff\nnext\r\n"
    assert clean(raw) == "over \ufffd\nnext\n"


def test_an_excerpt_is_short_and_holds_the_failure_and_the_end() -> None:
    noise = [f"noise {n}" for n in range(500)]
    lines = [*noise, "=== FAILURES ===", "E   assert 1 == 2", *noise, "FAILED x::y", "1 failed in 1s"]
    short = excerpt("\n".join(lines)).split("\n")
    assert len(short) == 60
    assert short[0] == "=== FAILURES ===" and short[1] == "E   assert 1 == 2"
    assert short[-2:] == ["FAILED x::y", "1 failed in 1s"]
    assert any("more" in line or "lines …" in line for line in short)
    assert excerpt("one\ntwo\n") == "one\ntwo"
    assert max(len(line) for line in excerpt("x" * 5000).split("\n")) <= 240
