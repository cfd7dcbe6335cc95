"""The risk of a change: which signs there are, and what each of them makes of a change that is otherwise harmless."""

import pytest

from tasks.domain.checks import GateOutcome, GateResult
from tasks.domain.risk import Level, Risk, Seen, Sign
from tasks.gates.risk import assess
from tasks.workspace.objects import LineCount

TESTED = (GateResult("test", GateOutcome.passed, "pass", "pass"),)
ASKS = GateResult("protected-paths", GateOutcome.needs_human, "not run", "pass")
CODE, TEST = LineCount("api/refunds.py", 4, 1), LineCount("tests/test_refunds.py", 9, 0)


def risk(*counts: LineCount, gates: tuple[GateResult, ...] = TESTED, owners: bytes | None = None) -> Risk:
    return assess(counts, gates, codeowners=owners)


def file(path: str, added: int | None = 1) -> LineCount:
    return LineCount(path, added, 0)


def test_a_small_change_with_its_test_is_a_low_risk() -> None:
    assert risk(CODE, TEST) == Risk(Level.low)
    assert risk() == Risk(Level.low)


@pytest.mark.parametrize(
    ("counts", "gates", "level", "sign"),
    [
        ((CODE, TEST), (*TESTED, ASKS), Level.high, Seen(Sign.asks_person, 1, ("protected-paths",))),
        ((CODE, TEST), (), Level.high, Seen(Sign.unproven, 1, ("api/refunds.py",))),
        (
            (CODE, TEST),
            (GateResult("test", GateOutcome.failed, "pass", "fail"),),
            Level.high,
            Seen(Sign.unproven, 1, ("api/refunds.py",)),
        ),
        (
            (CODE, TEST, file("db/migrations/7.py")),
            TESTED,
            Level.high,
            Seen(Sign.migration, 1, ("db/migrations/7.py",)),
        ),
        ((TEST, file("Schema.SQL")), TESTED, Level.high, Seen(Sign.migration, 1, ("Schema.SQL",))),
        ((CODE, file("tests/test_a.py", 396)), TESTED, Level.high, Seen(Sign.large, 2, lines=401)),
        (
            tuple(file(f"tests/test_{n}.py") for n in range(21)),
            TESTED,
            Level.high,
            Seen(Sign.large, 21, lines=21),
        ),
        (
            (TEST, file("web/package.json")),
            TESTED,
            Level.medium,
            Seen(Sign.dependency, 1, ("web/package.json",)),
        ),
        ((CODE,), TESTED, Level.medium, Seen(Sign.untested, 1, ("api/refunds.py",))),
        ((file("tests/test_a.py", 61),), TESTED, Level.medium, Seen(Sign.wide, 1, lines=61)),
        (tuple(file(f"docs/{n}.md") for n in range(6)), (), Level.medium, Seen(Sign.wide, 6, lines=6)),
    ],
)
def test_what_each_sign_makes_of_a_small_tested_change(
    counts: tuple[LineCount, ...], gates: tuple[GateResult, ...], level: Level, sign: Seen
) -> None:
    assert risk(*counts, gates=gates) == Risk(level, (sign,))


def test_sixty_lines_and_five_files_are_small_still_and_prose_needs_no_test() -> None:
    assert risk(CODE, file("tests/test_a.py", 55)).level is Level.low
    assert risk(*(file(f"docs/{n}.md") for n in range(5)), gates=()).level is Level.low


def test_the_gravest_sign_comes_first_and_a_file_that_cannot_be_counted_counts_as_a_file() -> None:
    found = risk(CODE, file("go.mod"), *(file(f"img/{n}.png", None) for n in range(4)), gates=(*TESTED, ASKS))
    assert found.level is Level.high
    assert [s.sign for s in found.signs] == [Sign.asks_person, Sign.dependency, Sign.untested, Sign.wide]


def test_owners_of_a_part_count_and_owners_of_everything_do_not() -> None:
    assert risk(CODE, TEST, owners=b"* @ada\n").level is Level.low
    owned = risk(CODE, TEST, owners=b"* @ada\n/api/ @acme/payments\n")
    assert owned == Risk(Level.medium, (Seen(Sign.owned, 1, ("api/refunds.py",)),))
    assert risk(CODE, TEST, owners=b"/api/ @ben\n/api/refunds.py\n").level is Level.low
    assert risk(CODE, TEST, owners=b"/api/ @ben\n* @ada\n").level is Level.low
    assert risk(CODE, TEST, owners=b"/api/ @ben\n/api/refunds.py\n/api/ @ben\n").level is Level.medium


def test_names_are_shown_without_characters_that_play_tricks_and_at_most_three() -> None:
    found = risk(*(file(f"a/migrations/{n}\n.sql") for n in range(5)), gates=TESTED)
    migration = found.signs[0]
    assert migration.count == 5 and migration.names == tuple(f"a/migrations/{n}\\n.sql" for n in range(3))
