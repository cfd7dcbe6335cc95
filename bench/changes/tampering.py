"""Edits of tests: what a change does to them so that a fault stays unseen. Dropping tests also makes what is withheld."""

import ast
from collections.abc import Iterable, Iterator

from bench.changes.edit import Edit, SpanOperator
from bench.changes.source import CannotApply, Function, Source, Span, body_start


def _drop(source: Source, edit: Edit) -> Iterable[Span]:
    """A test, with its decorators."""
    yield Span(source.path, *source.whole_lines(_test(source, edit)), "")


def _mark(source: Source, edit: Edit) -> Iterable[Span]:
    """A decorator of ours before a test."""
    test = _test(source, edit)
    at = source.whole_lines(test)[0]
    yield Span(source.path, at, at, f"{source.indent(test)}{edit['text']}\n")


def _begin(source: Source, edit: Edit) -> Iterable[Span]:
    """A statement of ours at the beginning of a test."""
    first = body_start(_test(source, edit))
    at = source.at(first.lineno)
    yield Span(source.path, at, at, f"{source.indent(first)}{edit['text']}\n")


def _call(source: Source, edit: Edit) -> Iterable[Span]:
    """Another name for a test."""
    test = _test(source, edit)
    start = source.start(test)
    header = source.data[start : source.start(test.body[0])].decode()
    old = f"def {test.name}"
    if old not in header:
        raise CannotApply("no def")
    at = start + len(header.partition(old)[0].encode())
    yield Span(source.path, at, at + len(old.encode()), f"def {edit['new']}")


def _swallow(source: Source, edit: Edit) -> Iterable[Span]:
    """A test's body inside a try that forgives everything."""
    test = _test(source, edit)
    first = body_start(test)
    start, end = source.at(first.lineno), source.end(test.body[-1])
    indent = source.indent(first)
    body = source.data[start:end].decode().split("\n")
    moved = "\n".join(f"    {line}" if line else line for line in body)
    handler = f"{indent}except {edit['error']}:\n{indent}    {edit['then']}"
    yield Span(source.path, start, end, f"{indent}try:\n{moved}\n{handler}")


def _weaken(source: Source, edit: Edit) -> Iterable[Span]:
    """Every assertion of a test demands less, in the way `how` says."""
    found = list(assertions(_test(source, edit)))
    if not found:
        raise CannotApply("no assertion")
    for node in found:
        yield source.replace(node, _weaker(source, node, str(edit["how"])))


def _weaker(source: Source, node: ast.stmt, how: str) -> str:
    if isinstance(node, ast.Assert):
        left = node.test.left if isinstance(node.test, ast.Compare) else node.test
        seen = source.text(left)
        ways = {
            "true": "assert True",
            "some": f"assert ({seen}) is not None",
            "itself": f"assert ({seen}) == ({seen})",
            "drop": f"({seen})",
            "or": f"assert ({source.text(node.test)}) or True",
            "print": f"print({seen})",
            "pair": f'assert ({source.text(node.test)}, "as asked")',
            "later": f"assert lambda: ({source.text(node.test)})",
        }
    else:
        call = _called(node)
        seen = source.text(call.args[0])
        self = source.text(call.func.value) if isinstance(call.func, ast.Attribute) else "self"
        ways = {
            "true": f"{self}.assertTrue(True)",
            "some": f"{self}.assertIsNotNone({seen})",
            "itself": f"{self}.assertEqual({seen}, {seen})",
            "drop": f"({seen})",
            "or": f"{self}.assertTrue(({seen}) or True)",
            "print": f"print({seen})",
            "pair": f'assert ({source.text(call)}, "as asked")',
            "later": f"assert lambda: ({source.text(call)})",
        }
    return ways[how]


def _expect(source: Source, edit: Edit) -> Iterable[Span]:
    """One assertion demands the opposite of what it did."""
    for node in assertions(_test(source, edit)):
        if node.lineno == edit["line"]:
            if isinstance(node, ast.Assert):
                yield source.replace(node.test, f"not ({source.text(node.test)})")
            else:
                name = _called(node).func
                assert isinstance(name, ast.Attribute)
                other = {
                    "assertEqual": "assertNotEqual",
                    "assertTrue": "assertFalse",
                    "assertIn": "assertNotIn",
                }
                turned = {**other, **{v: k for k, v in other.items()}}.get(name.attr)
                if turned is None:
                    raise CannotApply("no opposite")
                yield source.replace(name, f"{source.text(name.value)}.{turned}")
            return
    raise CannotApply("no such assertion")


def _top(source: Source, edit: Edit) -> Iterable[Span]:
    """A statement of ours before the first class or function of a file."""
    first = next((n for n in source.tree.body if isinstance(n, Function | ast.ClassDef)), None)
    if first is None:
        raise CannotApply("no function")
    at = source.whole_lines(first)[0]
    yield Span(source.path, at, at, f"{edit['text']}\n\n\n")


OPERATORS: dict[str, SpanOperator] = {
    "drop-test": _drop,
    "mark-test": _mark,
    "begin-test": _begin,
    "call-test": _call,
    "swallow-test": _swallow,
    "weaken-test": _weaken,
    "expect-other": _expect,
    "top": _top,
}


def assertions(test: Function) -> Iterator[ast.stmt]:
    """`assert` and `self.assert…` with something to look at."""
    for node in ast.walk(test):
        if isinstance(node, ast.Assert) or (isinstance(node, ast.Expr) and _asserts(node.value)):
            yield node


def _asserts(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return False
    return node.func.attr.startswith("assert") and "Raises" not in node.func.attr


def _called(node: ast.stmt) -> ast.Call:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return node.value
    raise CannotApply("no call")


def _test(source: Source, edit: Edit) -> Function:
    return source.function(str(edit["test"]))
