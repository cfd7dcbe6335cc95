"""UX 9.4: a title in the repository's convention, told from its last commits and put right by the harness."""

import pytest

from tasks.workspace.convention import conventional, in_convention

CONVENTIONAL = ("feat: a", "fix(api): b", "chore!: c", "docs: d", "refactor(x)!: e")


def test_four_of_five_commits_make_a_convention() -> None:
    assert conventional(CONVENTIONAL)
    assert conventional((*CONVENTIONAL[:4], "Oops"))
    assert not conventional((*CONVENTIONAL[:3], "Oops", "Again"))


def test_few_commits_make_none_and_what_git_writes_is_not_counted() -> None:
    assert not conventional(CONVENTIONAL[:4])
    assert not conventional(())
    assert conventional((*CONVENTIONAL, "Merge branch 'x'", 'Revert "feat: a"', "fixup! feat: a"))


def test_only_the_last_fifty_count() -> None:
    assert conventional((*("fix: x",) * 50, *("Old",) * 200))
    assert not conventional((*("New",) * 50, *("fix: x",) * 200))


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Return 422 on null currency", "fix: return 422 on null currency"),
        ("Add a limit to exports", "feat: add a limit to exports"),
        ("Document the refund codes", "docs: document the refund codes"),
        ("Rename the reader", "refactor: rename the reader"),
        ("Bump urllib3", "build: bump urllib3"),
        ("HTTP 500 becomes 422", "fix: HTTP 500 becomes 422"),
        ("fix(api): return 422", "fix(api): return 422"),
        ("Fix: return 422", "fix: return 422"),
        ("FEAT(api)!:add it", "feat(api)!: add it"),
        ("", ""),
    ],
)
def test_a_title_is_put_into_the_form_of_the_history(said: str, title: str) -> None:
    assert in_convention(said, CONVENTIONAL) == title
    assert in_convention(title, CONVENTIONAL) == title


def test_a_history_without_a_convention_leaves_titles_alone() -> None:
    assert in_convention("Return 422", ("Add a", "Fix b", "c", "d", "e")) == "Return 422"
