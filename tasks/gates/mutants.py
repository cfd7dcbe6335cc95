"""Small changes to the changed lines of a Python file, each of which a good test notices. Pure, the same for the same seed."""

import ast
import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One file with one thing changed: at `line` (1-based, in the file as it was), `what` says from what to what."""

    path: str
    line: int
    what: str
    source: str


def mutants(path: str, source: str, lines: frozenset[int], *, most: int, seed: str) -> tuple[Mutant, ...]:
    """At most `most` mutants, drawn by `seed` from all that these lines allow; none where Python cannot read the file."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    nodes = list(ast.walk(tree))
    docs = {id(d) for n in nodes if isinstance(d := _documentation(n), ast.Constant)}
    places = [
        (n, place)
        for n, node in enumerate(nodes)
        if getattr(node, "lineno", 0) in lines and id(node) not in docs
        for place in _places(node)
    ]
    drawn = random.Random(f"{seed}:{path}").sample(places, min(most, len(places)))
    return tuple(_mutated(path, tree, n, place) for n, place in sorted(drawn, key=lambda x: x[0]))


def _documentation(node: ast.AST) -> ast.expr | None:
    return node.value if isinstance(node, ast.Expr) else None


def _places(node: ast.AST) -> Iterator[int]:
    """What can be changed at a node: places in a comparison, else the node itself."""
    if isinstance(node, ast.Compare):
        yield from (n for n, op in enumerate(node.ops) if type(op) in _OTHER)
    elif isinstance(node, ast.BinOp | ast.BoolOp):
        yield from [0] if type(node.op) in _OTHER else []
    elif isinstance(node, ast.Constant):
        yield from [0] if isinstance(node.value, bool | int | float | str) else []
    elif isinstance(node, ast.If | ast.While | ast.IfExp):
        yield from [] if isinstance(node.test, ast.Compare | ast.Constant) else [0]
    elif isinstance(node, ast.Return):
        yield from [0] if node.value is not None and not _is_none(node.value) else []
    elif isinstance(node, ast.Raise):
        yield 0


def _mutated(path: str, tree: ast.Module, index: int, place: int) -> Mutant:
    changed = copy.deepcopy(tree)
    node = list(ast.walk(changed))[index]
    before = _shown(node)
    line = getattr(node, "lineno", 0)
    if isinstance(node, ast.Raise):
        replacement: ast.AST = ast.Pass()
        _Replace(node, replacement).visit(changed)
        after = "pass"
    else:
        _change(node, place)
        after = _shown(node)
    source = ast.unparse(ast.fix_missing_locations(changed)) + "\n"
    return Mutant(path, line, f"{before} → {after}", source)


def _change(node: ast.AST, place: int) -> None:
    match node:
        case ast.Compare():
            node.ops[place] = _other(node.ops[place])
        case ast.BinOp() | ast.BoolOp():
            node.op = _other(node.op)
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=str(value)):
            node.value = "" if value else "x"
        case ast.Constant(value=int(value) | float(value)):
            node.value = value + 1
        case ast.If() | ast.While() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Return():
            node.value = ast.Constant(None)


def _other(op: ast.AST) -> Any:
    return _OTHER[type(op)]()


class _Replace(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._old:
            return ast.copy_location(self._new, node)
        return super().generic_visit(node)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _shown(node: ast.AST) -> str:
    """The first line of a node as source, short."""
    text = ast.unparse(node).split("\n")[0]
    return text if len(text) <= 60 else text[:57] + "…"
