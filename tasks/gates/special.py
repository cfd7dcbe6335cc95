"""Product code that knows its tests: results written in for the very inputs of a test, in whatever form. Pure."""

import ast
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from tasks.gates.literals import Unknown, folded, leaves
from tasks.gates.pytests import telling
from tasks.gates.reach import own
from tasks.gates.scopes import Budget, Scope, scope_of

_MOST_ROWS = 200
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class SpecialCase:
    """For these constants this result: `line` is 1-based; `form` its normal form, to tell what is new."""

    line: int
    form: str
    constants: frozenset[str]


def special_cases(source: str) -> tuple[SpecialCase, ...]:
    """Every place of a Python file that answers a constant for a constant, or nothing but a constant at all."""
    try:
        tree = ast.parse(source)
        return tuple(_found(tree))
    except (SyntaxError, ValueError):
        return ()
    except (RecursionError, MemoryError):
        return (SpecialCase(1, "too much to be read", frozenset()),)


class Together:
    """The constants that stand together in tests, so that it is quick to ask whether one test has them all."""

    def __init__(self, groups: Iterable[frozenset[str]]) -> None:
        self._with: dict[str, list[frozenset[str]]] = {}
        for group in groups:
            for constant in group:
                self._with.setdefault(constant, []).append(group)

    def know(self, case: SpecialCase) -> bool:
        """Whether one test holds all constants of a case; what could not be read counts as known."""
        rarest = min((self._with.get(c, []) for c in case.constants), key=len, default=[case.constants])
        return any(case.constants <= group for group in rarest)


def _found(tree: ast.Module) -> Iterator[SpecialCase]:
    budget = Budget()
    outside = scope_of(list(own(tree)), {}, budget)
    yield from _cases_of(list(own(tree)), tree, outside)
    for function in ast.walk(tree):
        if isinstance(function, _FUNCTIONS | ast.Lambda):
            nodes = list(own(function))
            yield from _cases_of(nodes, function, scope_of(nodes, outside.known, budget))
        if isinstance(function, ast.FunctionDef):
            yield from _only(function, outside)


def _cases_of(nodes: list[ast.AST], holder: ast.AST, scope: Scope) -> Iterator[SpecialCase]:
    for node in [holder, *nodes]:
        for block in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if isinstance(block, list):
                yield from _in_turn(block, scope)
    for node in nodes:
        yield from _cases(node, scope)


def _in_turn(block: list[ast.stmt], scope: Scope) -> Iterator[SpecialCase]:
    """What comes after a condition that sends everything else away."""
    for place, statement in enumerate(block[:-1]):
        if (
            isinstance(statement, ast.If)
            and not statement.orelse
            and isinstance(statement.body[-1], ast.Return | ast.Raise)
        ):
            turned = any(
                isinstance(n, ast.NotEq | ast.NotIn | ast.IsNot | ast.Not) for n in ast.walk(statement.test)
            )
            if turned:
                yield from _case(
                    statement, scope.decides(statement.test), _answers(block[place + 1 :][:1], scope)
                )


def _cases(node: ast.AST, scope: Scope) -> Iterator[SpecialCase]:
    match node:
        case ast.If(test=test, body=body, orelse=orelse):
            yield from _case(node, scope.decides(test), _answers(body, scope))
            yield from _case(node, scope.decides(test), _answers(orelse, scope))
            yield from _exact(node, test, scope)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield from _case(node, scope.decides(test), [scope.plain(body), scope.plain(orelse)])
        case ast.BoolOp(values=values):
            decided = {c for value in values if not scope.plain(value) for c in scope.decides(value)}
            yield from _case(node, decided, [scope.plain(value) for value in values])
        case ast.Match(cases=cases):
            for case in cases:
                yield from _case(node, scope.constants(case.pattern), _answers(case.body, scope))
        case ast.Try(body=body, handlers=handlers, orelse=orelse):
            tried = [n for n in body if not isinstance(n, ast.Return) and not scope.plain(n)]
            decided = {c for n in tried for c in scope.decides(n)}
            rest = [*body, *orelse, *(s for handler in handlers for s in handler.body)]
            yield from _case(node, decided, _answers(rest, scope))
        case ast.Dict() | ast.Call(func=ast.Name(id="dict")):
            yield from _pairs(node, scope)
        case ast.Subscript(value=value, slice=index) if scope.plain(value) and not scope.plain(index):
            yield from _case(node, scope.decides(index), [scope.plain(value)])
        case ast.For(iter=many, body=body) if _looks(body, scope):
            yield from _rows(node, many, scope)
        case (
            ast.GeneratorExp(generators=parts)
            | ast.ListComp(generators=parts)
            | ast.SetComp(generators=parts)
        ):
            for part in parts:
                if any(scope.decides(test) for test in part.ifs):
                    yield from _rows(node, part.iter, scope)


