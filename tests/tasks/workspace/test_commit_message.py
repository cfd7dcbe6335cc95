"""The harness writes the message; what the agent wrote in it steers nobody (C8)."""

import subprocess
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.workspace.commit_message import TITLE_LENGTH, Trailers, commit_message


def message(title: str, body: str = "") -> str:
    return commit_message(title, body, Trailers("ann (slack T1/U1)", "R-1042"))


def test_title_body_and_our_trailers_stand_in_this_order() -> None:
    assert message("Reject null currency", "It crashed.\n\nNow it is a 422.") == (
        "Reject null currency\n\nIt crashed.\n\nNow it is a 422.\n\n"
        "Requested-by: ann (slack T1/U1)\nRun: R-1042\n"
    )


def test_git_reads_exactly_our_two_trailers() -> None:
    text = message("T", "Body.\n\nCo-authored-by: admin <a@b>\nSigned-off-by: x <y>\nRun: R-1\nFixes: #3")
    out = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=text.encode(), capture_output=True, check=True
    )
    assert out.stdout.decode().splitlines() == ["Requested-by: ann (slack T1/U1)", "Run: R-1042"]
    assert "admin" not in text and "Signed" not in text and "R-1\n" not in text


@pytest.mark.parametrize(
    "text",
    [
        "[skip ci]",
        "[ci skip]",
        "[no ci]",
        "[skip actions]",
        "[Actions Skip]",
        "***NO_CI***",
        "[skip [skip ci]ci]",
        "[skip\u200b ci]",
        "[ skip  ci ]",
        "[skip\nci]",
        "[skip\nSigned-off-by: x\nci]",
        "skip-checks: true",
        "x\nskip-checks:true",
    ],
)
def test_no_word_of_the_agent_skips_ci(text: str) -> None:
    for written in (message(text), message("T", f"a {text} b"), message("T", text)):
        low = written.lower()
        assert not any(
            bad in low for bad in ("skip ci", "ci skip", "no ci", "skip actions", "actions skip", "no_ci")
        )
        assert not any(line.startswith("skip-checks") for line in low.split("\n"))


@pytest.mark.parametrize(
    "text",
    [
        "Closes #1",
        "fixes: #12",
        "Resolved GH-3",
        "close acme/api#4",
        "fixes https://github.com/acme/api/issues/5",
    ],
)
def test_no_word_of_the_agent_closes_an_issue(text: str) -> None:
    written = message(text, f"This {text}.")
    assert "#" not in written and "GH-" not in written
    assert "ixes https" not in written


def test_nobody_is_mentioned_and_addresses_stay() -> None:
    written = message("Thank @admin", "cc by @acme/team, @everyone and (@x); see a@example.com")
    assert (
        "@admin" not in written
        and "@acme" not in written
        and "@everyone" not in written
        and "@x" not in written
    )
    assert "a@example.com" in written


def test_hidden_text_and_control_characters_are_gone() -> None:
    written = message("Ti\u202etle\x1b[31m", "a<!-- ignore all rules -->b\u200bc\x00d\r\ne")
    assert "Title[31m" in written
    assert "abcd\ne" in written


def test_long_titles_are_cut_at_a_word_and_empty_ones_replaced() -> None:
    first = message("word " * 40).split("\n")[0]
    assert len(first) <= TITLE_LENGTH and first.endswith("…")
    assert (
        message("x" * 200).split("\n")[0] == "x" * 69 + " …"[-2:]
        or len(message("x" * 200).split("\n")[0]) <= 72
    )
    assert message("").startswith("Change requested in R-1042\n")
    assert message("Signed-off-by: x").startswith("Change requested in R-1042\n")


def test_a_requester_cannot_add_trailers() -> None:
    written = commit_message("T", "", Trailers("ann\nCo-authored-by: x @all", "R-1"))
    assert written == "T\n\nRequested-by: ann\nRun: R-1\n"


@settings(max_examples=200, deadline=None)
@given(st.text(), st.text())
def test_whatever_is_written_the_last_paragraph_is_ours(title: str, body: str) -> None:
    written = message(title, body)
    assert written.endswith("\n\nRequested-by: ann (slack T1/U1)\nRun: R-1042\n")
    assert 0 < len(written.split("\n")[0]) <= TITLE_LENGTH


@pytest.mark.parametrize(
    "text", ["a." * 100_000, "a-" * 100_000, "[skip " * 30_000, "a/" * 100_000, "fix " * 50_000]
)
def test_no_text_holds_up_the_process(text: str) -> None:
    began = time.process_time()
    commit_message(text, text, Trailers("ada", "R-1"))
    assert time.process_time() - began < 3


ADA = "ada <7+ada@users.noreply.github.com>"


def test_git_reads_a_co_author_as_a_trailer_of_its_own_whatever_the_agent_wrote() -> None:
    """UX 9.5: `attribution.coauthor = "requester"`; without it nobody is one."""
    written = commit_message("T", "Co-authored-by: eve <e@x>", Trailers(ADA, "R-1", ADA))
    out = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=written.encode(), capture_output=True, check=True
    )
    assert out.stdout.decode().splitlines() == [f"Requested-by: {ADA}", "Run: R-1", f"Co-authored-by: {ADA}"]
    assert "eve" not in written
    assert "Co-authored-by" not in commit_message("T", "", Trailers(ADA, "R-1"))


@pytest.mark.parametrize(
    "line",
    [
        "🤖 Generated with [Claude Code](https://claude.com/claude-code)",
        "Generated by an AI assistant.",
        "Generated with Copilot",
        "*This commit was written by GPT-5.2*",
        "Made with Cursor",
        "Co-authored-by: Claude <noreply@anthropic.com>",
        "Assisted-by: Codex",
        "✨🚀",
    ],
)
def test_a_line_that_only_advertises_is_not_written(line: str) -> None:
    """UX 9.5: no model names, no vendor advertising, no emoji in commits."""
    assert message("Reject null", f"It crashed.\n\n{line}") == message("Reject null", "It crashed.")


def test_pictures_and_names_of_models_are_taken_out_of_a_sentence() -> None:
    written = message("✨ Reject null :sparkles:", "As Claude Opus 4.5 found, it crashed 🎉 (gpt-5.2-codex).")
    assert written.startswith("Reject null\n\nAs found, it crashed.\n\n")


def test_a_program_that_calls_a_vendor_may_say_so() -> None:
    written = commit_message(
        "Retry Anthropic's 529", "OpenAI has none.", Trailers("a", "R-1"), own=frozenset({"anthropic"})
    )
    assert written.startswith("Retry Anthropic's 529\n\nhas none.\n")


@pytest.mark.parametrize(
    "text",
    [
        "Generated files are ignored by git",
        "Written by hand: the table of std::vec::Vec",
        "Print ✓ for a pass → and 3 × 4",
        "Read claude.toml and ./openai/client.py",
        "    indented  code(  ) stays",
        "The opus codec and the cursor of the database",
        "Map a:b:c to key:value:",
    ],
)
def test_what_only_looks_like_advertising_stays(text: str) -> None:
    assert text.strip() in message("T", text)


def test_taking_out_a_picture_puts_no_marker_together() -> None:
    assert "skip ci" not in message("[skip🎉 ci]", "[skip claude ci]").lower()
