"""The table counts every try, shows what failed, and takes its place on the page. Quick: kills nobody."""

from pathlib import Path

import pytest

from tests.drills.table import BEGIN, END, Setting, gather, text, write

WHERE = Setting("abc", "2026-11-30", "2 cores", "make drills TIMES=2", 120.0)
TRIED = (
    ("test_points.py::test_killed_at[effect.chat.card.before-try1]", True, 3.0, ""),
    ("test_points.py::test_killed_at[effect.chat.card.before-try2]", False, 4.0, "I-a 2 pull | requests"),
    ("test_points.py::test_killed_at[effect.chat.card.after@2-try1]", True, 3.0, ""),
    ("test_points.py::test_killed_at[append.Gated.inside + append.Gated.after-try1]", True, 5.0, ""),
    ("test_points.py::test_killed_at[record-try1]", True, 5.0, ""),
    ("test_points.py::test_killed_at[record@3 + append.StepFailed.after-try1]", True, 5.0, ""),
    ("test_processes.py::test_two_of_a_kind_do_everything_once[beat-try1]", True, 2.0, ""),
    ("test_disk.py::test_a_disk_is_full[try1]", True, 9.0, ""),
    ("test_disk.py::test_a_disk_is_full[try2]", True, 8.0, ""),
)


def test_every_try_counts_and_a_failure_is_shown_with_its_reason() -> None:
    lines = text(gather(TRIED), WHERE).split("\n")
    assert "7 drills, 9 tries, 8 passed; 6 drills passed every time" in lines[0]
    assert "| points: killed at (effect.chat.card.before) | 1/2 | I-a 2 pull \\| requests |" in lines
    assert "| `effect.chat.card` | after@2 1/1, before 1/2 |" in lines
    assert "| `append.Gated` | inside + after 1/1 |" in lines
    assert "| processes: two of a kind do everything once (beat) | 1/1 | 2 s |" in lines
    assert "| disk: a disk is full | 2/2 | 9 s |" in lines


def test_the_table_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write(page, "new")
    assert page.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"


def test_a_page_without_a_place_for_it_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="no markers"):
        write(page, "new")
    assert page.read_text() == "nothing"
