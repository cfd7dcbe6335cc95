"""Small rules that Block Kit checks are composed of. A rule yields one Problem for each fault it finds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.simulators.slack.config import Json


@dataclass(frozen=True, slots=True)
class Problem:
    """`pointer` is a JSON pointer into what was sent; `code` and `message` follow blocks.validate."""

    pointer: str
    code: str
    message: str


Rule = Callable[[Any, str], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object: the rule for its value and whether it must be there."""

    rule: Rule
    required: bool = False


def need(rule: Rule) -> Field:
    return Field(rule, required=True)


def may(rule: Rule) -> Field:
    return Field(rule)


def text(longest: int | None = None, *, shortest: int = 1) -> Rule:
    """A string whose length is in characters."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem(at, "invalid_type", "must be a string")
        elif len(value) < shortest:
            yield Problem(at, "failed_constraint", f"must be more than {shortest - 1} characters")
        elif longest is not None and len(value) > longest:
            yield Problem(at, "failed_constraint", f"must be less than {longest + 1} characters")

    return check


def boolean(value: Any, at: str) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield Problem(at, "invalid_type", "must be a boolean")


def integer(lowest: int, highest: int | None = None) -> Rule:
    def check(value: Any, at: str) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield Problem(at, "invalid_type", "must be an integer")
        elif value < lowest or (highest is not None and value > highest):
            yield Problem(at, "failed_constraint", f"must be between {lowest} and {highest}")

    return check


def one_of(*allowed: str) -> Rule:
    def check(value: Any, at: str) -> Iterator[Problem]:
        if value not in allowed:
            yield Problem(at, "failed_constraint", f"must be one of {', '.join(allowed)}")

    return check


def url(longest: int = 3000) -> Rule:
    """An absolute link. Slack refuses other schemes than http(s), mailto and its own."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        found = list(text(longest)(value, at))
        yield from found
        schemes = ("http://", "https://", "mailto:", "slack://")
        if not found and not value.lower().startswith(schemes):
            yield Problem(at, "failed_constraint", "must be a valid URL")

    return check


def array(rule: Rule, most: int | None = None, *, least: int = 1) -> Rule:
    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(at, "invalid_type", "must be an array")
            return
        if len(value) < least:
            yield Problem(at, "failed_constraint", f"no less than {least} items allowed")
        if most is not None and len(value) > most:
            yield Problem(at, "failed_constraint", f"no more than {most} items allowed")
        for index, item in enumerate(value):
            yield from rule(item, f"{at}/{index}")

    return check


def record(fields: Mapping[str, Field]) -> Rule:
    """An object with these fields and no others."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, "invalid_type", "must be an object")
            return
        for name, field in fields.items():
            if name in value:
                yield from field.rule(value[name], f"{at}/{name}")
            elif field.required:
                yield Problem(at, "missing_field", f"missing required field: {name}")
        for name in value:
            if name not in fields:
                yield Problem(f"{at}/{name}", "additional_field", f"invalid additional property: {name}")

    return check


def typed(kinds: Mapping[str, Rule]) -> Rule:
    """An object whose `type` says which rule holds for it."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, "invalid_type", "must be an object")
        elif value.get("type") not in kinds:
            yield Problem(f"{at}/type", "failed_constraint", f"unsupported type: {value.get('type')}")
        else:
            yield from kinds[value["type"]](value, at)

    return check


def all_of(*rules: Rule) -> Rule:
    def check(value: Any, at: str) -> Iterator[Problem]:
        for rule in rules:
            yield from rule(value, at)

    return check


def needs_any(*names: str) -> Rule:
    """At least one of these fields."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if isinstance(value, dict) and not any(value.get(name) for name in names):
            yield Problem(at, "missing_field", f"must have one of the fields: {', '.join(names)}")

    return check


def unique(items: list[Json], key: str, at: str) -> Iterator[Problem]:
    """No two items with the same non-empty `key`."""
    seen: set[str] = set()
    for index, item in enumerate(items):
        value = item.get(key) if isinstance(item, dict) else None
        if not isinstance(value, str):
            continue
        if value in seen:
            yield Problem(f"{at}/{index}/{key}", "failed_constraint", f"`{key}` {value!r} already exists")
        seen.add(value)
