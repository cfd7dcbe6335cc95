"""Parts to Block Kit: what Appendix A shows, and limits kept by cutting."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.redaction import mask_patterns
from integrations.simulators.slack.blocks.validate import block_problems
from integrations.slack.blocks import Profile, blocks
from integrations.slack.mrkdwn import mrkdwn, sentence
from integrations.types.chat import (
    Break,
    Button,
    Buttons,
    Code,
    Confirm,
    Context,
    Excerpt,
    Feedback,
    Fields,
    Link,
    Mention,
    OutgoingMessage,
    Part,
    Plain,
    PlanPart,
    PlanStep,
    Quoted,
    Search,
    Section,
    Text,
    When,
)

DUE = datetime.fromtimestamp(1795185120, UTC)


def shown(*parts: Part, version: int = 7, profile: Profile = "plan") -> list[dict[str, Any]]:
    made = blocks(OutgoingMessage("text", parts, version), profile=profile, redact=mask_patterns)
    assert not block_problems(made), block_problems(made)
    return made


def line(*spans: Any, longest: int = 3000) -> str:
    return mrkdwn(spans, longest=longest, redact=mask_patterns)


def test_the_cards_first_lines_are_those_of_the_design() -> None:
    told = line(
        Plain("R-1042 · ", bold=True),
        Quoted("Fix 500 on `/v1/refunds` when `currency` is null", bold=True),
        Break(),
        Plain("Working", bold=True),
        Plain(" — step 3 of 6 · PR due "),
        When(DUE),
        Plain(" (18 min left)"),
    )
    assert told == (
        "*R-1042 · Fix 500 on `/v1/refunds` when `currency` is null*\n"
        f"*Working* — step 3 of 6 · PR due <!date^1795185120^{{time}}|{DUE:%H:%M} UTC> (18 min left)"
    )


def test_a_plan_is_the_designs_plan_block() -> None:
    plan = PlanPart(
        "plan",
        "Plan",
        (
            PlanStep("s1", "Reproduce the failure", "complete", "test fails on main@4f1c2aa"),
            PlanStep("s3", "Fix", "in_progress"),
        ),
    )
    assert shown(plan) == [
        {
            "type": "plan",
            "block_id": "plan-7",
            "title": "Plan",
            "tasks": [
                {
                    "type": "task_card",
                    "task_id": "s1",
                    "title": "Reproduce the failure",
                    "status": "complete",
                    "output": {
                        "type": "rich_text",
                        "elements": [
                            {
                                "type": "rich_text_section",
                                "elements": [{"type": "text", "text": "test fails on main@4f1c2aa"}],
                            }
                        ],
                    },
                },
                {"type": "task_card", "task_id": "s3", "title": "Fix", "status": "in_progress"},
            ],
        }
    ]


def test_a_stop_button_is_the_designs_stop_button() -> None:
    ask = Confirm("Stop R-1042?", "The agent takes no further action.", "Stop", "Keep going")
    stop = Button(
        "task_stop", "Stop", value='{"t":"R-1042","v":7}', style="danger", hint="Stop run R-1042", confirm=ask
    )
    [row] = shown(Buttons("act", (stop,)))
    assert row["elements"] == [
        {
            "type": "button",
            "action_id": "task_stop",
            "text": {"type": "plain_text", "text": "Stop", "emoji": True},
            "value": '{"t":"R-1042","v":7}',
            "style": "danger",
            "accessibility_label": "Stop run R-1042",
            "confirm": {
                "title": {"type": "plain_text", "text": "Stop R-1042?", "emoji": True},
                "text": {"type": "mrkdwn", "text": "The agent takes no further action."},
                "confirm": {"type": "plain_text", "text": "Stop", "emoji": True},
                "deny": {"type": "plain_text", "text": "Keep going", "emoji": True},
            },
        }
    ]


def test_feedback_and_search_are_the_designs() -> None:
    [search] = shown(Buttons("qa", (Search("repo_other", "Other repo..."),)))[0]["elements"]
    assert search["type"] == "external_select" and search["min_query_length"] == 2
    [thumbs] = shown(Feedback("fb", "fb", "R-1:1", "R-1:0", "the result of R-1"))[0]["elements"]
    assert thumbs["positive_button"]["accessibility_label"] == "Mark the result of R-1 as good"


@pytest.mark.parametrize(
    ("spans", "told"),
    [
        ((Quoted("a <b> & c"),), "a &lt;b&gt; &amp; c"),
        ((Quoted("*bold* ~x~"),), "∗bold∗ ∼x∼"),
        ((Quoted("one ` tick"),), "one ' tick"),
        ((Quoted("a `b<c` d"),), "a `b&lt;c` d"),
        ((Quoted("two\nlines\r\n\ttabs"),), "two lines tabs"),
        ((Quoted("x" * 50, limit=10),), "x" * 9 + "…"),
        ((Code("a`b"),), "`a'b`"),
        ((Code(""), Plain("x")), "x"),
        ((Link("https://a.example/?a=1&b=2", "a|b>c"),), "<https://a.example/?a=1&amp;b=2|a¦b&gt;c>"),
        ((Link("javascript:alert(1)", "label"),), "label"),
        ((Link("https://a.example/x|y", "label"),), "label"),
        ((Mention("U123"),), "<@U123>"),
        ((Mention("U1> <!here"),), "U1&gt; &lt;!here"),
        ((Plain(" spaced ", bold=True), Plain("x")), " *spaced* x"),
        ((), "–"),
    ],
)
def test_spans_carry_only_what_they_are_for(spans: Text, told: str) -> None:
    assert line(*spans) == told


def test_text_is_cut_before_it_breaks_a_token() -> None:
    told = line(Quoted("&" * 1000, limit=1000), Mention("U123"), Link("https://a.example", "x"), longest=60)
    assert len(told) <= 60
    assert re.fullmatch(r"(&amp;){5,}…(<@U123>)?(<https://a\.example\|x>)?", told)


def test_every_limit_is_kept_by_cutting() -> None:
    long = "word " * 2000
    parts: list[Part] = [Section("s", tuple(Quoted(long, limit=5000) for _ in range(5)))]
    parts += [Fields("f", tuple((Quoted(long, limit=5000),) for _ in range(14)))]
    parts += [Context("c", (Quoted(long, limit=9000),)), Excerpt("x", "&" * 9000, lines=99)]
    parts += [PlanPart("p", long, tuple(PlanStep(str(n), long, "done", long) for n in range(80)))]
    button = Button("b", long, value="v", hint=long, confirm=Confirm(long, long, long, long))
    parts += [Buttons("a", tuple(Button(f"b{n}", long) for n in range(40))), Buttons("b", (button,))]
    parts += [Section(f"s{n}", (Plain("x"),)) for n in range(80)]
    assert len(shown(*parts)) == 50
    assert shown(*parts, profile="classic")


def test_a_button_whose_address_or_value_does_not_fit_is_left_out() -> None:
    bad = (
        Button("a", "A", value="x" * 2001),
        Button("b", "B", url="https://a.example/" + "x" * 3000),
        Button("c", "C", url="javascript:alert(1)"),
        Button("d", "D", value="ghp_" + "a1" * 20),
    )
    assert shown(Buttons("a", bad)) == []
    assert [e["action_id"] for e in shown(Buttons("a", (*bad, Button("e", "E"))))[0]["elements"]] == ["e"]


def test_two_parts_of_one_name_get_ids_of_their_own() -> None:
    ids = [b["block_id"] for b in shown(Section("s", (Plain("1"),)), Section("s", (Plain("2"),)))]
    assert len(set(ids)) == 2


def test_empty_parts_leave_no_block() -> None:
    assert (
        shown(Section("s", ()), Fields("f", ((),)), Context("c", ()), Excerpt("x", "\n\n"), Buttons("b", ()))
        == []
    )


def test_an_excerpt_keeps_the_end_and_no_fence_of_its_own() -> None:
    [block] = shown(Excerpt("x", "\n".join([*(f"line {n}" for n in range(30)), "```", "last <line>"])))
    text = block["text"]["text"]
    assert text.count("```") == 2 and text.endswith("last &lt;line&gt;\n```") and "line 29" in text
    assert "line 3\n" not in text and text.startswith("```\n…\n")


def test_a_credential_is_masked_before_anything_is_cut() -> None:
    token = "ghp_" + "a1B2" * 9
    told = line(Quoted(f"see {token}", limit=30))
    assert "ghp_" not in told and "[redacted]" in told
    assert "ghp_" not in sentence(f"see {token}", redact=mask_patterns)
