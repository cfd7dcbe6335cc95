"""Whether a condition of the script holds at one moment of a conversation, and what its regexes captured."""

import re

from integrations.simulators.model.script import Condition, Match
from integrations.simulators.model.transcript import Conversation, Moment, ToolResult


class _Unmet(Exception):
    """The condition does not hold."""


def matches_role(match: Match, conversation: Conversation) -> bool:
    """Whether this conversation belongs to the role."""
    first = conversation.inputs[0].text
    checks = (
        match.system is None or match.system in conversation.system,
        match.system_matches is None or re.search(match.system_matches, conversation.system) is not None,
        match.first_user is None or match.first_user in first,
        match.first_user_matches is None or re.search(match.first_user_matches, first) is not None,
        match.model is None or match.model == conversation.model,
    )
    return all(checks)


def evaluate(condition: Condition | None, moment: Moment) -> dict[str, str] | None:
    """The captured names when `condition` holds (possibly none), or None when it does not."""
    if condition is None:
        return {}
    captures: dict[str, str] = {}
    try:
        _check_result(condition, moment, captures)
        _check_words(condition, moment, captures)
        _check_nested(condition, moment, captures)
    except _Unmet:
        return None
    return captures


def _require(holds: bool) -> None:
    if not holds:
        raise _Unmet


def _capture(pattern: str | None, text: str, captures: dict[str, str]) -> None:
    if pattern is None:
        return
    found = re.search(pattern, text)
    if found is None:
        raise _Unmet
    captures.update({name: value for name, value in found.groupdict().items() if value is not None})


def _check_result(condition: Condition, moment: Moment, captures: dict[str, str]) -> None:
    wanted = (condition.exit_code, condition.contains, condition.lacks, condition.matches, condition.is_error)
    if all(value is None for value in wanted):
        return
    results = moment.last.results
    if not -len(results) <= condition.call < len(results):
        raise _Unmet
    result = results[condition.call]
    _require(condition.is_error is None or condition.is_error == result.is_error)
    _require(_exit_code_fits(condition, result))
    _require(all(part in result.text for part in _parts(condition.contains)))
    _require(all(part not in result.text for part in _parts(condition.lacks)))
    _capture(condition.matches, result.text, captures)


def _exit_code_fits(condition: Condition, result: ToolResult) -> bool:
    wanted, actual = condition.exit_code, result.exit_code
    if wanted is None:
        return True
    if actual is None:
        return False
    if isinstance(wanted, list):
        return actual in wanted
    if isinstance(wanted, str):
        return (actual == 0) == (wanted == "zero")
    return actual == wanted


def _parts(value: str | list[str] | None) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else value


def _check_words(condition: Condition, moment: Moment, captures: dict[str, str]) -> None:
    _require(condition.turn is None or moment.turn == condition.turn)
    _require(condition.turn_at_least is None or moment.turn >= condition.turn_at_least)
    _require(condition.user_contains is None or condition.user_contains in moment.last.text)
    _capture(condition.user_matches, moment.last.text, captures)
    if condition.request_contains is None and condition.request_matches is None:
        return
    text = moment.request_text
    _require(condition.request_contains is None or condition.request_contains in text)
    _capture(condition.request_matches, text, captures)


def _check_nested(condition: Condition, moment: Moment, captures: dict[str, str]) -> None:
    for part in condition.all or ():
        found = evaluate(part, moment)
        if found is None:
            raise _Unmet
        captures.update(found)
    if condition.any is not None:
        held = next((f for f in (evaluate(part, moment) for part in condition.any) if f is not None), None)
        if held is None:
            raise _Unmet
        captures.update(held)
    _require(condition.negated is None or evaluate(condition.negated, moment) is None)
