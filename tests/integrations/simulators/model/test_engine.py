"""Which step is due follows from the conversation alone: retries, resumes, parallel runs and compaction agree."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from integrations.simulators.model.engine import ScriptStuck, due_step, find_role
from integrations.simulators.model.loading import LoadedRole, LoadedScript, load_script, parse_script
from integrations.simulators.model.templates import MissingCapture
from integrations.simulators.model.transcript import read_conversation
from integrations.simulators.model.turns import compose
from tests.integrations.simulators.model.conftest import DEMO
from tests.integrations.simulators.model.serving import MODEL, script_of


class Talk:
    """A conversation played against the engine without HTTP."""

    def __init__(self, script: LoadedScript, request: str = "please", system: str = "") -> None:
        self.script = script
        self.system = system
        self.messages: list[dict[str, Any]] = [{"role": "user", "content": request}]

    def due(self) -> tuple[LoadedRole, int | None, list[dict[str, Any]]]:
        body = {"model": MODEL, "system": self.system, "messages": self.messages}
        conversation = read_conversation(body)
        role = find_role(self.script, conversation)
        assert role is not None
        due = due_step(role, conversation, lambda _: False)
        return role, due.index, compose(due, thinking=True, spoil=None).content

    def play(self, *results: str, say: str = "go on", failed: bool = False) -> int | None:
        """Takes the model's turn and answers each of its calls with the next of `results`; the step played."""
        _, index, content = self.due()
        self.messages.append({"role": "assistant", "content": content})
        calls = [block for block in content if block["type"] == "tool_use"]
        given = list(results) + ["exit code: 0\n"] * (len(calls) - len(results))
        answers: list[dict[str, Any]] = [
            {"type": "tool_result", "tool_use_id": call["id"], "content": text, "is_error": failed}
            for call, text in zip(calls, given, strict=False)
        ]
        self.messages.append({"role": "user", "content": answers or [{"type": "text", "text": say}]})
        return index

    def text(self) -> str:
        return str(next(block["text"] for block in self.due()[2] if block["type"] == "text"))

    def step(self) -> int | None:
        return self.due()[1]


def call(command: str = "ls") -> dict[str, Any]:
    return {"calls": [{"tool": "bash", "input": {"command": command}}]}


BRANCHING = script_of(
    {"label": "start", **call("test")},
    {"when": {"exit_code": 0}, "goto": "good"},
    {
        "when": {"matches": "(?P<count>\\d+) failed"},
        "say": "{{count}} failed",
        **call("fix"),
        "goto": "start",
    },
    {"say": "no idea", "goto": "end"},
    {"label": "good", "say": "green after {{count|0}} failures"},
    {"label": "end", "say": "bye", "goto": "end"},
)


@pytest.mark.parametrize(
    ("result", "step"), [("exit code: 0\nok", 4), ("exit code: 1\n3 failed", 2), ("exit code: 1\ncrash", 3)]
)
def test_the_last_result_decides_the_branch(result: str, step: int) -> None:
    talk = Talk(BRANCHING)
    assert talk.play(result) == 0
    assert talk.step() == step


def test_what_a_regex_captured_is_known_in_later_turns() -> None:
    talk = Talk(BRANCHING)
    talk.play("exit code: 1\n3 failed")
    talk.play("exit code: 0\n")
    talk.play("exit code: 0\n")
    assert talk.text() == "green after 3 failures"


def test_the_same_request_gets_the_same_step_again() -> None:
    talk = Talk(BRANCHING)
    talk.play("exit code: 1\n3 failed")
    assert [talk.step() for _ in range(3)] == [2, 2, 2]


def test_a_client_that_lost_its_last_turn_gets_that_turn_again() -> None:
    talk = Talk(BRANCHING)
    talk.play("exit code: 1\n3 failed")
    kept = list(talk.messages)
    talk.play("exit code: 0\n")
    talk.messages = kept
    assert talk.step() == 2
    assert talk.text() == "3 failed"


def test_parallel_conversations_do_not_disturb_each_other() -> None:
    left, right = Talk(BRANCHING, "left"), Talk(BRANCHING, "right")
    left.play("exit code: 1\n3 failed")
    right.play("exit code: 0\n")
    assert (left.step(), right.step()) == (2, 4)


