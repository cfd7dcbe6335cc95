"""All rows, and docs/rows.md made of them: `python -m tests.rows.table` writes the page again."""

from pathlib import Path

from tests.rows import attacks, conversation, people, speech, surfaces, thread, ways
from tests.rows.row import Row

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "rows.md"
PARTS: tuple[tuple[str, tuple[Row, ...]], ...] = (
    ("A review on our pull request (UX §8.6)", conversation.JOURNEY),
    ("Commands in comments (UX §9.1)", conversation.COMMANDS),
    ("What goes where (UX §9.2)", surfaces.PLACES),
    ("Findings (UX §9.3)", surfaces.FINDINGS),
    ("The pull request (UX §9.4)", surfaces.PULL_REQUEST),
    ("Attribution and labels (UX §9.5, 9.6)", surfaces.ATTRIBUTION),
    ("Acceptance (UX §19)", surfaces.ACCEPTANCE),
    ("People of the chat (UX §15, SECURITY §5.3)", people.ROWS),
    ("How it speaks in the chat (UX §5.8, §6)", speech.ACCEPTANCE),
    ("Ways in from Slack (UX §5.4, §5.7, journeys 8.2 to 8.4)", ways.WAYS),
    ("Attacks (SECURITY §1.1)", (*attacks.ROWS, *speech.ATTACKS)),
    ("Questions in a thread (UX §5.5)", thread.ASKING),
    ("What people do in a thread (UX §5.6, §6, §8.3)", thread.SAYING),
    ("Acceptance in the thread (UX §19)", thread.ACCEPTANCE),
    ("Attacks by edits and files (SECURITY §1.1)", thread.ATTACKS),
)
EVERY = tuple(row for _, rows in PARTS for row in rows)


def page() -> str:
    """The whole page."""
    held = sum(bool(row.tests) for row in EVERY)
    lines = [
        "# Which test holds which row",
        "",
        "Made by `python -m tests.rows.table` from `tests/rows/`; `tests/rows/test_rows.py` fails when a test that is named here does",
        f"not exist, or when a row has neither a test nor a reason. {held} of {len(EVERY)} rows have tests.",
    ]
    for title, rows in PARTS:
        lines += ["", f"## {title}", "", "| row | what it says | held by |", "|---|---|---|"]
        lines += [f"| {row.id} | {_cell(row.says)} | {_held(row)} |" for row in rows]
    return "\n".join([*lines, ""])


def _held(row: Row) -> str:
    if row.missing:
        return f"nothing yet: {row.missing}"
    if row.without:
        return f"no test: {_cell(row.without)}"
    named = (f"[{_name(test)}](../{test.split('::')[0]})" for test in row.tests)
    return "<br>".join([*named, *([f"but: {_cell(row.but)}"] if row.but else [])])


def _name(test: str) -> str:
    return test.split("::")[1].removeprefix("test_").replace("_", " ")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
