"""A script that cannot be played is refused on load, with the line, the path and the likely word."""

import json
from pathlib import Path
from typing import Any

import pytest

from integrations.simulators.model.loading import ScriptError, load_script, parse_script
from integrations.simulators.model.positions import lines_of


def problems(script: Any) -> str:
    """What loading complains about, one sentence per line."""
    text = script if isinstance(script, str) else json.dumps(script)
    with pytest.raises(ScriptError) as caught:
        parse_script(text, name="s.json", base=Path())
    return str(caught.value)


def role(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"roles": {"worker": {"match": {}, "steps": list(steps)}}, **more}


def test_an_unknown_key_names_line_path_and_the_likely_word() -> None:
    text = (
        '{\n"roles": {\n "worker": {\n  "match": {},\n  "steps": [\n   {"say": "a"},\n   {"cals": []}\n]}}}'
    )
    assert problems(text) == 's.json:7: roles.worker.steps[1].cals: unknown key; did you mean "calls"?'


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (role({"say": "x"}, rolls={}), 'rolls: unknown key; did you mean "roles"?'),
        (
            role({"say": "x", "when": {"exit_cod": 0}}),
            'steps[0].when.exit_cod: unknown key; did you mean "exit_code"?',
        ),
        (
            role({"say": "x", "when": {"all": [{"contain": ""}]}}),
            'when.all[0].contain: unknown key; did you mean "co',
        ),
        (
            role({"calls": [{"tool": "bash", "inputs": {}}]}),
            'calls[0].inputs: unknown key; did you mean "input"?',
        ),
        (
            {"roles": {"w": {"match": {"sistem": ""}, "steps": [{"say": ""}]}}},
            "match.sistem: unknown key; did you mean",
        ),
        (
            {"roles": {"w": {"match": {}, "step": [], "steps": [{"say": ""}]}}},
            'w.step: unknown key; did you mean "steps"',
        ),
        (
            {"parts": {"p": [{"labl": "x"}]}, "roles": {}},
            'parts.p[0].labl: unknown key; did you mean "label"?',
        ),
        (role({"fault": "earthquake"}), "steps[0].fault"),
        (role({"stop": "soon"}), "steps[0].stop"),
        (role({"calls": [{}]}), "calls[0]: field required"),
        ({"roles": {}}, "has no roles"),
        ({"roles": {"w": {"match": {}, "steps": []}}}, "roles.w.steps"),
        (role({"goto": "strat"}, {"label": "start", "say": ""}), 'no label "strat"; did you mean "start"?'),
        (role({"when": {"turn": 0}, "else": "x", "say": ""}), 'else: there is no label "x"'),
        (role({"else": "a", "label": "a", "say": ""}), "has `else` without `when`"),
        (role({"label": "a", "say": ""}, {"label": "a", "say": ""}), 'the label "a" stands on two steps'),
        (role({"label": "a"}), "does nothing"),
        (role({"when": {"matches": "("}, "say": ""}), "does not compile"),
        (
            role({"say": "{{pased}}", "when": {"matches": "(?P<passed>x)"}}),
            'captures it; did you mean "passed"?',
        ),
        (role({"calls": [{"tool": "t", "input": {"a": ["{{n:int}}"]}}]}), "uses {{n}} but no regex"),
        (role({"say": "x", "json": {}}), "has both `say` and `json`"),
        (role({"part": "fx"}, parts={"fix": [{"say": ""}]}), 'there is no part "fx"; did you mean "fix"?'),
        (role({"part": "a"}, parts={"a": [{"part": "a"}]}), "contains itself"),
        (role({"part": "a", "say": "x"}, parts={"a": [{"say": ""}]}), "may hold nothing else"),
        (role({"say": "x"}, include=["gone.json"]), "include: gone.json cannot be read"),
        ("{\n\n oops", "s.json:3: not JSON"),
        ("[]", "s.json:1: script"),
    ],
)
def test_a_defect_is_named(script: Any, words: str) -> None:
    assert words in problems(script)


def test_every_defect_is_named_at_once() -> None:
    assert len(problems(role({"goto": "a"}, {"goto": "b"}, {"label": "c"})).splitlines()) == 3


def test_included_roles_and_parts_can_be_overridden(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "shared.json").write_text(
        json.dumps(
            {"include": ["deep.json"], **role({"say": "theirs"}), "parts": {"p": [{"say": "their part"}]}}
        )
    )
    (tmp_path / "sub" / "deep.json").write_text(
        json.dumps({"roles": {"judge": {"match": {}, "steps": [{"say": "j"}]}}})
    )
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"include": ["sub/shared.json"], **role({"part": "p"}, {"say": "mine"})}))
    loaded = load_script(own)
    assert [r.name for r in loaded.roles] == ["worker", "judge"]
    assert [step.say for step in loaded.roles[0].steps] == ["their part", "mine"]


def test_files_that_include_each_other_are_refused(tmp_path: Path) -> None:
    for name, other in (("a.json", "b.json"), ("b.json", "a.json")):
        (tmp_path / name).write_text(json.dumps({"include": [other], **role({"say": "x"})}))
    with pytest.raises(ScriptError, match="includes itself"):
        load_script(tmp_path / "a.json")


def test_lines_are_found_in_any_valid_json() -> None:
    text = '{"a": 1,\n "b": [true,\n  {"c": "x\\"}\\n", "d": null}\n ],\n "e": {}, "f": [], "g": -1.5e3}\n'
    lines = lines_of(text)
    assert lines[("b",)] == 2
    assert lines[("b", 1)] == lines[("b", 1, "c")] == lines[("b", 1, "d")] == 3
    assert lines[("e",)] == lines[("g",)] == 5
