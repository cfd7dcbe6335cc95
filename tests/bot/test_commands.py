"""What people type: a verb counts only alone or before a run id."""

import pytest

from bot.commands import COMMANDS, Command, addressed_run, help_text, parse


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("stop", Command("stop")),
        ("  STOP!  ", Command("stop")),
        ("stop R-1042", Command("stop", "R-1042")),
        ("retry 1042", Command("retry", "R-1042")),
        ("Status r-7.", Command("status", "R-7")),
        ("help", Command("help")),
    ],
)
def test_a_verb_alone_or_with_a_run_id_is_a_command(text: str, command: Command) -> None:
    assert parse(text) == command


@pytest.mark.parametrize(
    "text",
    [
        "stop using moment.js",
        "retry twice",
        "please stop",
        "stop the presses now",
        "",
        "status of R-7",
        "nonstop",
        "stop R-",
    ],
)
def test_anything_else_is_words_for_the_agent(text: str) -> None:
    assert parse(text) is None


def test_steering_may_begin_with_the_run_it_is_for() -> None:
    assert addressed_run("r-1042: also cover /v1/charges") == ("R-1042", "also cover /v1/charges")
    assert addressed_run("R-1042") == (None, "R-1042")
    assert addressed_run("also cover R-1042") == (None, "also cover R-1042")


def test_the_help_has_a_line_for_every_command_and_at_most_eight() -> None:
    lines = help_text("@sortie").splitlines()
    assert len(lines) <= 8
    for spec in COMMANDS:
        assert any(spec.usage in line for line in lines)
