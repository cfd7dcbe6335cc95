"""When a message is several requests, and when a list in it belongs to one."""

import pytest

from tasks.domain.asks import several

TWO = ("fix the login", "bump httpx to 0.28")


@pytest.mark.parametrize(
    "text",
    [
        "- fix the login\n- bump httpx to 0.28",
        "1. fix the login\n2. bump httpx to 0.28",
        "1) fix the login\n\n2) bump httpx to 0.28\n",
        "please do these:\n\u2022 fix the login\n\u2022 bump httpx to 0.28",
        "  * fix the\n      login\n  * bump httpx to 0.28",
    ],
)
def test_a_list_is_several(text: str) -> None:
    assert several(text) == TWO


@pytest.mark.parametrize(
    "text",
    [
        "fix the login",
        "fix the login\nbump httpx to 0.28",
        "- fix the login",
        "- login\n- httpx",
        "Refunds must refuse a null currency. It crashes.\n- return 422\n- say which field",
        "Add a limit to /v1/refunds so that nobody can ask for more than a hundred of them in one call:\n- a b\n- c d",
        "- fix the login\n- bump httpx to 0.28\nand tell me when you are done",
        "- see\n```\n- fix the login\n- bump it\n```",
        "\n".join(f"- fix number {n}" for n in range(11)),
        "",
    ],
)
def test_everything_else_is_one(text: str) -> None:
    assert several(text) == ()


def test_every_line_of_a_slash_command_is_one() -> None:
    assert several("fix the login\nbump httpx to 0.28", slash=True) == TWO
    assert several("fix the login", slash=True) == ()
