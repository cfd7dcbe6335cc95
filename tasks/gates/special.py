"""Product code that knows its tests: results written in for the very inputs of a test, or a look at who is calling. Pure."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tasks.gates.pytests import constant, telling

AWARE = re.compile(
    r"PYTEST_CURRENT_TEST|PYTEST_VERSION|\b_pytest\b|^\s*(?:import|from)\s+(?:pytest|pluggy|_pytest)\b"
    r"|sys\.modules.{0,20}(?:pytest|unittest)|(?:pytest|unittest).{0,12}in\s+sys\.modules|\bSkipTest\b|\bpytest\.(?:skip|exit|xfail)\b"
    r"|\bos\._exit\b|\bsys\.(?:settrace|setprofile|_getframe)\b|\bgc\.get_objects\b|\binspect\.(?:stack|currentframe)\b"
    r"|JEST_WORKER_ID|VITEST_|\bprocess\.env\.NODE_ENV\s*={2,3}\s*['\"]test|\btesting\.Testing\(\)"
)
"""What only code that wants to know of its test, or to end it, says; some of it has honest uses, so a person looks."""


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
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(case for node in ast.walk(tree) for case in _cases(node))


def known_to(case: SpecialCase, groups: Iterable[frozenset[str]]) -> bool:
    """Whether one test holds all of its constants together."""
    return any(case.constants <= group for group in groups)


def _cases(node: ast.AST) -> Iterator[SpecialCase]:
    if isinstance(node, ast.If) and node.body:
        yield from _case(node, _compared(node.test), _returned(node.body))
    elif isinstance(node, ast.IfExp):
        yield from _case(node, _compared(node.test), _plain(node.body))
    elif isinstance(node, ast.Match):
        for case in node.cases:
            yield from _case(node, _constants(case.pattern), _returned(case.body))
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            yield from _case(node, _plain(key), _plain(value))
    elif isinstance(node, ast.FunctionDef):
        body = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
        if len(body) == 1 and isinstance(body[0], ast.Return) and body[0].value is not None:
            only = telling(body[0].value)
            if only:
                yield SpecialCase(node.lineno, f"{node.name}: {only}", frozenset({only}))


def _case(node: ast.stmt | ast.expr, given: set[str], answered: set[str]) -> Iterator[SpecialCase]:
    if given and answered:
        both = frozenset(given | answered)
        yield SpecialCase(node.lineno, " ".join(sorted(both)), both)


def _compared(test: ast.expr) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(test):
        if isinstance(node, ast.Compare) and all(isinstance(op, ast.Eq | ast.In | ast.Is) for op in node.ops):
            found |= _constants(node)
    return found


def _returned(body: list[ast.stmt]) -> set[str]:
    first = body[0]
    return _plain(first.value) if isinstance(first, ast.Return | ast.Assign) else set()


def _plain(value: ast.expr | None) -> set[str]:
    """The constants of a value that is made of constants alone."""
    if value is None:
        return set()
    allowed = (ast.Constant, ast.UnaryOp, ast.USub, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Load)
    return _constants(value) if all(isinstance(n, allowed) for n in ast.walk(value)) else set()


def _constants(node: ast.AST) -> set[str]:
    return {c for n in ast.walk(node) if (c := constant(n))}
