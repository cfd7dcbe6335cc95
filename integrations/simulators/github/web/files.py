"""A diff as rows for the page, with review threads at their lines."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.simulators.github.model.diffs import DiffLine, FileDiff, lines
from integrations.simulators.github.web.timeline import Thread

MAX_ROWS = 2000
_CLASS = {"+": "add", "-": "del", "@": "hunk", " ": "", "\\": "meta"}


@dataclass(frozen=True, slots=True)
class Row:
    line: DiffLine
    css: str
    threads: list[Thread]


@dataclass(frozen=True, slots=True)
class FileView:
    """One changed file; `rows` is cut at MAX_ROWS (`cut` says so); `loose` are threads with no line here."""

    file: FileDiff
    rows: list[Row]
    cut: bool
    loose: list[Thread]


def file_views(changed: tuple[FileDiff, ...], found: list[Thread]) -> list[FileView]:
    """Every changed file with its threads."""
    return [_view(file, [t for t in found if t.root.path == file.path]) for file in changed]


def _view(file: FileDiff, found: list[Thread]) -> FileView:
    rows: list[Row] = []
    placed: set[int] = set()
    every = list(lines(file.patch)) if file.patch else []
    for line in every[:MAX_ROWS]:
        here = [t for t in found if _stands_at(t, line)]
        placed |= {t.root.id for t in here}
        rows.append(Row(line, _CLASS[line.kind], here))
    loose = [t for t in found if t.root.id not in placed]
    return FileView(file, rows, len(every) > MAX_ROWS, loose)


def _stands_at(thread: Thread, line: DiffLine) -> bool:
    root = thread.root
    number = line.old if root.side == "LEFT" else line.new
    return root.line is not None and number == root.line and line.kind in "+- "
