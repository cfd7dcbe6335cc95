"""Checks of a role that need all of its steps: labels, regexes, captured names, steps that do nothing."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from integrations.simulators.model.script import Condition, Step
from integrations.simulators.model.templates import BUILT_IN_NAMES, names_used


def check_role(steps: Sequence[Step], labels: Mapping[str, int]) -> list[str]:
    """One sentence per defect, beginning with the step it is about."""
    problems: list[str] = []
    captured: set[str] = set(BUILT_IN_NAMES)
    for index, step in enumerate(steps):
        where = _where(index, step)
        problems += [f"{where}: {text}" for text in _check_step(step, labels)]
        captured |= _captures(step.when)
    for index, step in enumerate(steps):
        problems += [
            f"{_where(index, step)}: uses {{{{{name}}}}} but no regex of this role captures it{suggestion(name, captured)}"
            for name in names_used(step)
            if name not in captured
        ]
    return problems


def _where(index: int, step: Step) -> str:
    return f"step {index}" + (f' "{step.label}"' if step.label else "")


def _check_step(step: Step, labels: Mapping[str, int]) -> Iterable[str]:
    for key, label in (("goto", step.goto), ("else", step.otherwise)):
        if label is not None and label not in labels:
            yield f'{key}: there is no label "{label}"{suggestion(label, labels)}'
    if step.otherwise is not None and step.when is None:
        yield "has `else` without `when`"
    if step.answer is not None and step.say is not None:
        yield "has both `say` and `json`; one text per turn"
    idle = not step.has_content and step.fault is None and step.goto is None and step.otherwise is None
    if idle and not _captures(step.when):
        yield "does nothing: give it say, json, think, calls, stop, fault, goto, else, or a regex that captures"
    if step.when is not None:
        yield from _check_patterns(step.when)


def _check_patterns(condition: Condition) -> Iterable[str]:
    patterns = condition.patterns() + (condition.negated.patterns() if condition.negated else [])
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"when: the regex {pattern!r} does not compile: {error}"


def _captures(condition: Condition | None) -> set[str]:
    names: set[str] = set()
    for pattern in condition.patterns() if condition else ():
        names |= set(re.findall(r"\(\?P<(\w+)>", pattern))
    return names


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` for the nearest known word, or nothing."""
    close = get_close_matches(word, list(known), n=1)
    return f'; did you mean "{close[0]}"?' if close else ""
