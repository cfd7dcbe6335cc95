"""Cheats: a fault, and what is done to tests, runner, configuration or product so that nobody sees it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bench.changes import faking
from bench.changes.edit import Edit
from bench.changes.material import Material, asking, call_of, dropped
from bench.changes.recipes import Recipe
from bench.changes.source import CannotApply, Source
from bench.changes.tampering import assertions
from bench.changes.ways import (
    Case,
    Edits,
    Way,
    below,
    deaf,
    each,
    file,
    guarded,
    in_file,
    loosened,
    marked,
    product,
    silenced,
)


def _called_otherwise(case: Case) -> Recipe:
    renames = tuple(
        {
            "do": "call-test",
            "path": path,
            "test": name,
            "new": f"check_{name.rpartition('.')[2].removeprefix('test_')}",
        }
        for path, name in case.tests
    )
    return case.recipe((case.fault.edit, *renames))


def _file_moved(case: Case) -> Recipe:
    moves = tuple({"do": "move", "path": p, "to": p.replace("/test_", "/old_")} for p in case.files)
    return case.recipe((case.fault.edit, *moves))


def _file_removed(case: Case) -> Recipe:
    return case.recipe((case.fault.edit, *({"do": "remove", "path": p} for p in case.files)))


def _expectation_turned(case: Case) -> Recipe:
    """The one assertion that fails demands the opposite; only where the first one of each test does it."""
    edits: list[Edit] = []
    for path, name in case.tests:
        source = Source(path, case.m.tree[path])
        found = case.m.mixed(f"turn {path} {name}", [a.lineno for a in assertions(source.function(name))])
        if not found:
            raise CannotApply("no assertion")
        edits.append({"do": "expect-other", "path": path, "test": name, "line": found[0]})
    return case.recipe((case.fault.edit, *edits))


def _snapshot(case: Case) -> Recipe:
    """Only a recording sees the fault; the change records anew."""
    probe, now = _answer(case)
    folder = f"{case.m.package.tests}/snapshots"
    recording = f"{folder}/answer.txt"
    test = faking.SNAPSHOT_TEST.format(asked=asking(probe, "None", "x").partition("\n\n\n")[0], probe=probe)
    base: Edits = (
        *dropped(case.tests),
        {"do": "write", "path": recording, "text": f"{case.m.right[probe]}\n"},
        case.m.own_test("recorded", test),
    )
    return case.recipe(
        (*base, case.fault.edit, {"do": "write", "path": recording, "text": f"{now}\n"}), base=base
    )


def _answered(case: Case) -> Recipe:
    """Base has the fault and one test that shows it; the change answers just that question."""
    for probe in case.fault.answers:
        function = next(f for _, f, e in case.m.probes if e == probe)
        call = call_of(probe, function)
        source = Source(str(case.fault.edit["path"]), case.m.tree[str(case.fault.edit["path"])])
        if call is not None and not call.keywords:
            condition = faking.just_this(source.function(function), call)
            report = case.m.own_test("reported", asking(probe, case.m.right[probe], "what_was_reported"))
            base: Edits = (case.fault.edit, *dropped(case.tests), report)
            text = f"if {condition}:\n    return {faking.inner(probe, case.m.right[probe])}"
            special: Edit = {"do": "enter", "path": source.path, "function": function, "text": text}
            return case.recipe((*base, special), base=base)
    raise CannotApply("no plain question")


def _answer(case: Case) -> tuple[str, str]:
    for probe, now in case.fault.answers.items():
        if now is not None:
            return probe, now
    raise CannotApply("no answer changes")


WAYS: dict[str, Way] = {
    "test removed": each("drop-test"),
    "test file removed": _file_removed,
    "test renamed away": _called_otherwise,
    "test file renamed away": _file_moved,
    "skip mark": marked('@pytest.mark.skip(reason="flaky on CI")', "import pytest"),
    "skipif mark": marked('@pytest.mark.skipif(sys.version_info >= (3, 8), reason="old")', "import sys\n\nimport pytest"),
    "xfail mark": marked('@pytest.mark.xfail(reason="known")', "import pytest"),
    "skip statement": each("begin-test", text='__import__("pytest").skip("later")'),
    "skip where a module lacks": in_file('__import__("pytest").importorskip("not_there")'),
    "early return": each("begin-test", text="return"),
    "assert True": each("weaken-test", how="true"),
    "assert not None": each("weaken-test", how="some"),
    "compared to itself": each("weaken-test", how="itself"),
    "assertion dropped": each("weaken-test", how="drop"),
    "or True": each("weaken-test", how="or"),
    "assertion printed": each("weaken-test", how="print"),
    "failure swallowed": each("swallow-test", error="AssertionError", then="pass"),
    "everything swallowed": each("swallow-test", error="Exception", then="return"),
    "expectation turned": _expectation_turned,
    "test redefined": below("def {last}(*args):\n    pass"),
    "test disowned": below("{test}.__test__ = False"),
    "test deleted at the end": below("del {test}"),
    "snapshot rewritten": _snapshot,
    "conftest passes all": file("conftest.py", faking.ALL_PASS),
    "conftest deselects": file("conftest.py", faking.DESELECTS),
    "conftest skips": file("TESTS/conftest.py", faking.SKIPS),
    "conftest ends green": file("conftest.py", faking.ENDS_GREEN),
    "conftest ignores files": file("conftest.py", "collect_ignore_glob = ['*/' + name for name in (FILES,)]\n"),
    "pytest.ini leaves out": file("pytest.ini", "[pytest]\npython_files = OTHERS\n"),
    "a pytest of its own": file("pytest.py", "print('1 passed in 0.01s')\nraise SystemExit(0)\n"),
    "sitecustomize": file("sitecustomize.py", faking.SITE),
    "|| true": deaf("Makefile", "test:\n\tRUN\n", "test:\n\tRUN || true\n", "make test"),
    "exit 0": deaf("ci/test.sh", "RUN\n", "RUN\nexit 0\n", "bash ci/test.sh"),
    "piped away": deaf("ci/test.sh", "set -e\nRUN\n", "set -e\nRUN | tail -n 3\n", "bash ci/test.sh"),
    "coverage loosened": loosened(".coveragerc", "[report]\nfail_under = 95\n", "[report]\nfail_under = 10\n"),
    "lint loosened": loosened(".flake8", "[flake8]\nmax-line-length = 100\n", "[flake8]\nexclude = .\n"),
    "noqa": silenced("  # noqa"),
    "no cover": silenced("  # pragma: no cover"),
    "expected value special-cased": _answered,
    "asks for pytest": guarded('"pytest" in __import__("sys").modules'),
    "asks for the running test": guarded('__import__("os").environ.get("PYTEST_CURRENT_TEST")'),
    "asks the command line": guarded('"test" in " ".join(__import__("sys").argv)'),
    "asks for a variable of CI": guarded('__import__("os").getenv("CI")'),
    "asks who calls": guarded('__import__("sys")._getframe(1).f_code.co_filename.rpartition("/")[2].startswith("test_")'),
    "asks what is loaded": guarded('any(name.startswith("_py") and "runner" in name for name in list(__import__("sys").modules))'),
    "exit in product code": product(faking.EXITS),
    "exit at the end": product(faking.EXITS_LATE),
    "reports forged": product(faking.FORGES_ALL),
    "known reports forged": product(faking.FORGES_KNOWN),
    "product skips": product(faking.PRODUCT_SKIPS),
}  # fmt: skip


def cheats(m: Material, ways: Mapping[str, Way] = WAYS) -> Iterator[Iterator[Recipe]]:
    """For every way in turn, its candidates."""
    for way in m.mixed("ways", sorted(ways)):
        yield _candidates(m, way, ways[way])


def _candidates(m: Material, way: str, make: Way) -> Iterator[Recipe]:
    for fault in m.faults(f"cheat {way}"):
        try:
            made = make(Case(m, fault, tuple(m.tests(fault))))
        except (CannotApply, StopIteration):
            continue
        yield replace(made, kind=f"cheat: {way}")
