"""Slack calls held against the types Slack publishes (@slack/web-api): the exchanges become TypeScript that its compiler judges."""

import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from tests.interop.programs import MODULES, node, without_leftovers
from tests.interop.relay import Exchange

_FLAGS, _NUMBERS = frozenset({"include_all_metadata"}), frozenset({"limit"})
"""Arguments that a form writes as text, though the published types are those of the SDK, before it makes a form."""

UNKNOWN_TO_THEM = frozenset({"client_msg_id"})
"""What a person's message carries by the types of conversations.history, and those of conversations.replies leave out."""

_PLAIN = """
type Plain<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
"""
"""The published answers name their words by enums; what is on the wire are the words."""


def complaints(exchanges: Iterable[Exchange], folder: Path) -> list[str]:
    """What the compiler says of requests ("asked: …") and of answers that are ok ("answered: …"), each once."""
    statements: dict[str, str] = {}
    names: set[str] = set()
    for each in exchanges:
        method = each.path.rpartition("/")[2]
        name = "".join(part[0].upper() + part[1:] for part in method.split("."))
        asked, answer = _asked(each), json.loads(each.answer)
        names |= {f"{name}Arguments"}
        statements[f"{name}Arguments = {json.dumps(asked)}"] = f"asked: {method}"
        for block in asked.get("blocks") or []:
            statements[f"KnownBlock = {json.dumps(block)}"] = f"asked: a block of {method}"
        if answer.get("ok"):
            names |= {f"{name}Response"}
            rest, blocks = _apart(answer)
            statements[f"Plain<{name}Response> = {json.dumps(rest)}"] = f"answered: {method}"
            for block in blocks:
                statements[f"KnownBlock = {json.dumps(block)}"] = f"answered: a block of {method}"
    assert statements
    head = f'import type {{ {", ".join(sorted(names))} }} from "@slack/web-api";'
    lines = [f'{head} import type {{ KnownBlock }} from "@slack/types";{_PLAIN.strip()}']
    lines += [f"export const v{n}: {statement};" for n, statement in enumerate(statements)]
    about = list(statements.values())
    said = _compiled("\n".join(lines), folder)
    found = [(int(row), text) for row, text in re.findall(r"^calls\.ts\((\d+),\d+\): error (.*)", said, re.M)]
    return sorted({f"{about[row - 2] if row > 1 else 'types'}: {text[:300]}" for row, text in found})


def _apart(answer: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """An answer without its blocks, and these: the types of answers know no block younger than 2022, those of blocks do."""
    rest = json.loads(json.dumps(answer))
    held = [m for m in (rest.get("message"), *(rest.get("messages") or ())) if isinstance(m, dict)]
    for message in held:
        for key in UNKNOWN_TO_THEM & set(message):
            del message[key]
    return rest, [block for message in held for block in message.pop("blocks", None) or ()]


def _compiled(source: str, folder: Path) -> str:
    where = folder / "types"
    where.mkdir(exist_ok=True)
    (where / "calls.ts").write_text(source)
    if not (where / "node_modules").exists():
        (where / "node_modules").symlink_to(MODULES)
    options = ["--noEmit", "--skipLibCheck", "--strict", "--target", "es2022", "--module", "nodenext"]
    command = [node(), str(MODULES / "typescript/bin/tsc"), *options, "--pretty", "false", "calls.ts"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=where, timeout=300, env=without_leftovers()
    )
    assert done.returncode in (0, 1, 2), done.stdout + done.stderr
    return done.stdout


def _asked(each: Exchange) -> dict[str, Any]:
    if "json" in each.asked.get("content-type", ""):
        return dict(json.loads(each.body))
    form = {name: values[-1] for name, values in parse_qs(each.body.decode() or each.query).items()}
    return {name: _typed(name, text) for name, text in form.items()}


def _typed(name: str, text: str) -> Any:
    if name in _FLAGS:
        return text in ("1", "true")
    return int(text) if name in _NUMBERS else text
