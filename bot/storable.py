"""Letters that no database takes: JSON may hold NUL and half a surrogate pair, PostgreSQL and UTF-8 may not."""

import re
from dataclasses import is_dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: T) -> T:
    """The same value with each such letter replaced by U+FFFD, in strings, tuples and dataclasses at any depth."""
    found: Any = value
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value) if _UNSTORABLE.search(value) else found  # type: ignore[return-value]  # T is str
    if isinstance(value, tuple):
        found = tuple(storable(item) for item in value)
    elif is_dataclass(value):
        changed = {}
        for name in value.__dataclass_fields__:
            before = getattr(value, name)
            after = storable(before)
            if after is not before:
                changed[name] = after
        found = replace(found, **changed) if changed else value
    return found  # type: ignore[no-any-return]  # of value's type
