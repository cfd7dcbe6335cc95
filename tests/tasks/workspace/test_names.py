"""Branch names from titles, and the names that are let near a path."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.workspace.names import branch_name, checked_branch, host_part, plain_word, repo_parts


@pytest.mark.parametrize(
    ("title", "branch"),
    [
        ("Null currency", "sortie/R-1042-null-currency"),
        ("Fix 500 on `/v1/refunds` when `currency` is null", "sortie/R-1042-fix-500-on-v1-refunds"),
        ("Über-prüfung déjà vu", "sortie/R-1042-uber-prufung-deja-vu"),
        ("修复", "sortie/R-1042"),
        ("$(touch x); --upload-pack=sh\n..lock.lock", "sortie/R-1042-touch-x-upload-pack-sh"),
        ("", "sortie/R-1042"),
        ("a" * 300, "sortie/R-1042"),
    ],
)
def test_a_branch_is_the_run_and_a_few_words(title: str, branch: str) -> None:
    """A11."""
    assert branch_name("R-1042", title) == branch


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_title_gives_a_branch_we_may_push(title: str) -> None:
    branch = branch_name("R-7", title)
    assert checked_branch(branch) == branch
    assert branch.isascii() and len(branch) < 80


def test_git_agrees_that_such_branches_are_valid() -> None:
    for title in ("x", "a.lock", "-- a", "A/B", "@{0}", "~^:"):
        name = f"refs/heads/{branch_name('R-7', title)}"
        assert subprocess.run(["git", "check-ref-format", name], check=False).returncode == 0


def test_hosts_and_words_are_single_path_components() -> None:
    assert host_part("GitHub.example:8443") == "github.example_8443"
    assert repo_parts("Acme/.github") == ("acme", ".github")
    for bad in ("", "..", "a/b", "a b", "-x", "a:b:c", "a..b"):
        with pytest.raises(ValueError, match="host name"):
            host_part(bad)
    for bad in ("", "..", "a/b", "R 1", "-x", "a.b", "x\n"):
        with pytest.raises(ValueError, match="plain word"):
            plain_word(bad)
