"""Reading the output of a check: which tests ran and failed, which problems are listed. Pure, and never trusts a colour."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROL = re.compile(r"[^\x09\x0a\x20-\x7e\x80-\U0010ffff]|[\x80-\x9f]")
_EXCERPT_LINES = 60
_MAX_WIDTH = 2_000
"""Characters of a line that are looked at. No pattern below spans lines or repeats a repetition: an output of a million
blanks, digits or slashes must not hold up the worker."""
_LINE_LENGTH = 240


@dataclass(frozen=True, slots=True)
class TestReport:
    """`failed` are test ids or, where a file could not be loaded, files. `ran` excludes what was skipped or expected to
    fail, None when not told; `told_failed` is how many failures its summary counts.
    """

    __test__ = False
    framework: str
    ran: int | None
    failed: tuple[str, ...]
    told_failed: int = 0


def clean(output: bytes) -> str:
    """Output as plain lines: no escapes, no control characters, carriage returns resolved to the last text."""
    text = _ANSI.sub("", output.decode("utf-8", "replace"))
    lines = (line.rstrip("\r").rsplit("\r", 1)[-1][:_MAX_WIDTH] for line in text.split("\n"))
    return _CONTROL.sub("", "\n".join(lines))


def read_tests(text: str) -> TestReport | None:
    """What a test run says of itself; None when its output is of no kind we know."""
    return next((report for parser in _PARSERS if (report := parser(text)) is not None), None)


def skipping_files(text: str) -> frozenset[str]:
    """Files in which pytest says that it skipped tests, or expected them to fail; it does so when asked (-rsx)."""
    return frozenset(match[1] for line in text.split("\n") if (match := _NOT_PASSED.match(line)))


_NOT_PASSED = re.compile(r"(?:SKIPPED \[\d+\]|XFAIL) ([^:\s]+)")


def read_coverage(text: str) -> float | None:
    """The percentage that a coverage tool tells last, None where none does."""
    told = [match for line in text.split("\n") for pattern in _COVERAGE if (match := pattern.match(line))]
    return float(told[-1][1]) if told else None


_COVERAGE = (
    re.compile(r"TOTAL\b[ \d]* (\d{1,3}(?:\.\d+)?)%$"),
    re.compile(r"All files +\| +(\d{1,3}(?:\.\d+)?) "),
    re.compile(r"(?:ok\b.*)?coverage: (\d{1,3}(?:\.\d+)?)% of statements"),
)
"""coverage.py, istanbul, go test -cover."""


def read_problems(text: str) -> Counter[str]:
    """Lines of the form path:line[:column]: message, without their positions, so that moved lines stay the same."""
    found: Counter[str] = Counter()
    for line in text.split("\n"):
        match = _PROBLEM.match(line.strip())
        if match and not _NOTE.search(match["text"]):
            found[f"{match['path']}: {match['text'].strip()}"] += 1
    return found


def excerpt(text: str) -> str:
    """At most 60 lines worth reading: from where the failures begin, and the end."""
    lines = [line[:_LINE_LENGTH].rstrip() for line in text.strip("\n").split("\n")]
    if len(lines) <= _EXCERPT_LINES:
        return "\n".join(lines)
    start = next((n for n, line in enumerate(lines) if _BEGIN.search(line)), None)
    if start is None or len(lines) - start <= _EXCERPT_LINES:
        return "\n".join(lines[-_EXCERPT_LINES:])
    head, tail = lines[start : start + 38], lines[-21:]
    return "\n".join([*head, f"[… {len(lines) - start - 59} lines …]", *tail])


_PROBLEM = re.compile(
    r"(?P<path>[^\s:()]+\.[A-Za-z0-9]+)(?::\d+(?::\d+)?|\(\d+(?:,\d+)?\))[:\s]\s*(?P<text>\S.*)"
)
_NOTE = re.compile(r"^(?:note|info)\b", re.I)
_BEGIN = re.compile(
    r"^=+ (?:FAILURES|ERRORS) =+|^--- FAIL|^failures:|^not ok |^FAIL[: ]|^ERROR[: ]|^\s*●|^✖ failing"
)


def _pytest(text: str) -> TestReport | None:
    summary = next((line for line in reversed(text.split("\n")) if _PYTEST_END.search(line)), None)
    if summary is None:
        return None
    counts = {word.rstrip("s"): int(n) for n, word in _PYTEST_COUNT.findall(summary)}
    ran = sum(counts.get(word, 0) for word in ("passed", "failed", "xpassed"))
    failed = [match[2] for line in text.split("\n") if (match := _PYTEST_FAILED.match(line))]
    told = counts.get("failed", 0) + counts.get("error", 0)
    return TestReport("pytest", ran, tuple(dict.fromkeys(failed)), told)


_PYTEST_END = re.compile(r"^[= ]*(?:\d+ [a-z]|no tests ran|no tests collected).* in [\d.]+s\b")
_PYTEST_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)")
_PYTEST_FAILED = re.compile(r"^(FAILED|ERROR) (\S.*?)(?: - .*)?$")


def _cargo(text: str) -> TestReport | None:
    results = _CARGO_RESULT.findall(text)
    if not results:
        return None
    ran = sum(int(passed) + int(failed) for passed, failed in results)
    told = sum(int(failed) for _, failed in results)
    return TestReport("cargo", ran, tuple(dict.fromkeys(_CARGO_FAILED.findall(text))), told)


_CARGO_RESULT = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed;", re.M)
_CARGO_FAILED = re.compile(r"^test (.+?) \.\.\. FAILED$", re.M)


def _go(text: str) -> TestReport | None:
    failed: list[str] = []
    waiting: list[str] = []
    packages = with_tests = 0
    for line in text.split("\n"):
        if match := re.match(r"^\s*--- FAIL: (\S+)", line):
            waiting.append(match[1])
        elif match := re.match(r"^(ok|FAIL|\?|---)\s+(\S+)\s+(\(cached\)|[\d.]+s|\[[\w ]+\])", line):
            packages += 1
            with_tests += "[no test files]" not in line
            if match[1] == "FAIL":
                failed += [f"{match[2]}.{name}" for name in waiting] or [match[2]]
            waiting = []
    if not packages:
        return None
    return TestReport("go", None if with_tests else 0, tuple(dict.fromkeys(failed)), len(failed))


def _unittest(text: str) -> TestReport | None:
    ran = re.findall(r"^Ran (\d+) tests? in [\d.]+s", text, re.M)
    if not ran:
        return None
    skipped = sum(int(n) for n in re.findall(r"^(?:OK|FAILED) \(.*?skipped=(\d+)", text, re.M))
    failed = [" ".join(m) for m in re.findall(r"^(?:FAIL|ERROR): (\S+) (\(.*?\))", text, re.M)]
    failed += re.findall(r"^(?:FAIL|ERROR): (\S+)$", text, re.M)
    ends = re.findall(r"^FAILED \((.*)\)$", text, re.M)
    told = sum(int(n) for end in ends for n in re.findall(r"\b(?:failures|errors)=(\d+)", end))
    return TestReport("unittest", max(0, sum(map(int, ran)) - skipped), tuple(dict.fromkeys(failed)), told)


def _jest(text: str) -> TestReport | None:
    total = re.findall(r"^Tests:.*[ \t](\d+) total$", text, re.M)
    if not total:
        return None
    skipped = sum(int(n) for n in re.findall(r"^Tests:.*[ \t](\d+) skipped", text, re.M))
    told = sum(int(n) for n in re.findall(r"^Tests:.*[ \t](\d+) failed", text, re.M))
    failed = re.findall(r"^[ \t]+● (.+ › .+)$", text, re.M) + re.findall(r"^FAIL (\S+)", text, re.M)
    return TestReport("jest", int(total[-1]) - skipped, tuple(dict.fromkeys(failed)), told)


def _node(text: str) -> TestReport | None:
    """node --test: its TAP reporter and its spec reporter."""
    passed = re.findall(r"^(?:#|ℹ) pass (\d+)$", text, re.M)
    failed_count = re.findall(r"^(?:#|ℹ) fail (\d+)$", text, re.M)
    if not passed or not failed_count:
        return None
    failed = re.findall(r"^[ \t]*not ok \d+ - (.+?)(?: # .*)?$", text, re.M)
    failed += re.findall(r"^[ \t]*✖ (.+?) \([\d.]+ms\)$", text, re.M)
    told = int(failed_count[-1])
    return TestReport("node", int(passed[-1]) + told, tuple(dict.fromkeys(failed)), told)


def _mocha(text: str) -> TestReport | None:
    passing = re.findall(r"^[ \t]+(\d+) passing\b", text, re.M)
    if not passing:
        return None
    failing = re.findall(r"^[ \t]+(\d+) failing\b", text, re.M)
    failed = re.findall(r"^[ \t]{2,}\d+\) (\S.*?):?$", text.split(" failing", 1)[-1], re.M) if failing else []
    told = int(failing[-1]) if failing else 0
    return TestReport("mocha", int(passing[-1]) + told, tuple(dict.fromkeys(failed)), told)


def _tap(text: str) -> TestReport | None:
    plan = re.search(r"^1\.\.(\d+)", text, re.M)
    results = re.findall(
        r"^(ok|not ok)\b(?: \d+)?(?: -)?[ \t]*(.*?)(?: # (SKIP|TODO)\b.*)?$", text, re.M | re.I
    )
    if plan is None or not results:
        return None
    ran = sum(directive.upper() != "SKIP" for _, _, directive in results)
    failed = [name for result, name, directive in results if result == "not ok" and not directive]
    return TestReport("tap", ran, tuple(dict.fromkeys(failed)), len(failed))


_PARSERS: tuple[Callable[[str], TestReport | None], ...] = (
    _pytest,
    _cargo,
    _go,
    _unittest,
    _jest,
    _node,
    _mocha,
    _tap,
)
