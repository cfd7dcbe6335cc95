"""Faults: one small thing of a line done wrongly, and every place of a file where one can be put."""

import ast
from collections.abc import Iterable, Iterator

from bench.changes.edit import Edit, SpanOperator
from bench.changes.source import CannotApply, Source, Span

_OTHER = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.In: ("in", "not in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.NotIn: ("not in", "in"),
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
}  # fmt: skip


def _swap(source: Source, edit: Edit) -> Iterable[Span]:
    start, old = source.at(int(edit["line"]), int(edit["col"])), str(edit["old"]).encode()
    if source.data[start : start + len(old)] != old:
        raise CannotApply(f"{edit['old']} does not stand on line {edit['line']} of {source.path}")
    return (Span(source.path, start, start + len(old), str(edit["new"])),)


def _negate(source: Source, edit: Edit) -> Iterable[Span]:
    node = source.statement(int(edit["line"]))
    if not isinstance(node, ast.If | ast.While):
        raise CannotApply("no condition")
    return (source.replace(node.test, f"not ({source.text(node.test)})"),)


def _pass(source: Source, edit: Edit) -> Iterable[Span]:
    return (source.replace(source.statement(int(edit["line"])), "pass"),)


def _none(source: Source, edit: Edit) -> Iterable[Span]:
    node = source.statement(int(edit["line"]))
    return (source.replace(node, "return None"),)


def _crossed(source: Source, edit: Edit) -> Iterable[Span]:
    """The first two arguments of a call change places."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or (node.lineno, node.col_offset) != (edit["line"], edit["col"]):
            continue
        if two := _two(node):
            first, second = two
            yield source.replace(first, source.text(second))
            yield source.replace(second, source.text(first))
            return


OPERATORS: dict[str, SpanOperator] = {
    "swap": _swap,
    "negate": _negate,
    "pass": _pass,
    "none": _none,
    "crossed": _crossed,
}


def faults(source: Source) -> Iterator[tuple[str, Edit]]:
    """(function, edit) of every fault that can be put into a function of this file."""
    for name, function in source.functions():
        quoted = {id(n) for f in ast.walk(function) if isinstance(f, ast.JoinedStr) for n in ast.walk(f)}
        for statement in function.body:
            for node in ast.walk(statement):
                if id(node) not in quoted:
                    yield from ((name, {"path": source.path, **edit}) for edit in _at(source, node))


def _at(source: Source, node: ast.AST) -> Iterator[dict[str, str | int]]:
    match node:
        case ast.Compare(ops=[op], comparators=[right]) if type(op) in _OTHER:
            yield from _between(source, (node.left, right), _OTHER[type(op)])
        case ast.BinOp(op=op) if type(op) in _OTHER and not isinstance(node.left, ast.Constant):
            yield from _between(source, (node.left, node.right), _OTHER[type(op)])
        case ast.BoolOp(op=op, values=[left, right]):
            yield from _between(source, (left, right), _OTHER[type(op)])
        case ast.Constant(value=bool(value)):
            yield _word(node, str(value), str(not value))
        case ast.Constant(value=int(value)) if source.text(node) == str(value):
            yield _word(node, str(value), str(value + 1))
        case ast.If() | ast.While() if not source.text(node).startswith("elif"):
            yield {"do": "negate", "line": node.lineno}
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield {"do": "none", "line": node.lineno}
        case ast.Expr(value=ast.Call()) | ast.Delete() | ast.AugAssign() | ast.Raise():
            yield {"do": "pass", "line": node.lineno}
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield {"do": "pass", "line": node.lineno}
        case ast.Break():
            yield _word(node, "break", "continue")
        case ast.Continue():
            yield _word(node, "continue", "break")
        case ast.Call() if _two(node):
            yield {"do": "crossed", "line": node.lineno, "col": node.col_offset}


def _between(
    source: Source, operands: tuple[ast.expr, ast.expr], words: tuple[str, str]
) -> Iterator[dict[str, str | int]]:
    """The operator between two operands, where it stands there once and on the line where the first one ends."""
    left, right = operands
    between = source.data[source.end(left) : source.start(right)].decode()
    if between.count(words[0]) == 1 and "\n" not in between and "#" not in between:
        col = (left.end_col_offset or 0) + len(between.partition(words[0])[0].encode())
        yield {
            "do": "swap",
            "line": left.end_lineno or left.lineno,
            "col": col,
            "old": words[0],
            "new": words[1],
        }


def _word(node: ast.expr | ast.stmt, old: str, new: str) -> dict[str, str | int]:
    return {"do": "swap", "line": node.lineno, "col": node.col_offset, "old": old, "new": new}


def _two(node: ast.AST) -> tuple[ast.expr, ast.expr] | None:
    """The first two arguments of a call, where both are plain and they are not the same."""
    if not isinstance(node, ast.Call) or len(node.args) < 2:
        return None
    one, two = node.args[:2]
    plain = all(isinstance(a, ast.Name | ast.Attribute | ast.Constant) for a in (one, two))
    return (one, two) if plain and ast.dump(one) != ast.dump(two) else None