def test_text_turns_without_ids_are_replayed_by_counting() -> None:
    talk = Talk(script_of({"say": "one"}, {"say": "two"}, {"say": "three"}))
    assert [talk.play(), talk.play(), talk.play()] == [0, 1, 2]


def test_past_its_end_the_script_has_nothing_to_do() -> None:
    talk = Talk(script_of({"say": "one"}))
    talk.play()
    assert (talk.step(), talk.text()) == (None, "I have nothing further to do.")
    talk.play()
    assert talk.step() is None


def test_the_position_survives_compaction_of_the_first_turns() -> None:
    talk = Talk(script_of(*(call(f"echo {n}") for n in range(5))))
    for _ in range(4):
        talk.play()
    opening = [{"role": "user", "content": "a summary of what came before"}]
    for dropped in range(4):
        compacted = Talk(talk.script)
        compacted.messages = opening + talk.messages[1 + 2 * dropped :]
        assert compacted.step() == 4, dropped


def test_the_turn_number_survives_compaction() -> None:
    script = script_of(
        {"label": "a", **call(), "when": {"not": {"turn_at_least": 3}}, "goto": "a"}, {"say": "enough"}
    )
    talk = Talk(script)
    for _ in range(3):
        assert talk.play() == 0
    talk.messages = [{"role": "user", "content": "summary"}, *talk.messages[-2:]]
    assert talk.step() == 1


def test_a_capture_lost_to_compaction_falls_back_to_its_default() -> None:
    talk = Talk(BRANCHING)
    talk.play("exit code: 1\n3 failed")
    talk.play("exit code: 0\n")
    talk.play("exit code: 0\n")
    assert talk.text() == "green after 3 failures"
    talk.messages = [{"role": "user", "content": "summary"}, *talk.messages[-2:]]
    assert talk.text() == "green after 0 failures"


def test_turns_of_another_role_are_passed_over() -> None:
    text = json.dumps(
        {
            "roles": {
                "planner": {"match": {"system": "plan"}, "steps": [call("p0"), call("p1"), call("p2")]},
                "worker": {"match": {"system": "work"}, "steps": [call("w0"), call("w1")]},
            }
        }
    )
    talk = Talk(parse_script(text, name="two", base=Path()), system="plan")
    talk.play()
    talk.play()
    talk.system = "work"
    assert talk.step() == 0
    talk.play()
    assert talk.step() == 1


CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    ({"exit_code": 2}, True),
    ({"exit_code": [1, 2]}, True),
    ({"exit_code": "nonzero"}, True),
    ({"exit_code": "zero"}, False),
    ({"call": 0, "exit_code": "zero"}, True),
    ({"call": 5, "exit_code": 0}, False),
    ({"contains": "boom"}, True),
    ({"contains": ["boom", "line"]}, True),
    ({"contains": ["boom", "absent"]}, False),
    ({"lacks": "absent"}, True),
    ({"lacks": "boom"}, False),
    ({"matches": "(?m)^line \\d$"}, True),
    ({"is_error": False}, True),
    ({"is_error": True}, False),
    ({"request_contains": "null currency"}, True),
    ({"request_contains": "Sortie-Role: worker"}, True),
    ({"request_contains": "boom"}, False),
    ({"request_matches": "null (?P<what>\\w+)"}, True),
    ({"user_contains": "null"}, False),
    ({"turn": 1}, True),
    ({"turn": 0}, False),
    ({"turn_at_least": 1}, True),
    ({"all": [{"exit_code": 2}, {"contains": "boom"}]}, True),
    ({"all": [{"exit_code": 2}, {"contains": "absent"}]}, False),
    ({"any": [{"exit_code": 0}, {"contains": "boom"}]}, True),
    ({"any": [{"exit_code": 0}, {"contains": "absent"}]}, False),
    ({"not": {"contains": "boom"}}, False),
    ({"not": {"exit_code": 0}, "contains": "boom"}, True),
]


