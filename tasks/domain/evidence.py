"""Whether a lens's claim is what the harness sees: the quoted line, the command's end, what it printed. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tasks.domain.verdict import Finding, Severity

NO_QUOTE = "it quotes no line of the file"
NO_EVIDENCE = "it names no command that shows it"
WITHOUT_CODE = "its command shows the same without the code"
LATE = "not raised in the round before, where it was there to be seen"

_VOLATILE = re.compile(
    r"\b\d+(?:\.\d+)?\s?(?:ms|s|sec|seconds?|µs|us)\b|0x[0-9a-fA-F]+|/tmp/[\w./-]*|\d{4}-\d\d-\d\d[T ][\d:.,Z+-]+"
)
"""What differs from run to run: durations, addresses, temporary places, moments."""

_LEFT_OUT = re.compile(r"\[(?:… \d+ characters left out …|killed: .*)\]")
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended when the harness ran it, and what it printed."""

    exit_code: int
    output: str


@dataclass(frozen=True, slots=True)
class Touched:
    """Which lines of which files differ between two heads: path → ranges of lines in the newer one, both ends included."""

    ranges: Mapping[str, tuple[tuple[int, int], ...]]

    def covers(self, path: str, line: int) -> bool:
        return any(first <= line <= last for first, last in self.ranges.get(path, ()))


def standing(content: str, quote: str, near: int) -> int | None:
    """The line (from 1) nearest to `near` at which the quote stands, blanks apart; None when it stands nowhere."""
    wanted = [_plain(line) for line in quote.splitlines() if line.strip()]
    if not wanted:
        return None
    lines = [(number, _plain(line)) for number, line in enumerate(content.splitlines(), 1) if line.strip()]
    found = [
        lines[at][0]
        for at in range(len(lines) - len(wanted) + 1)
        if all(want == lines[at + n][1] for n, want in enumerate(wanted))
    ]
    return min(found, key=lambda line: (abs(line - near), line), default=None)


def unlike(finding: Finding, ran: Ran) -> str:
    """What a run of the finding's command shows otherwise than the finding says; "" when it shows that."""
    return differs(finding.evidence_exit, finding.evidence_output, ran)


def differs(exit_code: int | None, output: str, ran: Ran) -> str:
    """What a run shows otherwise than was said of it; "" when it shows that."""
    if exit_code is not None and exit_code != ran.exit_code:
        return f"run again, its command ended with exit code {ran.exit_code}, not {exit_code}"
    printed = [_steady(line) for line in ran.output.splitlines()]
    for line in output.splitlines():
        said = _steady(_LEFT_OUT.sub("", line))
        if said and not any(said in shown for shown in printed):
            return f"run again, its command did not print {line.strip()[:_SHOWN]!r}"
    return ""


def same_run(one: Ran, other: Ran) -> bool:
    """Whether two runs ended and printed alike."""
    return one.exit_code == other.exit_code and _all_steady(one.output) == _all_steady(other.output)


def has_evidence(finding: Finding) -> bool:
    """A command, and something about it that can be compared: an output, or an end that is not success."""
    return bool(finding.evidence_command.strip()) and (
        bool(finding.evidence_output.strip()) or finding.evidence_exit not in (None, 0)
    )


def raised_before(finding: Finding, earlier: tuple[Finding, ...]) -> Finding | None:
    """The earlier finding that says the same of the same file: by the quoted line, or by the command that shows it."""
    for before in earlier:
        same_quote = bool(_plain(finding.quote)) and _plain(finding.quote) == _plain(before.quote)
        same_command = bool(finding.evidence_command) and finding.evidence_command == before.evidence_command
        if before.path == finding.path and (same_quote or same_command):
            return before
    return None


def as_note(finding: Finding, why: str) -> Finding:
    """The finding, shown to people but holding nothing up."""
    return replace(finding, severity=Severity.note, remark=why)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _steady(line: str) -> str:
    return _plain(_VOLATILE.sub("~", line))


def _all_steady(output: str) -> list[str]:
    return [steady for line in output.splitlines() if (steady := _steady(line))]
