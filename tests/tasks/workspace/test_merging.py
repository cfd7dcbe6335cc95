"""Merging a base branch into a head without a working tree."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.workspace.git import GitFailed, git
from tasks.workspace.merging import merge
from tasks.workspace.rebuilding import Author, NewCommit, keep_commit

AT = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    git(None, "init", "--quiet", "--bare", "--template=", str(tmp_path / "q.git"))
    return tmp_path / "q.git"


def commit(repo: Path, files: dict[str, str], *parents: str) -> str:
    rows = [
        f"100644 blob {git(repo, 'hash-object', '-w', '--stdin', stdin=text.encode()).decode().strip()}\t{name}"
        for name, text in files.items()
    ]
    tree = git(repo, "mktree", stdin=("\n".join(rows) + "\n").encode()).decode().strip()
    env = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    args = [word for parent in parents for word in ("-p", parent)]
    return git(repo, "commit-tree", tree, *args, stdin=b"x", env=env).decode().strip()


def shown(repo: Path, oid: str, path: str) -> str:
    return git(repo, "cat-file", "blob", f"{oid}:{path}").decode()


def test_both_sides_come_together_where_they_do_not_touch(repo: Path) -> None:
    first = commit(repo, {"a": "1\n", "b": "1\n"})
    head, base = commit(repo, {"a": "2\n", "b": "1\n"}, first), commit(repo, {"a": "1\n", "b": "2\n"}, first)
    made = merge(repo, "R-1", head=head, base=base, at=AT, author=Author())
    assert made.conflicts == () and (shown(repo, made.oid, "a"), shown(repo, made.oid, "b")) == ("2\n", "2\n")
    assert merge(repo, "R-1", head=head, base=base, at=AT, author=Author()) == made


def test_what_conflicts_is_named_and_stands_there_with_markers(repo: Path) -> None:
    first = commit(repo, {"naïve": "1\n", "gone": "1\n"})
    head = commit(repo, {"naïve": "2\n", "gone": "2\n"}, first)
    base = commit(repo, {"naïve": "3\n"}, first)
    made = merge(repo, "R-1", head=head, base=base, at=AT, author=Author())
    assert set(made.conflicts) == {"naïve", "gone"}
    assert shown(repo, made.oid, "naïve").startswith("<<<<<<< ") and "=======\n3\n" in shown(
        repo, made.oid, "naïve"
    )


def test_a_head_that_holds_all_of_the_base_has_nothing_to_merge(repo: Path) -> None:
    base = commit(repo, {"a": "1\n"})
    head = commit(repo, {"a": "2\n"}, base)
    assert merge(repo, "R-1", head=head, base=base, at=AT, author=Author()).oid == ""


def test_histories_that_have_nothing_in_common_are_not_merged(repo: Path) -> None:
    one, other = commit(repo, {"a": "1\n"}), commit(repo, {"b": "1\n"})
    with pytest.raises(GitFailed):
        merge(repo, "R-1", head=one, base=other, at=AT, author=Author())


def test_a_merge_commit_has_the_head_first_and_the_base_second(repo: Path) -> None:
    first = commit(repo, {"a": "1\n"})
    head, base = commit(repo, {"a": "2\n"}, first), commit(repo, {"a": "1\n", "b": "1\n"}, first)
    tree = git(repo, "rev-parse", f"{head}^{{tree}}").decode().strip()
    made = keep_commit(repo, "R-1", NewCommit(tree, head, "Merge main", AT, Author(), base))
    assert git(repo, "show", "-s", "--format=%P", made).decode().split() == [head, base]
    assert keep_commit(repo, "R-1", NewCommit(tree, head, "Merge main", AT, Author(), base)) == made
    assert keep_commit(repo, "R-1", NewCommit(tree, head, "Merge main", AT, Author())) != made
