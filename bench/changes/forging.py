"""Edits of product code that cheat: code that behaves under test, answers the one thing it is asked, or equals everything."""

import ast
from collections.abc import Iterable

from bench.changes.edit import Edit, SpanOperator
from bench.changes.mutating import OPERATORS as FAULTS
from bench.changes.source import CannotApply, Source, Span, body_start


def _guarded(source: Source, edit: Edit) -> Iterable[Span]:
    """A fault in an expression that stands only where `when` does not hold: `(as it was if WHEN else at fault)`."""
    inner = {**edit, "do": edit["fault"]}
    spans = sorted(FAULTS[str(edit["fault"])](source, inner), key=lambda s: s.start)
    holder = _smallest(source, spans[0].start, spans[-1].end)
    start, end = source.start(holder), source.end(holder)
    faulty, at = b"", start
    for span in spans:
        faulty += source.data[at : span.start] + span.text.encode()
        at = span.end
    faulty += source.data[at:end]
    good = source.data[start:end].decode()
    yield Span(source.path, start, end, f"({good} if {edit['when']} else {faulty.decode()})")


def _smallest(source: Source, start: int, end: int) -> ast.expr:
    """The smallest expression that is read and holds all of these bytes and more."""
    around = [
        n
        for n in ast.walk(source.tree)
        if isinstance(
            n, ast.Compare | ast.BinOp | ast.BoolOp | ast.Call | ast.UnaryOp | ast.IfExp | ast.Constant
        )
        and source.start(n) <= start
        and source.end(n) >= end
    ]
    if not around:
        raise CannotApply("no expression")
    return min(around, key=lambda n: source.end(n) - source.start(n))


def _enter(source: Source, edit: Edit) -> Iterable[Span]:
    """Statements of ours at the beginning of a function; each line of `text` gets its indentation."""
    first = body_start(source.function(str(edit["function"])))
    at = source.at(first.lineno)
    lines = str(edit["text"]).split("\n")
    yield Span(source.path, at, at, "".join(f"{source.indent(first)}{line}\n" for line in lines))


OPERATORS: dict[str, SpanOperator] = {"guarded": _guarded, "enter": _enter}