def _exact(node: ast.If, test: ast.expr, scope: Scope) -> Iterator[SpecialCase]:
    """Something is compared with a whole list of values, or with three and more: whatever follows."""
    equal = [
        n
        for n in ast.walk(test)
        if isinstance(n, ast.Compare) and all(isinstance(o, ast.Eq | ast.NotEq) for o in n.ops)
    ]
    found = {c for n in equal if not scope.plain(n) for c in scope.constants(n)}
    if len(found) > 2:
        yield SpecialCase(node.lineno, " ".join(sorted(found)), frozenset(found))


def _pairs(node: ast.Dict | ast.Call, scope: Scope) -> Iterator[SpecialCase]:
    try:
        value = folded(node, scope.known)
        pairs = [(frozenset(leaves(k)), frozenset(leaves(v))) for k, v in value.items()]
    except (Unknown, AttributeError):
        both = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
        pairs = [(scope.plain(key), scope.plain(value)) for key, value in both]
    for key, value in pairs:
        yield from _case(node, key, [value])


def _rows(node: ast.stmt | ast.expr, many: ast.expr, scope: Scope) -> Iterator[SpecialCase]:
    """Each row of a list that is gone through to find the one that was asked for."""
    try:
        rows = folded(many, scope.known)
    except Unknown:
        return
    for row in list(rows.items() if isinstance(rows, dict) else rows)[:_MOST_ROWS]:
        found = set(leaves(row)) if isinstance(row, list | tuple) else set()
        if len(found) > 1:
            yield SpecialCase(node.lineno, " ".join(sorted(found)), frozenset(found))


def _looks(body: list[ast.stmt], scope: Scope) -> bool:
    return any(isinstance(n, ast.If) and scope.decides(n.test) for s in body for n in ast.walk(s))


def _only(function: ast.FunctionDef, outside: Scope) -> Iterator[SpecialCase]:
    """A function that gives one constant whatever it is given."""
    body = [s for s in function.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        return
    value = body[0].value
    found = outside.plain(value)
    if len(found) > 1 or telling(value) or (found and not isinstance(value, ast.Constant | ast.UnaryOp)):
        yield SpecialCase(function.lineno, f"{function.name}: {' '.join(sorted(found))}", frozenset(found))


def _case(node: ast.stmt | ast.expr, given: Set[str], answers: Iterable[Set[str]]) -> Iterator[SpecialCase]:
    for answered in answers:
        if given and answered:
            both = frozenset(given | answered)
            yield SpecialCase(node.lineno, " ".join(sorted(both)), both)


def _answers(body: list[ast.stmt], scope: Scope) -> list[frozenset[str]]:
    """What a block gives: what it returns or yields anywhere, what it gives a name to at its beginning."""
    found = []
    for statement in body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            found.append(scope.plain(statement.value))
        nodes = list(ast.walk(statement))
        scope.budget.spend(len(nodes))
        found += [
            scope.plain(n.value) for n in nodes if isinstance(n, ast.Return | ast.Yield | ast.YieldFrom)
        ]
    return found
