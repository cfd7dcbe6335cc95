"""Gates against a change that makes its checks easier instead of its code better; each asks a person. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tasks.domain.checks import GateResult
from tasks.gates.aware import Place, is_program, reached
from tasks.gates.findings import LOOK, found, shown
from tasks.gates.linetests import read_line_tests
from tasks.gates.pytests import PythonTest, PythonTests, read_python_tests
from tasks.gates.special import Together, special_cases
from tasks.gates.testfiles import is_python_test, is_snapshot, is_test

_SILENCERS = re.compile(
    r"#\s*noqa|#\s*type:\s*ignore|#\s*pyright:\s*ignore|#\s*mypy:\s*ignore|pylint:\s*disable|#\s*nosec|pragma:\s*no cover"
    r"|eslint-disable|@ts-(?:ignore|nocheck|expect-error)|istanbul ignore|c8 ignore|//\s*nolint|#!?\[allow\(|NOSONAR"
    r"|rubocop:disable|@SuppressWarnings"
)
_DEAF = re.compile(
    r"\|\|\s*(?:true|:|exit 0|echo)|;\s*(?:true|exit 0)\s*$|^\s*set \+e|continue-on-error:\s*true|allow_failure:\s*true"
    r"|--no-verify|--deselect|--ignore(?:-glob)?[= ]|--exit-zero|--passWithNoTests|-k\s+[\"']?not |fail_under\s*=|--cov-fail-under"
)
_AWARE = re.compile(
    r"PYTEST_CURRENT_TEST|PYTEST_VERSION|\b_pytest\b|^\s*(?:import|from)\s+(?:pytest|pluggy|_pytest)\b|\bos\._exit\b"
    r"|JEST_WORKER_ID|VITEST_|\bprocess\.env\.NODE_ENV\s*={2,3}\s*['\"]test|\btesting\.Testing\(\)"
)
"""Of what has no syntax tree: what only code that wants to know of its test, or to end it, says."""
_COMMANDS = re.compile(
    r"(?:^|/)(?:Makefile|GNUmakefile|makefile|Dockerfile|Jenkinsfile|package\.json|tox\.ini|setup\.cfg|pyproject\.toml|noxfile\.py"
    r"|justfile|Rakefile)$|\.(?:sh|bash|mk|ya?ml|toml|ini|cfg|bat|ps1)$"
)


@dataclass(frozen=True, slots=True)
class FileText:
    """A changed file before and after; None where it was not there, or is no text that can be read."""

    path: str
    before: str | None
    after: str | None


Groups = Callable[[], tuple[frozenset[str], ...]]
"""Constants that stand together in the tests of the change; asked only where it matters."""


def cheating(files: tuple[FileText, ...], groups: Groups) -> tuple[GateResult, ...]:
    """All gates of this kind."""
    return (
        *weakened_tests(files),
        silenced(files),
        snapshots(files),
        expected_values(files, groups),
        awareness(files),
    )


def weakened_tests(files: tuple[FileText, ...]) -> tuple[GateResult, ...]:
    """Tests that went away, that are skipped or cannot fail any more, and assertions that demand less."""
    gone, skipped, weaker = [], [], []
    known = {test.body for f in files if is_python_test(f.path) for test in _tests(f.after).values()}
    for file in files:
        if not is_test(file.path):
            continue
        name = shown(file.path)
        if file.path.endswith(".py"):
            before, after = _python(file.before), _python(file.after)
            if before is None or after is None:
                continue
            if not is_python_test(file.path):
                before, after = _untested(before), _untested(after)
            gone += [f"{name}: {said}" for said in _removed(before, after, known)]
            skipped += [f"{name}: {said}" for said in _skipped(before, after)]
            weaker += [f"{name}: {said}" for said in _weaker(before, after)]
        else:
            lost, hidden, less = _by_lines(file)
            gone += [f"{name}: {said}" for said in lost]
            skipped += [f"{name}: {said}" for said in hidden]
            weaker += [f"{name}: {said}" for said in less]
    return (
        found("tests-removed", gone, "{n} test{s} removed or renamed away: a person must look.", LOOK),
        found("tests-skipped", skipped, "{n} place{s} keep a test from failing: a person must look.", LOOK),
        found("assertions", weaker, "{n} test{s} assert less than before: a person must look.", LOOK),
    )


def silenced(files: tuple[FileText, ...]) -> GateResult:
    """More remarks that silence a checker, or commands whose failure no longer counts, than before."""
    places = [f"{shown(p)}:{n}: {what}" for f in files for p, n, what in _more(f, _SILENCERS)]
    wanted = (f for f in files if _COMMANDS.search(f.path))
    places += [f"{shown(p)}:{n}: {what}" for f in wanted for p, n, what in _more(f, _DEAF)]
    return found("silenced", places, "{n} place{s} silence a check: a person must look.", LOOK)


def snapshots(files: tuple[FileText, ...]) -> GateResult:
    """Recorded expectations that were rewritten or removed."""
    places = [shown(f.path) for f in files if is_snapshot(f.path) and f.before is not None]
    return found("snapshots", places, "{n} recorded expectation{s} rewritten: a person must look.", LOOK)


def expected_values(files: tuple[FileText, ...], groups: Groups) -> GateResult:
    """Product code that now answers exactly what a test expects for exactly what it asks."""
    new = []
    for file in files:
        if file.path.endswith(".py") and not is_test(file.path) and file.after:
            old = {case.form for case in special_cases(file.before or "")}
            new += [(file.path, case) for case in special_cases(file.after) if case.form not in old]
    together = Together(groups() if new else ())
    places = [f"{shown(path)}:{case.line}" for path, case in new if together.know(case)]
    return found(
        "expected-values", places, "{n} place{s} answer just what a test expects: a person must look.", LOOK
    )


def awareness(files: tuple[FileText, ...]) -> GateResult:
    """Product code that newly asks whether it is under test, or that could end or patch its test."""
    ours = [f for f in files if not is_test(f.path) and not f.path.endswith((".md", ".rst", ".txt"))]
    places = [
        f"{shown(p)}:{n}: {what}"
        for f in ours
        if not f.path.endswith(".py")
        for p, n, what in _more(f, _AWARE)
    ]
    python = [f for f in ours if f.path.endswith(".py")]
    before = Counter(place.what for f in python for place in _reached(f, f.before))
    for file in python:
        for place in _reached(file, file.after):
            if before[place.what] > 0:
                before[place.what] -= 1
            else:
                places.append(f"{shown(file.path)}:{place.line}: {place.what}")
    return found(
        "test-awareness", places, "{n} place{s} in product code know of the tests: a person must look.", LOOK
    )


def _reached(file: FileText, text: str | None) -> tuple[Place, ...]:
    """By the syntax tree where there is one. Whether it is a program is the base's word, where the file was there."""
    if text is None:
        return ()
    program = is_program(file.before or text) or file.path.endswith("__main__.py")
    read = reached(text, program=program)
    if read is not None:
        return read
    return tuple(Place(n, what) for _, n, what in _more(FileText(file.path, None, text), _AWARE))


