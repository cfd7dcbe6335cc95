"""Every gate there is: what it promises, what follows when it does not hold, and what it cannot see. docs/verification.md shows it."""

from dataclasses import dataclass

BACK, PERSON, EVIDENCE = "back to the author", "a person must approve", "evidence only"


@dataclass(frozen=True, slots=True)
class GateRow:
    """`follows` is what a result that does not hold leads to."""

    name: str
    promise: str
    follows: str
    blind: str


CATALOGUE = (
    GateRow(
        "conflict-markers", "No added line begins with a conflict marker.", BACK, "Markers of other tools."
    ),
    GateRow(
        "secrets",
        "No added line and no new name looks like a secret (detect-secrets' rules and ours).",
        BACK,
        "Secrets without a shape of their own; encoded or split ones.",
    ),
    GateRow(
        "protected-paths",
        "Nothing that steers CI, reviewers or agents, and no lockfile or Dockerfile, changes unseen.",
        PERSON,
        "What a repository steers by files of other names and does not list.",
    ),
    GateRow(
        "check-files",
        "No new file runs in place of a check's program (back to the author); what configures a check does not change unseen.",
        PERSON,
        "Product code that changes how a check behaves while it runs.",
    ),
    GateRow(
        "file-modes",
        "No repository inside the repository, no link that leaves it (back to the author); no new link, binary or odd mode unseen.",
        PERSON,
        "What a binary holds.",
    ),
    GateRow(
        "size",
        "The change is within the limits on files, lines and bytes.",
        BACK,
        "Whether it is too much to read.",
    ),
    GateRow(
        "tests-removed",
        "No test and no case of a test went away.",
        PERSON,
        "Cases computed at run time; for languages other than Python it counts lines.",
    ),
    GateRow(
        "tests-skipped",
        "No test was skipped, expected to fail, focused on, or made to swallow its failure.",
        PERSON,
        "Conditions hidden behind a helper's name.",
    ),
    GateRow(
        "assertions",
        "No test that stays asserts less than before.",
        PERSON,
        "An assertion of the same kind on another value; base-tests sees that one.",
    ),
    GateRow(
        "silenced",
        "No remark that silences a checker was added, and no command whose failure stopped counting.",
        PERSON,
        "Rules that are turned down in a checker's own configuration; check-files sees those.",
    ),
    GateRow(
        "snapshots",
        "No recorded expectation was rewritten.",
        PERSON,
        "Recordings under names it does not know.",
    ),
    GateRow(
        "expected-values",
        "No product code answers exactly what a test expects for exactly what it asks.",
        PERSON,
        "Other languages than Python; values that come from a file or are computed from what is asked.",
    ),
    GateRow(
        "test-awareness",
        "No product code newly reaches what tells of a test that runs, or can end or patch it, by whatever name.",
        PERSON,
        "What is reached by data alone, and counting: code that is right so many times; other languages by words alone.",
    ),
    GateRow("setup", "The setup command works as it did before.", BACK, "What it installs."),
    GateRow(
        "test",
        "Every test that passed on base passes on head; one rerun tells a flake from a failure.",
        BACK,
        "What no test looks at. Alone it believes the change's own process; canary and base-tests do not.",
    ),
    GateRow("types", "No new type error.", BACK, "Errors that the checker's configuration hides."),
    GateRow("lint", "No new problem.", BACK, "The same."),
    GateRow("build", "It builds as it did before.", BACK, "What the build does not look at."),
    GateRow("test-count", "No fewer tests run than before.", PERSON, "A test that was replaced by another."),
    GateRow(
        "still-red",
        "Where tests fail as they did before the change, a test shows what it mends.",
        PERSON,
        "A test that is about something else; words alone are let on.",
    ),
    GateRow(
        "coverage",
        "Where the tests measure coverage, it did not fall.",
        PERSON,
        "Repositories that do not measure it.",
    ),
    GateRow(
        "base-tests",
        "Base's tests, configured as on base, hold on head's product code, and as many of them run.",
        PERSON,
        "Product code that recognises one test and answers it alone.",
    ),
    GateRow(
        "canary",
        "Tests that must fail, planted under names drawn at random beside base's tests, are reported as failing.",
        BACK,
        "Code that forges some results and not others. Only pytest and unittest have one.",
    ),
    GateRow(
        "proof",
        "A test of the change fails on base's product code and passes on head's; only then is anything called fixed.",
        EVIDENCE,
        "Whether that test is about what was asked; the lenses look at that.",
    ),
    GateRow(
        "mutation",
        "Small changes to the changed lines that the tests do not notice are listed.",
        EVIDENCE,
        "Other languages than Python; it draws a sample and stops when its time is spent.",
    ),
)


def table() -> str:
    """The catalogue as Markdown."""
    lines = ["| gate | promises | where it does not hold | cannot see |", "|---|---|---|---|"]
    return "\n".join(
        [*lines, *(f"| `{r.name}` | {r.promise} | {r.follows} | {r.blind} |" for r in CATALOGUE)]
    )
