"""Advertising in what an agent wrote for a commit: who made its model, what it is called, thanks to a tool, pictures. Pure."""

import re

_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u231a\u231b\u23e9-\u23fa\u2600-\u26ff\u2705\u270a-\u270d\u2728\u274c\u274e\u2753-\u2755\u2757"
    "\u2763\u2764\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\ufe0f\u20e3\U000e0020-\U000e007f]+"
    r"|(?<![\w:]):[a-z][a-z0-9_]{1,40}:(?![\w:])"
)
"""Pictures, and the names that code hosts draw as pictures. Arrows, ticks and mathematics may be words of a change."""

_MAKERS = (
    *(
        "anthropic",
        "openai",
        "deepseek",
        "claude(?: (?:code|opus|sonnet|haiku))?",
        "chatgpt",
        "github copilot",
    ),
    r"gpt-?[0-9]\w*(?:[.-]\w+)*",
    r"(?:gemini|llama|mistral|qwen|grok|codex|sonnet|opus|haiku)[- ]?[0-9]\w*",
)
_NAME = re.compile(rf"(?<![\w./-])(?:{'|'.join(_MAKERS)})(?:[- ][0-9]\w*(?:\.\w+)*)*(?![\w/-]|\.\w)", re.I)
"""A name by itself: in a path, an address or the name of a package it is part of something else."""

_CREDIT = re.compile(
    r"\W*(?:(?:this\s+)?(?:commit|change|patch|pull request|pr)\s+(?:was|is)\s+)?"
    r"(?:generated|written|created|made|built|authored|produced|powered|assisted|crafted)\s+"
    r"(?:with|by|using|via|through)\b",
    re.I,
)
_TOOL = re.compile(
    r"\b(?:ai|llm|language model|(?:coding|ai) (?:agent|assistant)|claude|anthropic|openai|chatgpt|gpt|codex|copilot|gemini|"
    r"cursor|devin|aider|windsurf|sortie)\b",
    re.I,
)
_WIDE, _BEFORE_A_STOP = re.compile(r"(?<=\S)[ \t]{2,}"), re.compile(r"(?<=\S)[ \t]+(?=[.,;:!?)])")
_EMPTY = re.compile(r"\[\s*\]\([^)\s]*\)|\(\s*\)")


def names_in(text: str) -> frozenset[str]:
    """The names of vendors and models in a text, in lower case."""
    return frozenset(found.group().lower() for found in _NAME.finditer(text))


def without_advertising(text: str, *, own: frozenset[str] = frozenset()) -> str:
    """The text without pictures, without lines that credit a tool, and without names of vendors and models.

    `own` are names, in lower case, that belong to the repository or to the request: a program that calls a vendor may say so.
    """
    kept = [cleaned for line in text.split("\n") if (cleaned := _cleaned(line, own)) is not None]
    return "\n".join(kept)


def _cleaned(line: str, own: frozenset[str]) -> str | None:
    """A line without what does not belong in it, None where nothing else is left of it."""
    if _CREDIT.match(line) and _TOOL.search(line):
        return None
    named = _NAME.sub(
        lambda found: found.group() if found.group().lower() in own else "", _EMOJI.sub("", line)
    )
    if named == line:
        return line
    told = _BEFORE_A_STOP.sub("", _WIDE.sub(" ", _EMPTY.sub("", named))).rstrip()
    told = told if line[:1].isspace() else told.lstrip()
    return told if any(c.isalnum() for c in told) else None
