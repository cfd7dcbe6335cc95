"""`python -m bot.reference`: writes the generated tables of docs/repo-config.md and docs/configuration.md from the models."""

import enum
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from tasks.gates.config import ProfileTable, RepoFile, Table
from tasks.settings import Section, Settings

DOCS = Path(__file__).resolve().parent.parent / "docs"
BEGIN, END = "<!-- generated: python -m bot.reference -->", "<!-- end of what is generated -->"


def main() -> None:
    for name, text in PAGES.items():
        path = DOCS / name
        path.write_text(with_generated(path.read_text(encoding="utf-8"), text()), encoding="utf-8")


def with_generated(page: str, text: str) -> str:
    """The page with what stands between the two markers replaced. Raises ValueError where they are missing."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError("the page has no place for what is generated")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def repo_config() -> str:
    """Every key of `.sortie.toml`."""
    lines = ["| key | what | value | without it |", "|---|---|---|---|"]
    for name, field in RepoFile.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Table):
            lines += [_key(f"{name}.{key}", found) for key, found in inner.model_fields.items()]
        elif name == "profiles":
            lines += [_key(f"{name}.<name>.{key}", found) for key, found in ProfileTable.model_fields.items()]
        else:
            lines.append(_key(name, field))
    return "\n".join(lines)


def configuration() -> str:
    """Every key of `sortie.toml` and its environment variable."""
    lines = ["| key | variable | value | default |", "|---|---|---|---|"]
    notes = []
    for name, field in Settings.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            notes.append(f"`[{name}]`: {' '.join((inner.__doc__ or '').split())}")
            lines += [_setting(f"{name}.{key}", found) for key, found in inner.model_fields.items()]
        else:
            lines.append(_setting(name, field))
    return "\n".join([*lines, "", *(f"- {note}" for note in notes)])


def _key(name: str, field: FieldInfo) -> str:
    extra = field.json_schema_extra
    must = str(extra["must"]) if isinstance(extra, dict) else ""
    shown = "" if field.default in (None, (), "", {}) or field.is_required() else f"`{_toml(field.default)}`"
    return f"| `{name}` | {field.description} | {must} | {shown} |"


def _setting(name: str, field: FieldInfo) -> str:
    variable = f"SORTIE_{name.replace('.', '__').upper()}"
    value = _kind(field.annotation).replace("|", "\\|")
    return f"| `{name}` | `{variable}` | {value} | {_default(field)} |"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    empty = value is None or value == () or value == {} or value == ""
    if empty or isinstance(value, SecretStr | BaseModel):
        return ""
    return f"`{_toml(value)}`"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    if isinstance(value, enum.Enum):
        value = value.value
    return f'"{value}"' if isinstance(value, str | Path) else str(value)


def _kind(annotation: Any) -> str:
    """A type as people read it."""
    plain = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"}
    if annotation in plain:
        return plain[annotation]
    if annotation is SecretStr:
        return "secret text"
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return ", ".join(f"`{getattr(item, 'value', item)}`" for item in inner)
    if origin is tuple:
        return f"list of: {_kind(inner[0])}"
    if origin is dict:
        return f"table of: {_kind(inner[1])}"
    several = [_kind(part) for part in inner if part is not type(None)]
    return " or ".join(several) if several else "table"


PAGES = {"repo-config.md": repo_config, "configuration.md": configuration}

if __name__ == "__main__":
    main()
