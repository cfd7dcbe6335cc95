"""Runs INSIDE the sandbox by the system's python: views, edits and searches files. Standard library only.

One JSON request on stdin, one JSON answer {"ok": bool, "text": str} on stdout. It has no more rights than bash has there.
"""

import json
import os
import re
import stat
import sys
from collections.abc import Callable

MAX_BYTES = 8_000_000
MAX_LINES = 2_000
MAX_MATCHES = 200
MAX_ENTRIES = 500
MAX_WIDTH = 400
MAX_TEXT = 60_000
SKIPPED = {".git", "node_modules", "__pycache__", ".venv", ".tox", ".mypy_cache", ".pytest_cache"}


class Refused(Exception):
    """A sentence for the model."""


def read(path: str) -> str:
    """A regular file as text; bytes that are not UTF-8 survive a round trip."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}.") from None
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise Refused(f"{path} is not a regular file.")
        if found.st_size > MAX_BYTES:
            raise Refused(f"{path} has {found.st_size} bytes; use bash to look at parts of it.")
        content = file.read()
    if b"\0" in content[:8192]:
        raise Refused(f"{path} is a binary file.")
    return content.decode("utf-8", "surrogateescape")


def view(path: str, start: int | None = None, end: int | None = None) -> str:
    """Numbered lines, or a directory's entries."""
    if os.path.isdir(path):
        names = sorted(os.listdir(path))
        shown = [name + "/" * os.path.isdir(os.path.join(path, name)) for name in names[:MAX_ENTRIES]]
        more = [f"[… {len(names) - MAX_ENTRIES} more …]"] if len(names) > MAX_ENTRIES else []
        return "\n".join(shown + more) or "(empty directory)"
    lines = read(path).split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    first = max(1, start or 1)
    last = min(len(lines), end or len(lines), first + MAX_LINES - 1)
    if first > len(lines):
        return "(empty file)" if not lines else f"(the file has {len(lines)} lines)"
    text = "\n".join(f"{n:6}\t{lines[n - 1]}" for n in range(first, last + 1))
    return text if last == len(lines) else f"{text}\n[… lines {last + 1} to {len(lines)} …]"


def edit(path: str, old: str, new: str) -> str:
    """Replaces the one occurrence of `old`, or creates the file."""
    if old == "":
        return create(path, new)
    content = read(path)
    count = content.count(old)
    if count == 0 and "\r\n" in content:
        old, new = old.replace("\n", "\r\n"), new.replace("\n", "\r\n")
        count = content.count(old)
    if count != 1:
        where = "does not occur" if count == 0 else f"occurs {count} times"
        raise Refused(f"`old` {where} in {path}; it must occur exactly once. Nothing was changed.")
    if old == new:
        raise Refused("`old` and `new` are the same. Nothing was changed.")
    line = content[: content.index(old)].count("\n") + 1
    write(path, content.replace(old, new), os.O_WRONLY | os.O_TRUNC)
    return f"{path} changed at line {line}."


def create(path: str, new: str) -> str:
    """A new file, with its directories; an empty one is filled."""
    exists = os.path.lexists(path)
    if exists and (not os.path.isfile(path) or os.path.getsize(path)):
        raise Refused(f"{path} exists already; give the text to replace in `old`. Nothing was changed.")
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    write(path, new, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if exists else os.O_EXCL))
    return f"{path} created with {new.count(chr(10)) + (not new.endswith(chr(10)) and new != '')} lines."


def write(path: str, content: str, flags: int) -> None:
    """All of the content, in place: mode and links stay."""
    with open(os.open(path, flags, 0o644), "wb") as file:
        file.write(content.encode("utf-8", "surrogateescape"))


def search(pattern: str, path: str = ".") -> str:
    """Matching lines as path:line: text."""
    try:
        wanted = re.compile(pattern)
    except re.error as error:
        raise Refused(f"The pattern is no regular expression: {error}.") from None
    if not os.path.exists(path):
        raise Refused(f"{path} does not exist.")
    found: list[str] = []
    for name in files(path):
        try:
            lines = read(name).split("\n")
        except Refused:
            continue
        for number, line in enumerate(lines, 1):
            if wanted.search(line):
                found.append(f"{name}:{number}: {line[:MAX_WIDTH]}")
                if len(found) >= MAX_MATCHES:
                    return "\n".join([*found, f"[… stopped after {MAX_MATCHES} matches …]"])
    return "\n".join(found) or "No line matches."


def files(path: str) -> list[str]:
    """The files below a directory in a fixed order, or the file itself."""
    if not os.path.isdir(path):
        return [path]
    result: list[str] = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(f for f in folders if f not in SKIPPED)
        result += [os.path.normpath(os.path.join(folder, name)) for name in sorted(names)]
    return result


def cut(text: str) -> str:
    """At most MAX_TEXT characters: head and tail."""
    if len(text) <= MAX_TEXT:
        return text
    half = MAX_TEXT // 2
    return f"{text[:half]}\n[… {len(text) - MAX_TEXT} characters left out …]\n{text[-half:]}"


OPERATIONS: dict[str, Callable[..., str]] = {"view": view, "edit": edit, "search": search}


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    try:
        text = OPERATIONS[request["tool"]](**request["input"])
        answer = {"ok": True, "text": cut(text)}
    except Refused as refused:
        answer = {"ok": False, "text": str(refused)}
    except (OSError, ValueError) as error:
        answer = {"ok": False, "text": f"{getattr(error, 'filename', '') or request['tool']}: {error}."}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
