"""Refactorings: edits after which the code does what it did before, and where in a file each can be made."""

import ast
from collections.abc import Iterable, Iterator

from bench.changes.edit import Edit, SpanOperator
from bench.changes.source import CannotApply, Function, Source, Span, body_start

_TURNED = {ast.Lt: ">", ast.Gt: "<", ast.LtE: ">=", ast.GtE: "<=", ast.Eq: "==", ast.NotEq: "!="}


def _rename(source: Source, edit: Edit) -> Iterable[Span]:
    """A local name, everywhere in its function."""
    function = source.function(str(edit["function"]))
    for node in _named(function, str(edit["old"])):
        yield source.replace(node, str(edit["new"]))


def _hold(source: Source, edit: Edit) -> Iterable[Span]:
    """`return x` becomes `name = x` and `return name`."""
    node = source.statement(int(edit["line"]))
    if not isinstance(node, ast.Return) or node.value is None:
        raise CannotApply("no return")
    value, name = source.text(node.value), str(edit["name"])
    yield source.replace(node, f"{name} = {_bracketed(value)}\n{source.indent(node)}return {name}")


def _turn(source: Source, edit: Edit) -> Iterable[Span]:
    """`a < b` becomes `b > a`, of plain names and constants."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Compare) and (node.lineno, node.col_offset) == (edit["line"], edit["col"]):
            left, right = source.text(node.left), source.text(node.comparators[0])
            yield source.replace(node, f"{right} {_TURNED[type(node.ops[0])]} {left}")
            return
    raise CannotApply("no comparison")


def _flip(source: Source, edit: Edit) -> Iterable[Span]:
    """The two branches of an if change places under its negation."""
    node = source.statement(int(edit["line"]))
    if not isinstance(node, ast.If) or not node.orelse:
        raise CannotApply("no if with an else")
    yield source.replace(node.test, f"not ({source.text(node.test)})")
    first, second = _block(source, node.body), _block(source, node.orelse)
    yield Span(source.path, *first, source.data[slice(*second)].decode())
    yield Span(source.path, *second, source.data[slice(*first)].decode())


def _nest(source: Source, edit: Edit) -> Iterable[Span]:
    """`if a and b:` becomes `if a:` around `if b:`."""
    node = source.statement(int(edit["line"]))
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.BoolOp) or node.orelse:
        raise CannotApply("no plain if of two conditions")
    first, *others = node.test.values
    inner = source.indent(node) + "    "
    rest = " and ".join(source.text(v) for v in others)
    start, end = _block(source, node.body)
    body = "".join(f"    {line}\n" if line else "\n" for line in source.data[start:end].decode().split("\n"))
    head = f"if {source.text(first)}:\n{inner}if {rest}:\n"
    yield Span(source.path, source.start(node), end, head + body.removesuffix("\n"))


def _unelse(source: Source, edit: Edit) -> Iterable[Span]:
    """The else of an if that returns or raises loses its indentation."""
    node = source.statement(int(edit["line"]))
    if not isinstance(node, ast.If) or not node.orelse:
        raise CannotApply("no if with an else")
    start, end = source.end(node.body[-1]), source.end(node.orelse[-1])
    lines = source.data[source.at(node.orelse[0].lineno) : end].decode().split("\n")
    yield Span(source.path, start, end, "\n" + "\n".join(line.removeprefix("    ") for line in lines))


def _name_constant(source: Source, edit: Edit) -> Iterable[Span]:
    """A number inside a function gets a name at the top of the file, below its imports."""
    line, col = int(edit["line"]), int(edit["col"])
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and (node.lineno, node.col_offset) == (line, col):
            yield source.replace(node, str(edit["name"]))
            last = next(n for n in source.tree.body if isinstance(n, Function | ast.ClassDef))
            at = source.whole_lines(last)[0]
            yield Span(source.path, at, at, f"{edit['name']} = {source.text(node)}\n\n\n")
            return
    raise CannotApply("no constant")


def _say(source: Source, edit: Edit) -> Iterable[Span]:
    """A comment of ours before the first statement of a function."""
    first = body_start(source.function(str(edit["function"])))
    at = source.at(first.lineno)
    yield Span(source.path, at, at, f"{source.indent(first)}# {edit['text']}\n")


def _document(source: Source, edit: Edit) -> Iterable[Span]:
    """One more sentence at the end of a function's docstring, or a docstring where there is none."""
    function = source.function(str(edit["function"]))
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        end = source.end(first) - 3
        if source.data[end : end + 3] not in (b'"""', b"'''"):
            raise CannotApply("no long docstring")
        yield Span(source.path, end, end, f"\n\n{source.indent(first)}{edit['text']}\n{source.indent(first)}")
    else:
        at = source.at(first.lineno)
        yield Span(source.path, at, at, f'{source.indent(first)}"""{edit["text"]}"""\n')


