"""SECURITY H4: a change that is too much to read is shown cut, says what was not shown, and costs a bounded time and prompt."""

import time

import pytest

from tasks.steps.run.shown_diff import DIFF_BYTES, ShownDiff, shown_diff
from tests.tasks.gates import conftest as gates
from tests.tasks.gates.conftest import REPO, Bench
from tests.tasks.workspace.repos import sh

bench, toolchain, sandboxes = gates.bench, gates.toolchain, gates.sandboxes


def shown(bench: Bench) -> ShownDiff:
    return shown_diff(bench.workspaces, REPO, base=bench.base, head=bench.head)


def written_at_once(bench: Bench, names: list[str]) -> str:
    """A commit of all these files on top of the change (https://git-scm.com/docs/git-fast-import)."""
    content = "".join(f"x = {n}\n" for n in range(20))
    lines = ["commit refs/heads/change", "committer Ann <ann@example.com> 1700000000 +0000", "data 0"]
    lines += [
        f"from {bench.head}",
        *(f"M 100644 inline {name}\ndata {len(content)}\n{content}" for name in names),
    ]
    origin = bench.server.path(REPO)
    sh(origin, "fast-import", "--quiet", stdin="\n".join([*lines, "", ""]).encode())
    return sh(origin, "rev-parse", "refs/heads/change")


def test_a_change_that_fits_is_shown_whole(bench: Bench) -> None:
    bench.change({"a": "1\n"}, {"a": "2\n"})
    diff = shown(bench)
    assert (diff.left_out, diff.reason) == ((), "") and "+2" in diff.text


def test_of_five_thousand_files_as_many_as_fit_are_shown_and_all_others_are_named(bench: Bench) -> None:
    names = [f"src/{n:05}/{'module' * 8}.py" for n in range(5_000)]
    bench.change({"a": "1\n"}, {"a": "2\n"})
    bench.head = written_at_once(bench, names)
    bench.mirror()
    began = time.monotonic()
    diff = shown(bench)
    assert time.monotonic() - began < 60
    assert len(diff.text.encode()) <= DIFF_BYTES
    seen = {name for name in names if f"b/{name}\n" in diff.text}
    assert seen and seen | set(diff.left_out) == set(names) and not seen & set(diff.left_out)
    assert (
        diff.reason.startswith("not reviewed: src/")
        and diff.reason.endswith("more")
        and len(diff.reason) < 260
    )


def test_one_file_of_many_megabytes_takes_no_place_from_the_small_ones(bench: Bench) -> None:
    bench.change({"a": "1\n"}, {"a": "2\n", "b.txt": "0123456789abcde\n" * 200_000, "c": "3\n"})
    diff = shown(bench)
    assert diff.left_out == ("b.txt",) and "+2" in diff.text and "+3" in diff.text
    assert diff.reason == "not reviewed: b.txt"


@pytest.mark.parametrize(("number", "told"), [(1, "f0"), (3, "f0, f1, f2"), (4, "f0, f1, f2 and 1 more")])
def test_the_reason_names_three_and_counts_the_rest(number: int, told: str) -> None:
    diff = ShownDiff("", tuple(f"f{n}" for n in range(number)))
    assert diff.reason == f"not reviewed: {told}"


def test_reviewers_are_told_at_most_two_hundred_names_and_how_many_more_there_are() -> None:
    diff = ShownDiff("", tuple(f"{n:04}{'x' * 4_000}" for n in range(5_000)))
    lines = diff.listed.split("\n")
    assert len(lines) == 201 and lines[-1] == "… and 4800 more" and len(diff.listed) < 100_000
    assert ShownDiff("", ("a", "b")).listed == "a\nb"
