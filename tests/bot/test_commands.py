"""What people type: a verb counts only alone or before a run id."""

import pytest

from bot.commands import (
    Command,
    Order,
    addressed_run,
    documented,
    followed_up,
    handed_to,
    help_text,
    ordered,
    parse,
)
from bot.commands_doc import PAGE
from tasks.domain.commands import COMMANDS, Where, typed_in


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
    for spec in typed_in(Where.chat):
        assert any(f" {spec.usage} —" in line for line in lines) is not spec.rare


def test_handing_over_names_one_person_and_a_follow_up_has_words() -> None:
    assert [handed_to(text) for text in ("handoff @U2", "hand off to @U2.", "HANDOFF U2")] == ["U2"] * 3
    assert [handed_to(text) for text in ("handoff", "handoff @U2 please", "the handoff @U2")] == [None] * 3
    assert followed_up("follow up: also\ncharges") == "also\ncharges"
    assert followed_up("Follow-up") == "" and followed_up("followup tests") == "tests"
    assert followed_up("please follow up") is None and followed_up("follow upstream") is None


@pytest.mark.parametrize("text", ["@sortie mute", "@sortie unmute"])
def test_what_belongs_to_the_chat_is_no_command_on_the_host(text: str) -> None:
    assert ordered(text) == Order("request", text.split()[1])


@pytest.mark.parametrize(
    ("comment", "order"),
    [
        ("@sortie stop", Order("stop")),
        ("@SORTIE Stop.", Order("stop")),
        ("/sortie hold", Order("hold")),
        ("Thanks!\n\n@sortie unhold\nbye", Order("unhold")),
        ("@sortie retry R-1042", Order("retry", "R-1042")),
        ("@sortie fix ci", Order("fix ci")),
        ("@sortie fix  conflicts!", Order("fix conflicts")),
        ("@sortie review", Order("review")),
        ("@sortie review Security", Order("review", "security")),
        ("@sortie waive #3 it is redacted upstream", Order("waive", "#3 it is redacted upstream")),
        ("@sortie waive 3", Order("waive", "#3")),
        ("@sortie", Order("help")),
        ("@sortie kill-switch", Order("kill-switch", "kill-switch")),
        ("@sortie Kill-Switch ON main is broken", Order("kill-switch", "Kill-Switch ON main is broken")),
        ("@sortie kill-switch off\nplease", Order("kill-switch", "kill-switch off\nplease")),
        ("@sortie kill-switch broke the build", Order("request", "kill-switch broke the build")),
        ("@sortie stop using moment.js", Order("request", "stop using moment.js")),
        ("@sortie review the error handling", Order("request", "review the error handling")),
        ("@sortie, rename it\nand its tests", Order("request", "rename it\nand its tests")),
        ("```\n@sortie stop\n```\n@sortie hold", Order("hold")),
        ("````\n```\n@sortie stop\n````\n@sortie hold", Order("hold")),
        ("`` `@sortie` ``\r\n@sortie hold\r\n", Order("hold")),
    ],
)
def test_a_line_that_begins_with_our_name_is_a_command_of_a_pull_request(comment: str, order: Order) -> None:
    assert ordered(comment) == order


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "LGTM",
        "cc @sortie stop",
        "> @sortie stop",
        "  > @sortie stop",
        "    @sortie stop",
        "\t@sortie stop",
        "```\n@sortie stop\n```",
        "~~~sh\n@sortie stop",
        "```\n@sortie stop\n~~~\n@sortie stop",
        "<!-- \n@sortie stop\n-->",
        "<!--\n@sortie stop",
        "@sortie-bot stop",
        "@sorties stop",
        "`@sortie stop`",
    ],
)
def test_quoted_hidden_or_mentioned_in_passing_is_no_command(comment: str) -> None:
    assert ordered(comment) is None


def test_every_example_of_the_table_is_the_command_it_shows() -> None:
    for spec in typed_in(Where.pull):
        for example in spec.examples:
            found = ordered(f"@sortie {example}")
            assert found is not None and found.verb == spec.verb


def test_the_page_of_commands_is_made_from_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == documented(), "run python -m bot.commands_doc"
    assert all(spec.does in documented() for spec in COMMANDS)


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("@sortie explain", ""),
        ("@sortie Explain.", ""),
        (
            "@sortie explain why are amounts strings?\nAnd not ints?",
            "why are amounts strings?\nAnd not ints?",
        ),
    ],
)
def test_a_question_is_all_that_follows_the_word(comment: str, words: str) -> None:
    assert ordered(comment) == Order("explain", words)
    assert ordered("@sortie explaining is a virtue, document it") == Order(
        "request", "explaining is a virtue, document it"
    )
