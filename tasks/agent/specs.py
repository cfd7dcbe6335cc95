"""The tools an agent is offered: names, descriptions and input schemas. What they do is in tools.py and loop.py."""

from collections.abc import Mapping
from typing import Any

from integrations.types.model import ToolSpec

_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}


def _object(required: tuple[str, ...], **properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


BASH = ToolSpec(
    "bash",
    "Run a command with /bin/bash in /workspace. Each call is a new shell; processes left running are ended. No network. "
    "The result begins with the line `exit code: N`; long output keeps its head and tail.",
    _object(
        ("command",),
        command={**_TEXT, "description": "The command line."},
        timeout_s={
            "type": "integer",
            "description": "Seconds until it is killed; 120 unless given, at most 600.",
        },
    ),
)
VIEW = ToolSpec(
    "view",
    "Show a text file with line numbers, or list a directory.",
    _object(
        ("path",),
        path={**_TEXT, "description": "Path below /workspace."},
        start={"type": "integer", "description": "First line, from 1."},
        end={"type": "integer", "description": "Last line, included."},
    ),
)
EDIT = ToolSpec(
    "edit",
    "Replace one passage of a file. `old` must occur exactly once, whitespace included; give enough lines around it. "
    "With an empty `old` a new file is made of `new`.",
    _object(
        ("path", "old", "new"),
        path={**_TEXT, "description": "Path below /workspace."},
        old={"type": "string", "description": "The exact text to replace; empty to create the file."},
        new={"type": "string", "description": "What stands there afterwards."},
    ),
)
SEARCH = ToolSpec(
    "search",
    "Find lines that match a regular expression (Python syntax) in a file or below a directory.",
    _object(
        ("pattern",),
        pattern={**_TEXT, "description": "The regular expression."},
        path={"type": "string", "description": "File or directory; all of /workspace unless given."},
    ),
)
PLAN = ToolSpec(
    "plan",
    "Say what you are going to do, for the people who wait: two to four items, verb first, at most 60 characters each.",
    _object(("items",), items={"type": "array", "items": _TEXT, "minItems": 1}),
)
PROPOSE = ToolSpec(
    "propose",
    "Show the plan to the person who must approve it. Call it alone; everything stops until they answer.",
    _object(
        ("items",),
        items={
            "type": "array",
            "items": _TEXT,
            "minItems": 1,
            "maxItems": 6,
            "description": "One to six steps, verb first, one line each.",
        },
        files={"type": "array", "items": _TEXT, "description": "The files you expect to change."},
        not_doing={
            "type": "array",
            "items": _TEXT,
            "description": "What one might expect and you leave out.",
        },
    ),
)
ASK = ToolSpec(
    "ask",
    "Ask the person who made the request. With `default` you go on with it at once; without, work stops until the answer.",
    _object(
        ("question",),
        question={**_TEXT, "description": "One question; name what you checked."},
        options={"type": "array", "items": _TEXT, "description": "Two to four answers to choose from."},
        default={"type": "string", "description": "What you assume if nobody answers."},
    ),
)

_PLACE: dict[str, Any] = {"path": _TEXT, "line": {"type": "integer"}}

_PROOF = _object(
    (),
    command={
        "type": "string",
        "description": "One command that shows it in a fresh checkout, run by /bin/bash in /workspace.",
    },
    exit_code={"type": "integer", "description": "What it ends with."},
    output={"type": "string", "description": "The printed lines that show it, exact."},
    path={"type": "string", "description": "Instead of a command: a file where it stands."},
    line={"type": "integer"},
    quote={"type": "string", "description": "The line of that file, or up to five, as it stands there."},
)

SUBMIT = ToolSpec(
    "finish",
    "Hand in the work as it is in /workspace. Call it alone, when everything has been run and looked at.",
    _object(
        ("summary", "title"),
        summary={
            **_TEXT,
            "description": "Two to five sentences: what changes for a user or caller, and why in this way.",
        },
        title={**_TEXT, "description": "Imperative, at most 72 characters."},
        look_first={
            "type": "array",
            "description": "Up to four places to read first, riskiest first.",
            "items": _object(("path", "line", "why"), **_PLACE, why=_TEXT),
        },
        not_done={"type": "array", "items": _TEXT, "description": "What was left out or assumed."},
        answers={
            "type": "array",
            "description": "One for each comment you were given, by its id. Only in a round that is about comments.",
            "items": _object(
                ("id", "outcome", "text"),
                id=_TEXT,
                outcome={"type": "string", "enum": ["fixed", "not_changed", "question"]},
                text={
                    **_TEXT,
                    "description": "What you changed; or why not; or what you must know. One paragraph.",
                },
                evidence=_PROOF,
            ),
        },
        rebuttals={
            "type": "array",
            "description": "One for each finding of a reviewer that is wrong, by its number. Only where findings were given to you.",
            "items": _object(
                ("finding", "text", "evidence"),
                finding={"type": "integer"},
                text={**_TEXT, "description": "Why nothing is to be changed. One sentence."},
                evidence=_PROOF,
            ),
        },
    ),
)
VERDICT = ToolSpec(
    "finish",
    "Give your decision on the change. Call it alone, after what you ran has been looked at.",
    _object(
        ("decision", "summary", "findings"),
        decision={"type": "string", "enum": ["pass", "block"]},
        summary={**_TEXT, "description": "Two or three sentences: what you tried and what came out."},
        findings={
            "type": "array",
            "items": _object(
                ("severity", "path", "line", "quote", "claim"),
                severity={"type": "string", "enum": ["blocking", "note"]},
                **_PLACE,
                quote={
                    "type": "string",
                    "description": "The line of the file, or up to five, as it stands there.",
                },
                claim={**_TEXT, "description": "One claim, at most 200 characters."},
                evidence=_object(
                    ("command", "exit_code", "output"),
                    command={
                        "type": "string",
                        "description": "One command that shows it in a fresh checkout, run by /bin/bash in /workspace.",
                    },
                    exit_code={"type": "integer", "description": "What it ends with."},
                    output={
                        "type": "string",
                        "description": "The printed lines that show it, exact; empty if it prints nothing.",
                    },
                ),
            ),
        },
    ),
)

ANSWER = ToolSpec(
    "finish",
    "Give your answer. Call it alone, when what you ran has been looked at.",
    _object(("answer",), answer={**_TEXT, "description": "The whole answer, at most thirty short lines."}),
)

WORKER = (BASH, VIEW, EDIT, SEARCH, PLAN, ASK, SUBMIT)
PLANNER = (BASH, VIEW, SEARCH, ASK, PROPOSE)
"""The worker's, as long as nobody has approved its plan."""

REVIEWER = (BASH, VIEW, SEARCH, VERDICT)
EXPLAINER = (BASH, VIEW, SEARCH, ANSWER)
