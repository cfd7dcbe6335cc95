"""Requests to the model held against the parameter types of Anthropic's own SDK, unknown keys included."""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from anthropic.types.message_create_params import MessageCreateParamsStreaming
from pydantic import ConfigDict, TypeAdapter, ValidationError

from tests.interop.relay import Exchange


@cache
def _adapter() -> TypeAdapter[Any]:
    MessageCreateParamsStreaming.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    return TypeAdapter(MessageCreateParamsStreaming)


def model_complaints(exchanges: Iterable[Exchange]) -> list[str]:
    """What the SDK's types say against each request body, each once."""
    found: set[str] = set()
    bodies = [json.loads(e.body) for e in exchanges if e.path.endswith("/v1/messages")]
    assert bodies
    for body in bodies:
        try:
            _exhausted(_adapter().validate_python(body))
        except ValidationError as error:
            found |= {f"{'.'.join(map(str, e['loc']))}: {e['msg']}"[:300] for e in error.errors()}
    return sorted(found)


def _exhausted(value: Any) -> None:
    """pydantic checks an Iterable only as it is read."""
    if isinstance(value, dict):
        for each in value.values():
            _exhausted(each)
    elif hasattr(value, "__iter__") and not isinstance(value, (str, bytes)):
        for each in value:
            _exhausted(each)
