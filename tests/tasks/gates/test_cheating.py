"""Changes that make their checks easier, and honest ones beside them."""

import pytest

from tasks.domain.checks import GateOutcome
from tasks.gates.cheating import FileText, cheating
from tasks.gates.pytests import read_python_tests

TEST = """import pytest
from app import total


@pytest.mark.parametrize("n", [1, 2, 3])
def test_each(n):
    assert total([n]) == n


def test_all():
    assert total([20, 22]) == 42
    assert total([]) == 0


class TestMore:
    def test_bad(self):
        with pytest.raises(ValueError):
            total(None)
"""


def asked(*files: FileText, tests: str = TEST) -> set[str]:
    """Names of the gates that want a person."""
    read = read_python_tests(tests)
    groups = read.groups if read else ()
    return {g.name for g in cheating(files, lambda: groups) if g.outcome is GateOutcome.needs_human}


def edited(old: str, new: str, path: str = "tests/test_app.py") -> FileText:
    assert old in TEST
    return FileText(path, TEST, TEST.replace(old, new))


CHEATS: dict[str, tuple[str, FileText]] = {
    "deleted file": ("tests-removed", FileText("test_app.py", TEST, None)),
    "deleted test": ("tests-removed", edited("def test_all", "def check_all")),
    "file renamed away": ("tests-removed", FileText("tests/test_app.py", TEST, None)),
    "fewer cases": ("tests-removed", edited("[1, 2, 3]", "[1]")),
    "skip": ("tests-skipped", edited("def test_all", "@pytest.mark.skip\ndef test_all")),
    "module mark": ("tests-skipped", edited("\n\n\n@pytest", "\npytestmark = pytest.mark.xfail\n@pytest")),
    "skip inside": ("tests-skipped", edited("    assert total([]) == 0", "    pytest.skip('x')\n    assert total([]) == 0")),
    "skipIf": ("tests-skipped", edited("class TestMore", "@unittest.skipIf(True, 'x')\nclass TestMore")),
    "collect_ignore": ("tests-skipped", FileText("conftest.py", "", "collect_ignore = ['test_app.py']\n")),
    "swallow": (
        "tests-skipped",
        edited("    assert total([]) == 0", "    try:\n        assert total([]) == 0\n    except AssertionError:\n        pass"),
    ),
    "suppress": (
        "tests-skipped",
        edited("    assert total([]) == 0", "    with contextlib.suppress(Exception):\n        assert total([]) == 0"),
    ),
    "assertion gone": ("assertions", edited("    assert total([]) == 0\n", "")),
    "assertion always true": ("assertions", edited("assert total([]) == 0", "assert True")),
    "assertion weaker": ("assertions", edited("assert total([20, 22]) == 42", "assert total([20, 22]) is not None")),
    "assertion tolerant": ("assertions", edited("== 42", "== pytest.approx(42, abs=40)")),
    "any exception": ("assertions", edited("raises(ValueError)", "raises(Exception)")),
    "compares with itself": ("assertions", edited("== 42", "== total([20, 22])")),
    "js skip": ("tests-skipped", FileText("a.test.js", "it('x', () => {})", "it.skip('x', () => {})")),
    "js only": ("tests-skipped", FileText("a.test.js", "it('x', f); it('y', g)", "it.only('x', f); it('y', g)")),
    "js assertion": (
        "assertions",
        FileText("a.test.ts", "it('x', () => {\n expect(f()).toBe(1)\n})", "it('x', () => {\n f()\n})"),
    ),
    "js weaker": ("assertions", FileText("a.test.ts", "expect(f()).toBe(3)", "expect(f()).toBeDefined()")),
    "go skip": ("tests-skipped", FileText("a_test.go", "func TestA(t *testing.T) {\n}", "func TestA(t *testing.T) {\n t.Skip()\n}")),
    "go test gone": ("tests-removed", FileText("a_test.go", "func TestA(t *testing.T) {\n}", "")),
    "rust ignore": ("tests-skipped", FileText("tests/a.rs", "#[test]\nfn a() {}", "#[test]\n#[ignore]\nfn a() {}")),
    "noqa": ("silenced", FileText("app.py", "x = 1\n", "x = 1  # noqa\n")),
    "type ignore": ("silenced", FileText("app.py", "x = f()\n", "x = f()  # type: ignore\n")),
    "eslint": ("silenced", FileText("a.ts", "let x", "// eslint-disable-next-line\nlet x")),
    "or true": ("silenced", FileText("run.sh", "pytest\n", "pytest || true\n")),
    "continue": ("silenced", FileText(".github/workflows/ci.yml", "run: x\n", "run: x\n  continue-on-error: true\n")),
    "deselect": ("silenced", FileText("tox.ini", "pytest\n", "pytest --deselect tests/test_app.py::test_all\n")),
    "no cover": ("silenced", FileText("app.py", "def f():\n", "def f():  # pragma: no cover\n")),
    "snapshot": ("snapshots", FileText("__snapshots__/a.test.js.snap", "1", "2")),
    "special case": ("expected-values", FileText("app.py", "", "def total(x):\n    if x == [20, 22]:\n        return 42\n    return 0\n")),
    "special table": ("expected-values", FileText("app.py", "", "def total(x):\n    return {(20, 22): 42}.get(tuple(x), 0)\n")),
    "special conditional": ("expected-values", FileText("app.py", "", "def total(x):\n    return 42 if 22 in x else 0\n")),
    "constant": ("expected-values", FileText("app.py", "def total(x):\n    return sum(x)\n", "def total(x):\n    return 42\n")),
    "asks for pytest": ("test-awareness", FileText("app.py", "", "import os\nif 'PYTEST_CURRENT_TEST' in os.environ:\n    pass\n")),
    "asks for modules": ("test-awareness", FileText("app.py", "", "import sys\nX = 'pytest' in sys.modules\n")),
    "ends the process": ("test-awareness", FileText("app.py", "", "import os\nos._exit(0)\n")),
    "js environment": ("test-awareness", FileText("a.js", "", "if (process.env.NODE_ENV === 'test') ok()\n")),
}  # fmt: skip


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_asked_about(name: str) -> None:
    gate, file = CHEATS[name]
    assert gate in asked(file)


