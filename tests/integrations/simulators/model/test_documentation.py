"""docs/model-scripts.md names every key there is, and its example plays."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from integrations.simulators.model.loading import parse_script
from integrations.simulators.model.script import Call, Condition, Fault, FaultKind, Match, Role, Script, Step
from tests.integrations.simulators.model.conftest import DEMO

TEXT = (DEMO.parents[2] / "docs" / "model-scripts.md").read_text()


@pytest.mark.parametrize("model", [Script, Role, Match, Step, Condition, Call, Fault])
def test_every_key_is_documented(model: type[BaseModel]) -> None:
    keys = {field.alias or name for name, field in model.model_fields.items()}
    assert {key for key in keys if f"`{key}`" not in TEXT and f'"{key}"' not in TEXT} == set()


def test_every_fault_and_every_demo_script_is_documented() -> None:
    names = [kind.value for kind in FaultKind] + [path.stem for path in (DEMO / "scripts").glob("*.json")]
    assert [name for name in names if f"`{name}`" not in TEXT] == []


def test_the_example_is_a_script() -> None:
    example = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    loaded = parse_script(example[1], name="example", base=Path(DEMO / "scripts"))
    assert loaded.roles[0].name == "worker"
