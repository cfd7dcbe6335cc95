"""The agent's tools, each run in a real sandbox on real files."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.errors import Cancelled
from integrations.sandboxes.bubblewrap import BubblewrapProvider
from tasks.agent.tools import OUTPUT_CHARACTERS, Toolbox, ToolResult
from tests.tasks.agent.rooms import MemoryJournal, toolbox_on, workspace

FILES: dict[str, str | bytes] = {
    "src/app.py": "def total(items):\n    return sum(items)\n\n\ndef mean(items):\n    return total(items) / len(items)\n",
    "dos.txt": b"one\r\ntwo\r\nthree\r\n",
    "latin.txt": b"caf\xe9\nend\n",
    "image.png": b"\x89PNG\0\0\0",
    "empty.txt": "",
    ".git/config": "total = secret",
}


@pytest.fixture
def tree(provider: BubblewrapProvider) -> Iterator[Path]:
    with workspace(provider, FILES) as path:
        yield path


@pytest.fixture
def toolbox(provider: BubblewrapProvider, tree: Path) -> Iterator[Toolbox]:
    with toolbox_on(provider, tree, MemoryJournal()) as box:
        yield box


def bash(toolbox: Toolbox, command: str, timeout_s: int | None = None) -> ToolResult:
    return toolbox.run("bash", {"command": command, "timeout_s": timeout_s})


def refused(toolbox: Toolbox, tool: str, **given: Any) -> str:
    result = toolbox.run(tool, given)
    assert result.is_error
    return result.text


def test_a_command_gives_its_exit_code_and_then_its_output(toolbox: Toolbox) -> None:
    assert bash(toolbox, "echo out; echo err >&2; exit 3") == ToolResult("exit code: 3\nout\nerr\n")
    assert bash(toolbox, "pwd; id -u").text == "exit code: 0\n/workspace\n1000\n"


def test_a_failing_command_is_a_result_and_no_error(toolbox: Toolbox) -> None:
    assert not bash(toolbox, "false").is_error


def test_a_command_that_takes_too_long_is_killed_and_says_so(toolbox: Toolbox) -> None:
    result = bash(toolbox, "echo begun; sleep 60", 1)
    assert result.text == "exit code: 124\nbegun\n\n[killed: it ran longer than 1 s]"


def test_a_command_gets_no_more_time_than_the_run_has_left(provider: BubblewrapProvider, tree: Path) -> None:
    with toolbox_on(provider, tree, MemoryJournal(), time_left_s=1.0) as box:
        assert "killed: it ran longer than 1 s" in bash(box, "sleep 60", 600).text


def test_a_stopped_run_ends_its_command_within_two_seconds(provider: BubblewrapProvider, tree: Path) -> None:
    journal = MemoryJournal()
    with toolbox_on(provider, tree, journal) as box:
        timer = threading.Timer(0.3, journal.stop)
        timer.start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            bash(box, "sleep 60")
        assert time.monotonic() - began < 2.3
        timer.join()


def test_output_is_cut_cleaned_and_always_text(toolbox: Toolbox) -> None:
    long = bash(toolbox, "echo HEAD; yes 0123456789 | head -c 3000000; echo; echo TAIL").text
    assert len(long) < OUTPUT_CHARACTERS + 200
    assert long.startswith("exit code: 0\nHEAD\n")
    assert long.endswith("TAIL\n")
    assert "left out" in long
    assert (
        bash(toolbox, r"printf 'a\xffb\033[31mred\033[0m\000c\342\200\213d'").text
        == "exit code: 0\na\ufffdbredc<U+200B>d"
    )


@pytest.mark.parametrize("command", ["echo \0", "x" * 200_000])
def test_a_command_no_kernel_takes_is_an_error_result(toolbox: Toolbox, command: str) -> None:
    result = bash(toolbox, command)
    assert result.is_error
    assert "not run" in result.text


def test_what_one_command_leaves_running_is_gone_for_the_next(toolbox: Toolbox) -> None:
    bash(toolbox, "sleep 50 & disown; cd /tmp; touch here")
    assert bash(toolbox, "pgrep sleep; ls /tmp; pwd").text.endswith("/workspace\n")
    assert "here" not in bash(toolbox, "ls /tmp").text


def test_view_shows_numbered_lines_and_directories(toolbox: Toolbox) -> None:
    assert toolbox.run("view", {"path": "src/app.py", "start": 5, "end": 6}).text == (
        "     5\tdef mean(items):\n     6\t    return total(items) / len(items)"
    )
    assert (
        toolbox.run("view", {"path": "src/app.py", "end": 1}).text
        == "     1\tdef total(items):\n[… lines 2 to 6 …]"
    )
    assert toolbox.run("view", {"path": "/workspace"}).text.split("\n") == [
        ".git/", "dos.txt", "empty.txt", "image.png", "latin.txt", "src/",
    ]  # fmt: skip
    assert toolbox.run("view", {"path": "empty.txt"}).text == "(empty file)"
    assert toolbox.run("view", {"path": "dos.txt", "start": 99}).text == "(the file has 3 lines)"
    assert toolbox.run("view", {"path": "latin.txt"}).text.startswith("     1\tcaf")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("none.py", "No such file"),
        ("image.png", "binary"),
        ("/dev/zero", "not a regular file"),
        ("src/../../etc/shadow", "No such file"),
        ("a\0b", "null byte"),
        ("x" * 5000, "name too long"),
    ],
)
def test_view_says_why_it_cannot(toolbox: Toolbox, path: str, words: str) -> None:
    assert words in refused(toolbox, "view", path=path)


def test_edit_replaces_exactly_one_passage(toolbox: Toolbox, tree: Path) -> None:
    before = (tree / "src/app.py").stat()
    result = toolbox.run(
        "edit", {"path": "src/app.py", "old": "return sum(items)", "new": "return sum(items, 0)"}
    )
    assert result == ToolResult("src/app.py changed at line 2.")
    assert "    return sum(items, 0)\n" in (tree / "src/app.py").read_text()
    after = (tree / "src/app.py").stat()
    assert (before.st_ino, before.st_mode, before.st_uid) == (after.st_ino, after.st_mode, after.st_uid)


def test_edit_keeps_line_endings_and_bytes_it_does_not_understand(toolbox: Toolbox, tree: Path) -> None:
    toolbox.run("edit", {"path": "dos.txt", "old": "one\ntwo", "new": "1\n2"})
    assert (tree / "dos.txt").read_bytes() == b"1\r\n2\r\nthree\r\n"
    toolbox.run("edit", {"path": "latin.txt", "old": "end", "new": "fin"})
    assert (tree / "latin.txt").read_bytes() == b"caf\xe9\nfin\n"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"path": "src/app.py", "old": "nowhere", "new": "x"}, "does not occur in src/app.py"),
        ({"path": "src/app.py", "old": "items", "new": "x"}, "occurs 5 times"),
        ({"path": "src/app.py", "old": "sum", "new": "sum"}, "the same"),
        ({"path": "src/app.py", "old": "", "new": "x"}, "exists already"),
        ({"path": "none.py", "old": "a", "new": "x"}, "No such file"),
        ({"path": "src", "old": "", "new": "x"}, "exists already"),
        ({"path": "/usr/bin/new", "old": "", "new": "x"}, "Read-only file system"),
    ],
)
def test_an_edit_that_is_not_exact_changes_nothing(
    toolbox: Toolbox, tree: Path, given: dict[str, Any], words: str
) -> None:
    before = (tree / "src/app.py").read_bytes()
    assert words in refused(toolbox, "edit", **given)
    assert (tree / "src/app.py").read_bytes() == before


def test_edit_creates_a_file_with_its_directories(toolbox: Toolbox, tree: Path) -> None:
    made = toolbox.run("edit", {"path": "tests/deep/test_a.py", "old": "", "new": "a = 'ü'\nb = 2"})
    assert made == ToolResult("tests/deep/test_a.py created with 2 lines.")
    assert (tree / "tests/deep/test_a.py").read_text() == "a = 'ü'\nb = 2"
    assert not toolbox.run("edit", {"path": "empty.txt", "old": "", "new": "x\n"}).is_error


def test_search_finds_lines_and_leaves_git_alone(toolbox: Toolbox) -> None:
    assert toolbox.run("search", {"pattern": r"total\("}).text == (
        "src/app.py:1: def total(items):\nsrc/app.py:6:     return total(items) / len(items)"
    )
    assert toolbox.run("search", {"pattern": "total = secret"}).text == "No line matches."
    assert toolbox.run("search", {"pattern": "two", "path": "dos.txt"}).text.startswith("dos.txt:2: two")
    assert "no regular expression" in refused(toolbox, "search", pattern="(")
    assert "does not exist" in refused(toolbox, "search", pattern="x", path="nowhere")


def test_a_link_out_of_the_workspace_leads_nowhere(toolbox: Toolbox, tree: Path, tmp_path: Path) -> None:
    """The harness never follows it; inside the sandbox the host's file does not exist."""
    canary = tmp_path / "canary"
    canary.write_text("sk-ant-canary")
    os.symlink(canary, tree / "link")
    os.symlink("/proc/self/environ", tree / "environ")
    assert "No such file" in refused(toolbox, "view", path="link")
    toolbox.run("edit", {"path": "link", "old": "", "new": "owned"})
    assert canary.read_text() == "sk-ant-canary"
    assert "ANTHROPIC" not in toolbox.run("view", {"path": "environ"}).text


def test_a_planted_module_does_not_run_in_the_file_tools(toolbox: Toolbox, tree: Path) -> None:
    """A hostile json.py or sitecustomize.py in the workspace must not be imported by them."""
    for name in ("json.py", "re.py", "sitecustomize.py", "usercustomize.py"):
        (tree / name).write_text("raise SystemExit('owned')")
    assert toolbox.run("view", {"path": "dos.txt"}).text.startswith("     1\tone")
