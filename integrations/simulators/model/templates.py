"""`{{name}}` in a script's texts and inputs: what a regex captured, or what the last call really did."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from integrations.simulators.model.script import Step, text_of
from integrations.simulators.model.transcript import UserInput

_PLACE = re.compile(r"\{\{\s*(?P<name>[a-z_]\w*)(?P<int>:int)?(?:\|(?P<default>[^{}]*))?\s*\}\}")
_EVIDENCE_CHARS = 2_000
BUILT_IN_NAMES = frozenset({"first_command", "first_output", "last_command", "last_output"})


class MissingCapture(Exception):
    """A text uses a name that nothing has captured in this conversation."""


def built_ins(last: UserInput) -> dict[str, str]:
    """Command and output (head, at most 2,000 characters) of the first and last call just run."""
    if not last.results:
        return {}
    first, final = last.results[0], last.results[-1]
    return {
        "first_command": first.command,
        "first_output": first.output[:_EVIDENCE_CHARS],
        "last_command": final.command,
        "last_output": final.output[:_EVIDENCE_CHARS],
    }


def fill(value: Any, names: Mapping[str, str]) -> Any:
    """`value` with every place filled in; `{{n:int}}` alone becomes a number, `{"$lines": […]}` one string.

    Raises MissingCapture for a name without value and without `|default`.
    """
    if isinstance(value, str):
        return _fill_text(value, names)
    if isinstance(value, list):
        return [fill(item, names) for item in value]
    if isinstance(value, dict):
        if set(value) == {"$lines"}:
            return _fill_text(text_of(value["$lines"]), names)
        return {key: fill(item, names) for key, item in value.items()}
    return value


def _fill_text(text: str, names: Mapping[str, str]) -> str | int:
    whole = _PLACE.fullmatch(text)
    if whole and whole["int"]:
        return int(_lookup(whole, names))
    return _PLACE.sub(lambda found: _lookup(found, names), text)


def _lookup(found: re.Match[str], names: Mapping[str, str]) -> str:
    value = names.get(found["name"])
    if value is None:
        value = found["default"]
    if value is None:
        raise MissingCapture(
            f"{{{{{found['name']}}}}} has no value: nothing captured it in this conversation"
        )
    return value


def names_used(step: Step) -> Iterator[str]:
    """Names without default in the texts and inputs of `step`."""
    held = [step.say, step.think, step.answer, [call.input for call in step.calls]]
    for text in _strings(held):
        yield from (m["name"] for m in _PLACE.finditer(text) if m["default"] is None)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        yield from _strings(list(value.values()))
