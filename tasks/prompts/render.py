"""Renders the prompts. Untrusted text is a type of its own that a template can only show inside a fence."""

import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tasks.prompts.clean import clean, reveal

Kind = Literal["prose", "output"]


@dataclass(frozen=True, slots=True)
class Untrusted:
    """Text somebody else wrote. `prose` is from people, `output` from programs and files; `label` names it to the model."""

    label: str
    text: str
    kind: Kind = "prose"


def fence(data: Untrusted) -> str:
    """The text between two lines that carry the same random number, with a count of what was hidden in it.

    The number is new for each fence, so that no text can close the fence it stands in.
    """
    number = _number_outside(data.text)
    if data.kind == "prose":
        cleaned = clean(data.text)
        note = f" (hidden text removed: {cleaned.hidden} characters)" if cleaned.hidden else ""
        text = cleaned.text
    else:
        note, text = "", reveal(data.text)
    return f"<data-{number}> {data.label}{note}\n{text.strip(chr(10))}\n</data-{number}>"


def render(template: str, **values: object) -> str:
    """A template of this directory with its values. Raises jinja2.UndefinedError for a missing one, TypeError for a bare Untrusted."""
    return _environment().get_template(template).render(**values).strip()


def _number_outside(text: str) -> str:
    while True:
        number = secrets.token_hex(12)
        if number not in text:
            return number


def _no_bare_data(value: object) -> object:
    if isinstance(value, Untrusted):
        raise TypeError(f"{value.label} stands in a prompt without a fence")
    return value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_no_bare_data,
    )
    environment.globals["fence"] = fence
    return environment