OPERATORS: dict[str, SpanOperator] = {
    "rename": _rename,
    "hold": _hold,
    "turn": _turn,
    "flip": _flip,
    "nest": _nest,
    "unelse": _unelse,
    "name-constant": _name_constant,
    "say": _say,
    "document": _document,
}


def renames(source: Source) -> Iterator[tuple[str, str]]:
    """(function, local name) of what can be renamed without changing anything."""
    for name, function in source.functions():
        for local in sorted(_locals(function)):
            yield name, local


def rewrites(source: Source) -> Iterator[Edit]:
    """Every other refactoring that fits somewhere in this file."""
    for name, function in source.functions():
        known = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
        quoted = {id(n) for f in ast.walk(function) if isinstance(f, ast.JoinedStr) for n in ast.walk(f)}
        for node in ast.walk(function):
            if id(node) not in quoted:
                yield from ({"path": source.path, **edit} for edit in _rewrites(source, node, known))
        yield {"do": "say", "path": source.path, "function": name}


def _rewrites(source: Source, node: ast.AST, known: set[str]) -> Iterator[dict[str, str | int]]:
    match node:
        case ast.Return(value=ast.Call() | ast.BinOp() | ast.ListComp() | ast.IfExp()) if not known & {
            "found"
        }:
            yield {"do": "hold", "line": node.lineno, "name": "found"}
        case ast.Compare(ops=[op], comparators=[right]) if type(op) in _TURNED and _plain(node.left, right):
            yield {"do": "turn", "line": node.lineno, "col": node.col_offset}
        case ast.If(orelse=[first, *_]) if not isinstance(first, ast.If) and not _is_elif(source, node):
            if isinstance(node.body[-1], ast.Return | ast.Raise):
                yield {"do": "unelse", "line": node.lineno}
            yield {"do": "flip", "line": node.lineno}
        case ast.If(test=ast.BoolOp(op=ast.And()), orelse=[]) if not _is_elif(source, node):
            yield {"do": "nest", "line": node.lineno}
        case ast.Constant(value=int(value)) if not isinstance(value, bool) and value > 1:
            yield {
                "do": "name-constant",
                "line": node.lineno,
                "col": node.col_offset,
                "name": f"_NUMBER_{value}",
            }


def _locals(function: Function) -> set[str]:
    """Names that only this function's plain assignments and loops bind, and nothing inside it binds in another way."""
    nodes = [n for statement in function.body for n in ast.walk(statement)]
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    other = {a.arg for n in ast.walk(function) if isinstance(n, ast.arguments) for a in _arguments(n)}
    for node in nodes:
        match node:
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                other |= set(names)
            case ast.ExceptHandler(name=str(name)):
                other.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                other |= {a.asname or a.name for a in aliases}
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                other.add(name)
            case ast.JoinedStr():
                other |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            case ast.Name(id="locals" | "vars" | "eval" | "exec"):
                return set()
    return {name for name in stored - other if len(name) > 1 or name.islower()}


def _named(function: Function, name: str) -> Iterator[ast.Name]:
    for statement in function.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and node.id == name:
                yield node


def _arguments(given: ast.arguments) -> Iterator[ast.arg]:
    yield from (*given.posonlyargs, *given.args, *given.kwonlyargs)
    yield from (a for a in (given.vararg, given.kwarg) if a)


def _plain(*nodes: ast.expr) -> bool:
    return all(isinstance(n, ast.Name | ast.Constant) for n in nodes)


def _is_elif(source: Source, node: ast.If) -> bool:
    return source.data[source.start(node) : source.start(node) + 4] == b"elif"


def _bracketed(value: str) -> str:
    return f"({value})" if "\n" in value else value


def _block(source: Source, body: list[ast.stmt]) -> tuple[int, int]:
    """Offsets of a block's whole lines, without the last line's end."""
    return source.at(body[0].lineno), source.end(body[-1])