@pytest.mark.parametrize(("condition", "holds"), CONDITIONS, ids=[json.dumps(c) for c, _ in CONDITIONS])
def test_a_condition_looks_at_the_last_round(condition: dict[str, Any], holds: bool) -> None:
    two = {"calls": [{"tool": "bash", "input": {"command": str(n)}} for n in range(2)]}
    script = script_of(two, {"when": condition, "say": "yes"}, {"say": "no"})
    talk = Talk(script, "refuse a null currency", "Sortie-Role: worker")
    talk.play("exit code: 0\nfine", "exit code: 2\nline 1\nboom")
    assert talk.text() == ("yes" if holds else "no")


def test_results_are_matched_to_their_calls_whatever_their_order() -> None:
    two = {"calls": [{"tool": "bash", "input": {"command": str(n)}} for n in range(2)]}
    talk = Talk(script_of(two, {"when": {"call": 1, "contains": "second"}, "say": "yes"}, {"say": "no"}))
    talk.play("first", "second")
    talk.messages[-1]["content"].reverse()
    assert talk.text() == "yes"


def test_words_of_the_client_can_be_asked_for() -> None:
    script = script_of(
        {"say": "?"}, {"when": {"user_matches": "use (?P<tool>\\w+)"}, "say": "{{tool}}"}, {"say": "no"}
    )
    talk = Talk(script)
    talk.play(say="please use git")
    assert talk.text() == "git"


def test_inputs_are_filled_with_text_numbers_and_what_really_ran() -> None:
    script = script_of(
        call("grep -n x file"),
        {
            "when": {"matches": "(?P<line>\\d+):"},
            "calls": [
                {
                    "tool": "finish",
                    "input": {
                        "line": "{{line:int}}",
                        "why": "line {{line}}",
                        "none": "{{nothing:int|7}}",
                        "evidence": [{"command": "{{last_command}}", "output": "{{last_output}}"}],
                        "text": {"$lines": ["a {{line}}", "b"]},
                    },
                }
            ],
        },
    )
    talk = Talk(script)
    talk.play("exit code: 0\n12:x\n")
    assert talk.due()[2][0]["input"] == {
        "line": 12,
        "why": "line 12",
        "none": 7,
        "evidence": [{"command": "grep -n x file", "output": "12:x\n"}],
        "text": "a 12\nb",
    }


def test_evidence_is_cut_to_its_head() -> None:
    script = script_of(
        call("yes"), {"calls": [{"tool": "t", "input": {"a": "{{first_output}}", "b": "{{last_output}}"}}]}
    )
    talk = Talk(script)
    talk.play("exit code: 0\n" + "y" * 5_000)
    assert talk.due()[2][0]["input"] == {"a": "y" * 2_000, "b": "y" * 2_000}


def test_an_answer_can_be_json() -> None:
    talk = Talk(script_of({"json": {"decision": "pass", "findings": []}}))
    assert json.loads(talk.text()) == {"decision": "pass", "findings": []}


def test_a_text_without_its_capture_is_a_defect_of_the_script() -> None:
    talk = Talk(
        script_of(call(), {"when": {"any": [{"turn": 1}, {"matches": "(?P<n>\\d)"}]}, "say": "{{n}}"})
    )
    talk.play("no digits")
    with pytest.raises(MissingCapture, match="nothing captured it"):
        talk.due()


def test_branches_that_jump_in_a_circle_are_a_defect_of_the_script() -> None:
    with pytest.raises(ScriptStuck, match="circle"):
        Talk(script_of({"label": "a", "goto": "b"}, {"label": "b", "goto": "a"})).due()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", ["happy", "wrong_patch", "red_ci_then_repair", "disputed"])
def test_every_prefix_of_a_played_conversation_leads_to_the_step_that_followed(name: str, seed: int) -> None:
    chance = random.Random(seed)
    script = load_script(DEMO / "scripts" / f"{name}.json")
    outputs = (
        "null=500 number=500 good=201",
        "null=422\nnumber=422\ngood=201",
        "null=201",
        "9 passed\n13:",
        "1 failed",
    )
    talk = Talk(script, system="Sortie-Role: worker")
    played: list[tuple[int, int | None]] = []
    for _ in range(14):
        before = len(talk.messages)
        result = f"exit code: {chance.randint(0, 1)}\n{chance.choice(outputs)}"
        played.append((before, talk.play(result, result, result)))
    whole = talk.messages
    for length, step in played:
        talk.messages = whole[:length]
        assert talk.step() == step
