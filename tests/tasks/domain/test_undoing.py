"""What takes a merged change back, or mends it in a hurry: narrow on purpose, since it takes autonomy away by itself."""

from dataclasses import replace

import pytest

from tasks.domain.facts import PullRequestMoved, Undoing, Undone
from tasks.domain.record import told
from tasks.domain.run import Run
from tasks.domain.undoing import Change, as_one, may_undo, undone_by
from tests.support.histories import ONE, TO_READY, TWO, Story

MERGE = "5" * 40
MERGED = (*TO_READY, PullRequestMoved(812, "closed", True, ONE, "ben", MERGE))
OURS = "src/a.py"


@pytest.fixture
def run() -> Run:
    merged = Story(*MERGED).run
    assert merged.submission is not None
    diff = f"diff --git a/{OURS} b/{OURS}\n--- a/{OURS}\n+++ b/{OURS}\n@@ -1 +1 @@\n-x\n+y\n"
    return replace(merged, submission=replace(merged.submission, diff=diff))


@pytest.mark.parametrize(
    "text",
    [
        'Revert "Return 422"\n\nReverts acme/api#812',
        'Revert "Return 422"\n\nReverts #812',
        "Revert #812: it broke refunds",
        'Revert "Return 422 (#812)" (#815)',
        f'Revert "Return 422"\n\nThis reverts commit {MERGE}.',
        f'Revert "Return 422"\n\nThis reverts commit {ONE[:12]}, reversing\nchanges made to main.',
    ],
)
def test_a_revert_names_our_pull_request_or_one_of_our_commits(run: Run, text: str) -> None:
    change = Change("#815", text)
    assert may_undo(change) and undone_by(run, change) == Undone(Undoing.revert, "#815")


@pytest.mark.parametrize(
    "text",
    [
        "Reverts other/api#812",
        "Reverts #8120",
        "Revert #81",
        f"This reverts commit {TWO}.",
        "Do not revert #812",
        "See #812",
        'Revert "Speed up #812"',
        "This reverts commit 555555.",
    ],
)
def test_other_words_take_nothing_of_ours_back(run: Run, text: str) -> None:
    assert undone_by(run, Change("#815", text, (OURS,))) is None


@pytest.mark.parametrize(
    ("text", "paths", "counts"),
    [
        ("hotfix: refunds are down", (OURS,), True),
        ("Hot-fix refunds", (OURS,), True),
        ("fix: refunds after #812", (OURS,), True),
        ("Fix refunds\n\nBroken since R-1042.", (OURS,), True),
        (f"fix(refunds): undo half of {MERGE[:10]}", (OURS,), True),
        ("fix: a typo in the same file", (OURS,), False),
        ("hotfix: something else", ("src/b.py",), False),
        ("hotfix: something nobody told the paths of", (), False),
        ("feat: go on from #812", (OURS,), False),
        ("fixture for #812", (OURS,), False),
        ("fix: see #8123", (OURS,), False),
    ],
)
def test_a_hotfix_is_a_fix_of_our_files_that_says_so(
    run: Run, text: str, paths: tuple[str, ...], counts: bool
) -> None:
    found = undone_by(run, Change("c0ffee", text, paths))
    assert found == (Undone(Undoing.hotfix, "c0ffee") if counts else None)


def test_a_merge_commit_has_the_title_of_its_pull_request_and_the_paths_of_its_push(run: Run) -> None:
    merge = Change("d" * 40, "Merge pull request #815 from acme/fix\n\nhotfix: refunds are down")
    pushed = as_one((Change("e" * 40, "wip", (OURS,)), merge))
    assert [undone_by(run, change) for change in pushed] == [None, Undone(Undoing.hotfix, "#815")]


def test_a_run_is_undone_once_and_never_by_itself(run: Run) -> None:
    assert undone_by(run, Change("#812", "Revert #812")) is None
    assert undone_by(run, Change(MERGE, f"This reverts commit {ONE}.")) is None
    again = replace(run, undone=(Undone(Undoing.revert, "#813"),))
    assert undone_by(again, Change("#815", "Revert #812")) is None
    assert undone_by(Story(*TO_READY).run, Change("#815", "Revert #812")) is None


def test_what_was_undone_escaped_its_lenses_and_counts_once() -> None:
    story = Story(*MERGED)
    assert not told("acme/api", story.recorded).escaped
    story.tell(Undone(Undoing.revert, "#815"))
    assert told("acme/api", story.recorded).escaped and story.run.undone
    first = told("acme/api", story.recorded).escaped_at
    story.tell(Undone(Undoing.hotfix, "#816"))
    assert told("acme/api", story.recorded).escaped_at == first


def test_a_run_that_was_not_merged_cannot_be_undone() -> None:
    assert Story(*TO_READY, Undone(Undoing.revert, "#815")).run.undone == ()
