"""Events as they are stored: a name, a version and JSON. An old version is lifted step by step to today's."""

import json
from collections.abc import Callable
from typing import Any, get_args

from pydantic import TypeAdapter

from tasks.domain.events import Event

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


def _counted(data: dict[str, Any]) -> dict[str, Any]:
    """Before claims were counted, whatever blocked had been raised and upheld."""
    verdict = data["verdict"]
    raised = sum(finding["severity"] == "blocking" for finding in verdict["findings"])
    return {**data, "verdict": {**verdict, "raised": raised}}


def _three_lenses(data: dict[str, Any]) -> dict[str, Any]:
    """Before repositories could add to them there were three."""
    return {**data, "lenses": ["correctness", "security", "tests"]}


def _no_rules(data: dict[str, Any]) -> dict[str, Any]:
    """Before repositories could narrow what was granted, none did."""
    return {**data, "rules": {}}


def _a_clone(data: dict[str, Any]) -> dict[str, Any]:
    """Before there were overlays, every workspace was a clone."""
    return {**data, "workspace": "clone"}


def _asked_in_a_thread(data: dict[str, Any]) -> dict[str, Any]:
    """Before anything could be asked elsewhere, everything was asked in a thread of the chat."""
    request = dict(data["request"])
    place = {"thread": request.pop("thread"), "origin": request.pop("origin")}
    return {**data, "request": {**request, "place": place}}


VERSIONS: dict[str, int] = {
    "Accepted": 3,
    "ChecksSeen": 2,
    "CiJudged": 2,
    "Gated": 3,
    "LensReported": 2,
    "PermissionSeen": 2,
    "PressedInChat": 2,
    "Provisioned": 5,
    "PullRequestMoved": 2,
    "Remarked": 2,
    "RemarksAnswered": 2,
    "RepoInspected": 3,
    "ReviewStarted": 2,
    "RunRequested": 4,
    "Titled": 2,
}
"""Event name → its version of today, where that is not 1."""

UPCASTERS: dict[tuple[str, int], Upcaster] = {
    ("Accepted", 1): dict,
    ("Accepted", 2): dict,
    ("ChecksSeen", 1): dict,
    ("CiJudged", 1): dict,
    ("Gated", 1): dict,
    ("Gated", 2): dict,
    ("LensReported", 1): _counted,
    ("Provisioned", 1): _no_rules,
    ("Provisioned", 2): _a_clone,
    ("PullRequestMoved", 1): dict,
    ("Provisioned", 3): dict,
    ("Provisioned", 4): dict,
    ("Remarked", 1): dict,
    ("RemarksAnswered", 1): dict,
    ("PermissionSeen", 1): dict,
    ("PressedInChat", 1): dict,
    ("RepoInspected", 1): dict,
    ("RepoInspected", 2): dict,
    ("ReviewStarted", 1): _three_lenses,
    ("RunRequested", 1): _asked_in_a_thread,
    ("RunRequested", 2): dict,
    ("RunRequested", 3): dict,
    ("Titled", 1): dict,
}
"""(event name, version) → how its data becomes that of version + 1."""

_CLASSES: dict[str, type[Any]] = {cls.__name__: cls for cls in get_args(Event)}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(cls) for name, cls in _CLASSES.items()}


class UnknownEvent(Exception):
    """A stored event that this version of Sortie does not know: it was written by a newer one."""


def encode(event: Event) -> tuple[str, int, str]:
    """(type, version, JSON text) of an event."""
    name = type(event).__name__
    data = _ADAPTERS[name].dump_python(event, mode="json")
    return name, VERSIONS.get(name, 1), json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def decode(name: str, version: int, data: str) -> Event:
    """The event behind a stored row; raises UnknownEvent for a name or version from the future."""
    if name not in _CLASSES or version > VERSIONS.get(name, 1):
        raise UnknownEvent(f"{name} v{version}")
    value = json.loads(data)
    while version < VERSIONS.get(name, 1):
        value = UPCASTERS[name, version](value)
        version += 1
    event: Event = _ADAPTERS[name].validate_python(value)
    return event
