"""Checks a value against the small part of JSON Schema our tools use, in sentences a model can act on. Pure."""

from typing import Any

Schema = dict[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def problems(value: Any, schema: Schema, at: str = "input") -> list[str]:
    """What is wrong with `value`, one sentence each; empty when nothing is."""
    wanted = schema.get("type", "object")
    fits = isinstance(value, _TYPES[wanted]) and (wanted == "boolean" or not isinstance(value, bool))
    if not fits:
        return [f"`{at}` must be of type {wanted}."]
    if "enum" in schema and value not in schema["enum"]:
        return [f"`{at}` must be one of {', '.join(schema['enum'])}."]
    if wanted == "object":
        return _object(value, schema, at)
    if wanted == "array":
        return _array(value, schema, at)
    if wanted == "string" and schema.get("minLength") and not value.strip():
        return [f"`{at}` must not be empty."]
    return []


def _object(value: dict[str, Any], schema: Schema, at: str) -> list[str]:
    known = schema.get("properties", {})
    found = [f"`{at}` lacks the field `{name}`." for name in schema.get("required", ()) if name not in value]
    found += [f"`{at}` has no field `{name[:40]}`." for name in value if name not in known]
    for name, part in known.items():
        if name in value and not (value[name] is None and name not in schema.get("required", ())):
            found += problems(value[name], part, f"{at}.{name}")
    return found


def _array(value: list[Any], schema: Schema, at: str) -> list[str]:
    if len(value) < schema.get("minItems", 0):
        return [f"`{at}` must have at least {schema['minItems']} item."]
    return [p for n, item in enumerate(value) for p in problems(item, schema["items"], f"{at}[{n}]")]
