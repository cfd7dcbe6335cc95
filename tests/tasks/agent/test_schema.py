"""Inputs of tools that do not fit, and the sentence the model gets."""

from typing import Any

import pytest

from tasks.agent import specs
from tasks.agent.schema import problems
from tasks.roles import ROLES

GOOD_FINISH = {
    "summary": "s",
    "title": "t",
    "look_first": [{"path": "a", "line": 1, "why": "w"}],
    "not_done": ["n"],
}
FINDING = {"severity": "note", "path": "a", "line": 1, "quote": "q", "claim": "c"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (specs.BASH.schema, {"command": "ls"}),
        (specs.BASH.schema, {"command": "ls", "timeout_s": None}),
        (specs.EDIT.schema, {"path": "a", "old": "", "new": ""}),
        (specs.SUBMIT.schema, GOOD_FINISH),
        (specs.SUBMIT.schema, {"summary": "s", "title": "t"}),
        (specs.VERDICT.schema, {"decision": "pass", "summary": "s", "findings": [FINDING]}),
    ],
)
def test_a_good_input_has_no_problems(schema: dict[str, Any], value: dict[str, Any]) -> None:
    assert problems(value, schema) == []


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        (specs.BASH.schema, {}, "`input` lacks the field `command`."),
        (specs.BASH.schema, {"command": 3}, "`input.command` must be of type string."),
        (
            specs.BASH.schema,
            {"command": "ls", "timeout_s": True},
            "`input.timeout_s` must be of type integer.",
        ),
        (specs.BASH.schema, {"command": None}, "`input.command` must be of type string."),
        (specs.BASH.schema, {"command": " "}, "`input.command` must not be empty."),
        (specs.BASH.schema, {"command": "ls", "shell": "zsh"}, "`input` has no field `shell`."),
        (specs.PLAN.schema, {"items": []}, "`input.items` must have at least 1 item."),
        (specs.PLAN.schema, {"items": ["a", {}]}, "`input.items[1]` must be of type string."),
        (
            specs.VERDICT.schema,
            {"decision": "approve", "summary": "s", "findings": []},
            "`input.decision` must be one of pass, block.",
        ),
        (
            specs.VERDICT.schema,
            {"decision": "pass", "summary": "s", "findings": [{**FINDING, "line": "1"}]},
            "`input.findings[0].line` must be of type integer.",
        ),
        (
            specs.VERDICT.schema,
            {"decision": "pass", "summary": "s", "findings": "none"},
            "`input.findings` must be of type array.",
        ),
    ],
)
def test_a_bad_input_is_told_in_a_sentence(
    schema: dict[str, Any], value: dict[str, Any], sentence: str
) -> None:
    assert problems(value, schema) == [sentence]


def test_every_role_offers_each_tool_once() -> None:
    for role in ROLES.values():
        names = [tool.name for tool in role.tools]
        assert len(names) == len(set(names))
