"""Python tests as they stand in a file: which there are, what each asserts, and what keeps one from failing. Pure."""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tasks.gates.literals import leaves

_SKIPS = frozenset(
    {"skip", "skipif", "skipIf", "skipUnless", "xfail", "expectedFailure", "importorskip", "skipTest"}
)
_SKIP_NAMES = frozenset({"SkipTest", "collect_ignore", "collect_ignore_glob", "Skipped"})
_RAISES = frozenset(
    {"raises", "warns", "deprecated_call", "assertRaises", "assertRaisesRegex", "assertWarns"}
)
_BROAD = frozenset({"Exception", "BaseException", "AssertionError"})
_WEAK = frozenset(
    {"assertTrue", "assertIsNotNone", "assertIn", "assertIsInstance", "assertGreater", "assertLess"}
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Asserted:
    """One assertion: its normal form, and how much it demands: 0 nothing, 1 something, 2 one exact result."""

    text: str
    strength: int


@dataclass(frozen=True, slots=True)
class PythonTest:
    """One test function: `name` is "Class::test"; `line` 1-based; `body` its normal form; `cases` of its parametrization."""

    name: str
    line: int
    asserted: tuple[Asserted, ...]
    body: str
    cases: int = 1


@dataclass(frozen=True, slots=True)
class PythonTests:
    """A file's tests. `skips` and `swallows` count what keeps a test from failing, anywhere in the file."""

    tests: dict[str, PythonTest] = field(default_factory=dict)
    skips: Counter[str] = field(default_factory=Counter)
    swallows: int = 0
    groups: tuple[frozenset[str], ...] = ()
    """Constants that stand together: in one statement, in one case of a parametrization, or in one test."""


def read_python_tests(source: str) -> PythonTests | None:
    """The tests of a file; None for what Python cannot read."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    nodes = list(ast.walk(tree))
    return PythonTests(
        tests={test.name: test for test in _tests(tree)},
        skips=Counter(name for node in nodes for name in _skips(node)),
        swallows=sum(map(_swallows, nodes)),
        groups=tuple(_groups(tree)),
    )


def telling(node: ast.expr) -> str | None:
    """The repr of a literal that is rarely there by chance: words of two letters or more, numbers beyond the usual few."""
    value = node.operand if isinstance(node, ast.UnaryOp) else node
    if not isinstance(value, ast.Constant):
        return None
    given = value.value
    if isinstance(given, str):
        return repr(given) if len(given) > 1 else None
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    return ast.unparse(node) if abs(given) > 10 or isinstance(given, float) else None


def constant(node: ast.AST) -> str | None:
    """The repr of any constant that can be told from others: no flag, no empty text, not -1, 0 or 1."""
    value = node.operand if isinstance(node, ast.UnaryOp) else node
    if not isinstance(value, ast.Constant) or isinstance(value.value, bool) or not value.value:
        return None
    return None if value.value == 1 or value.value is Ellipsis else ast.unparse(node)


def _groups(tree: ast.Module) -> Iterator[frozenset[str]]:
    for node in ast.walk(tree):
        if isinstance(node, _FUNCTIONS):
            yield frozenset(
                c for n in ast.walk(node) if isinstance(n, ast.expr) and telling(n) for c in _said(n)
            )
        elif isinstance(node, ast.Assert | ast.Expr | ast.Assign | ast.Tuple):
            yield frozenset(c for n in ast.walk(node) if constant(n) for c in _said(n))


def _said(node: ast.AST) -> Iterator[str]:
    """A constant as it stands there, and as what it says where it is a text that says a value."""
    yield ast.unparse(node)
    if isinstance(node, ast.Constant):
        yield from leaves(node.value)


def _tests(tree: ast.Module) -> Iterator[PythonTest]:
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for owner, nodes in [("", tree.body), *((f"{c.name}::", c.body) for c in classes)]:
        for node in nodes:
            if isinstance(node, _FUNCTIONS) and node.name.startswith("test"):
                asserted = tuple(a for inner in ast.walk(node) for a in _asserted(inner))
                body = "\n".join(ast.dump(statement) for statement in node.body)
                yield PythonTest(owner + node.name, node.lineno, asserted, body, _cases(node))


def _cases(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How often a test runs by the lists that stand at it."""
    cases = 1
    for decorator in node.decorator_list:
        if (
            isinstance(decorator, ast.Call)
            and _last(decorator.func) == "parametrize"
            and len(decorator.args) > 1
        ):
            values = decorator.args[1]
            cases *= len(values.elts) if isinstance(values, ast.List | ast.Tuple) else 1
    return cases


def _asserted(node: ast.AST) -> Iterator[Asserted]:
    if isinstance(node, ast.Assert):
        yield Asserted(ast.dump(node.test), _strength(node.test))
    elif isinstance(node, ast.Call):
        name = _last(node.func)
        if name in _RAISES:
            exact = not (node.args and _last(node.args[0]) in _BROAD)
            yield Asserted(ast.dump(node), 2 if exact else 1)
        elif name.startswith(("assert", "fail")) and isinstance(node.func, ast.Attribute):
            constant = bool(node.args) and all(isinstance(a, ast.Constant) for a in node.args)
            yield Asserted(ast.dump(node), 0 if constant and name != "fail" else 1 if name in _WEAK else 2)


def _strength(test: ast.expr) -> int:
    if isinstance(test, ast.Constant):
        return 0
    if isinstance(test, ast.BoolOp):
        weighed = [_strength(value) for value in test.values]
        return max(weighed) if isinstance(test.op, ast.And) else min(weighed)
    if isinstance(test, ast.Compare):
        if all(ast.dump(c) == ast.dump(test.left) for c in test.comparators):
            return 0
        loose = any(
            isinstance(n, ast.Call) and _last(n.func) in ("approx", "isclose") for n in ast.walk(test)
        )
        never_none = isinstance(test.ops[0], ast.IsNot | ast.NotEq | ast.In | ast.NotIn)
        exact = all(isinstance(op, ast.Eq | ast.Is) for op in test.ops)
        return 2 if exact and not loose and not never_none else 1
    return 1


def _skips(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and node.attr in _SKIPS:
        yield node.attr
    elif isinstance(node, ast.Name) and (node.id in _SKIP_NAMES or node.id in _SKIPS):
        yield node.id
    elif isinstance(node, ast.Assign) and any(_last(t) == "__test__" for t in node.targets):
        yield "__test__"


def _swallows(node: ast.AST) -> int:
    """1 where a failure inside would go unseen."""
    if isinstance(node, ast.ExceptHandler):
        types = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        broad = node.type is None or any(t is not None and _last(t) in _BROAD for t in types)
        loud = any(isinstance(n, ast.Raise | ast.Assert) or _fails(n) for n in ast.walk(node))
        return int(broad and not loud)
    return int(isinstance(node, ast.Call) and _last(node.func) == "suppress" and _names_broad(node.args))


def _names_broad(nodes: list[ast.expr]) -> bool:
    return any(_last(node) in _BROAD for node in nodes)


def _fails(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _last(node.func) in ("fail", "exit")


def _last(node: ast.expr | None) -> str:
    if isinstance(node, ast.Call):
        return _last(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