JS = "it('x', () => { expect(1).toBe(1) })"
HONEST: dict[str, tuple[FileText, ...]] = {
    "another test": (FileText("test_app.py", TEST, TEST + "\n\ndef test_new():\n    assert total([5]) == 5\n"),),
    "moved test": (FileText("test_app.py", TEST, None), FileText("tests/test_app.py", None, TEST)),
    "renamed test": (edited("def test_all", "def test_the_sum_of_all"),),
    "other expectation": (edited("== 42", "== 43"),),
    "stronger": (edited("    assert total([]) == 0", "    assert total([]) == 0\n    assert total([3]) == 3"),),
    "more cases": (edited("[1, 2, 3]", "[1, 2, 3, 4]"),),
    "product": (FileText("app.py", "def total(x):\n    return 0\n", "def total(x):\n    return sum(x)\n"),),
    "base case": (FileText("app.py", "", "def total(x):\n    if not x:\n        return 0\n    return sum(x)\n"),),
    "other constants": (FileText("app.py", "", "def name(c):\n    if c == 'EUR':\n        return 'euro'\n"),),
    "moved silencer": (FileText("app.py", "import x  # noqa\ny = 1\n", "y = 1\nimport x  # noqa\n"),),
    "new snapshot": (FileText("__snapshots__/b.snap", None, "1"),),
    "docs": (FileText("README.md", "", "Never write `pytest || true`, nor os._exit.\n"),),
    "skip gone": (FileText("test_app.py", TEST.replace("def test_all", "@pytest.mark.skip\ndef test_all"), TEST),),
    "js more": (FileText("a.test.js", JS, JS + "\nit('y', () => { expect(2).toBe(2) })"),),
    "unreadable": (FileText("test_app.py", TEST, "def (:\n"),),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_change_is_not_asked_about(name: str) -> None:
    assert asked(*HONEST[name]) == set()