def _python(text: str | None) -> PythonTests | None:
    """What went away counts as empty, what cannot be read as None: the tests themselves fail on it."""
    return PythonTests() if text is None else read_python_tests(text)


def _tests(text: str | None) -> dict[str, PythonTest]:
    read = read_python_tests(text) if text else None
    return read.tests if read else {}


def _untested(tests: PythonTests) -> PythonTests:
    """A file of helpers: what is called test in it is no test."""
    return PythonTests({}, tests.skips, tests.swallows, tests.groups)


def _removed(before: PythonTests, after: PythonTests, bodies: set[str]) -> Iterator[str]:
    for name, test in before.tests.items():
        if name not in after.tests and test.body not in bodies:
            yield f"{name} is gone"
        elif name in after.tests and after.tests[name].cases < test.cases:
            yield f"{name} has {after.tests[name].cases} of {test.cases} cases left"


def _skipped(before: PythonTests, after: PythonTests) -> Iterator[str]:
    for name, n in (after.skips - before.skips).items():
        yield f"{n} more {name}"
    if after.swallows > before.swallows:
        yield f"{after.swallows - before.swallows} more place(s) swallow failures"


def _weaker(before: PythonTests, after: PythonTests) -> Iterator[str]:
    for name, test in after.tests.items():
        old = before.tests.get(name)
        if old is None:
            if test.asserted and all(a.strength == 0 for a in test.asserted):
                yield f"{name} (line {test.line}) asserts only what always holds"
            continue
        was, now = Counter(a.strength for a in old.asserted), Counter(a.strength for a in test.asserted)
        if sum(now.values()) - now[0] < sum(was.values()) - was[0]:
            yield f"{name} (line {test.line}) lost assertions"
        elif now[2] < was[2]:
            yield f"{name} (line {test.line}) demands less"


def _by_lines(file: FileText) -> tuple[list[str], list[str], list[str]]:
    before, after = read_line_tests(file.before or ""), read_line_tests(file.after or "")
    gone = [f"{before.tests - after.tests} fewer test(s)"] if after.tests < before.tests else []
    skipped = [f"{after.skips - before.skips} more skipped"] if after.skips > before.skips else []
    skipped += ["runs only a part of itself (.only)"] if after.focused > before.focused else []
    fewer = not gone and after.assertions < before.assertions
    weaker = [f"{before.assertions - after.assertions} fewer assertion(s)"] if fewer else []
    weaker += ["weaker assertions"] if after.weak > before.weak and after.tests <= before.tests else []
    return gone, skipped, weaker


def _more(file: FileText, pattern: re.Pattern[str]) -> Iterator[tuple[str, int, str]]:
    """(path, line, match) of what stands after the change and not as often before it."""
    before = Counter(
        m[0].strip() for line in (file.before or "").split("\n") if (m := pattern.search(line[:2000]))
    )
    for number, line in enumerate((file.after or "").split("\n"), 1):
        if match := pattern.search(line[:2000]):
            word = match[0].strip()
            if before[word] > 0:
                before[word] -= 1
            else:
                yield file.path, number, word
