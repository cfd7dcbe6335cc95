"""Every edit there is, by name."""

from bench.changes import forging, mutating, refactoring, tampering
from bench.changes.edit import Edit, FileOperator, SpanOperator
from bench.changes.source import CannotApply

SPANS: dict[str, SpanOperator] = {
    **mutating.OPERATORS,
    **refactoring.OPERATORS,
    **tampering.OPERATORS,
    **forging.OPERATORS,
}
"""Edits of lines: each says what to put where in one file as it was."""


def _write(tree: dict[str, bytes], edit: Edit) -> None:
    tree[str(edit["path"])] = str(edit["text"]).encode()


def _append(tree: dict[str, bytes], edit: Edit) -> None:
    tree[str(edit["path"])] = _there(tree, edit) + str(edit["text"]).encode()


def _remove(tree: dict[str, bytes], edit: Edit) -> None:
    _there(tree, edit)
    del tree[str(edit["path"])]


def _move(tree: dict[str, bytes], edit: Edit) -> None:
    tree[str(edit["to"])] = _there(tree, edit)
    del tree[str(edit["path"])]


def _anchor(tree: dict[str, bytes], edit: Edit) -> None:
    """Replaces the one place where these words stand; in files of any kind."""
    text, old = _there(tree, edit).decode(), str(edit["old"])
    if text.count(old) != 1:
        raise CannotApply(f"{old!r} stands {text.count(old)} times in {edit['path']}")
    tree[str(edit["path"])] = text.replace(old, str(edit["new"])).encode()


def _there(tree: dict[str, bytes], edit: Edit) -> bytes:
    found = tree.get(str(edit["path"]))
    if found is None:
        raise CannotApply(f"there is no {edit['path']}")
    return found


FILES: dict[str, FileOperator] = {
    "write": _write,
    "append": _append,
    "remove": _remove,
    "move": _move,
    "anchor": _anchor,
}
"""Edits of whole files, after those of lines, in their order."""

__all__ = ["FILES", "SPANS", "Edit"]
