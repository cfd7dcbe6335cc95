"""What an expression of constants amounts to, without running it; and the constants that can be told from others. Pure."""

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_LONGEST = 4000
_DEEPEST = 60
_METHODS = frozenset(
    {"join", "lower", "upper", "replace", "strip", "lstrip", "rstrip", "decode", "encode", "format", "title"}
    | {"swapcase", "removeprefix", "removesuffix", "split", "rsplit", "partition", "rpartition"}
)
_BUILTINS: dict[str, Callable[..., Any]] = {
    **{
        f.__name__: f
        for f in (chr, ord, str, int, float, repr, len, hex, dict, list, tuple, reversed, sorted)
    },
    **dict.fromkeys(("set", "frozenset", "iter"), list),
    **dict.fromkeys(("bytes", "bytearray"), lambda given: bytes(list(given))),
}
_STATIC: dict[tuple[str, str], Callable[..., Any]] = {
    ("bytes", "fromhex"): bytes.fromhex,
    ("json", "loads"): json.loads,
    ("codecs", "decode"): lambda text, how="utf-8": text,
}
_BEGINNINGS = "([{'\"-0123456789"
Known = Mapping[str, Any]
"""Names that stand for one constant value each."""


class Unknown(Exception):
    """The expression is not made of constants alone, or is too large."""


def folded(node: ast.AST | None, known: Known) -> Any:
    """The value of an expression. Raises Unknown where it depends on anything that is not written there."""
    try:
        value = _fold(node, known, 0)
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError, MemoryError):
        raise Unknown from None
    return value


def text(node: ast.AST | None, known: Known) -> str | None:
    """The text that an expression amounts to, None where it is no text or not known."""
    try:
        value = folded(node, known)
    except Unknown:
        return None
    return value if isinstance(value, str) else None


def leaves(value: object, depth: int = 0) -> Iterator[str]:
    """Every constant inside a value as source says it: no flag, no 0, 1 or -1, nothing empty.

    A text that says a value (a number, a list) counts as that value, so that it is the same however it is kept.
    """
    if isinstance(value, dict):
        for pair in value.items():
            yield from leaves(pair, depth)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from leaves(item, depth)
    elif isinstance(value, str) and depth < 3 and (inner := _written(value)) is not None:
        yield from leaves(inner, depth + 1)
    elif (
        isinstance(value, str | bytes | int | float)
        and not isinstance(value, bool)
        and value
        and value not in (1, -1)
    ):
        yield repr(value)


def _written(said: str) -> object:
    if said[:1] not in _BEGINNINGS or not said:
        return None
    for read in (ast.literal_eval, json.loads):
        try:
            found: object = read(said[:_LONGEST])
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
        return found
    return None


def _fold(node: ast.AST | None, known: Known, depth: int) -> Any:
    if depth > _DEEPEST:
        raise Unknown

    def inner(part: ast.AST | None) -> Any:
        return _fold(part, known, depth + 1)

    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name) if name in known:
            return known[name]
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            found = [one for item in items for one in _items(item, inner)]
            return tuple(found) if isinstance(node, ast.Tuple) else found
        case ast.Dict(keys=keys, values=values):
            return {inner(k): inner(v) for k, v in zip(keys, values, strict=True)}
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -inner(operand)
        case ast.JoinedStr(values=parts):
            return "".join(
                str(inner(part.value if isinstance(part, ast.FormattedValue) else part)) for part in parts
            )
        case ast.BinOp():
            return _small(_combined(node.op, inner(node.left), inner(node.right)))
        case ast.Subscript(value=value, slice=ast.Slice(lower=low, upper=high, step=step)):
            return inner(value)[slice(*(None if part is None else inner(part) for part in (low, high, step)))]
        case ast.Subscript(value=value, slice=index):
            return inner(value)[inner(index)]
        case ast.Call(keywords=[]):
            return _small(_called(node, inner))
    raise Unknown


def _items(item: ast.expr, inner: Callable[[ast.AST], Any]) -> list[Any]:
    return list(inner(item.value)) if isinstance(item, ast.Starred) else [inner(item)]


def _combined(op: ast.operator, left: Any, right: Any) -> Any:
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult() if isinstance(left, int | float) and isinstance(right, int | float):
            return left * right
        case ast.Mult() if isinstance(right, int) and len(left) * right < _LONGEST:
            return left * right
        case ast.BitXor():
            return left ^ right
        case ast.Mod() if not isinstance(left, str | bytes) or not _wide(left):
            return left % right
    raise Unknown


def _called(node: ast.Call, inner: Callable[[ast.AST], Any]) -> Any:
    given = [inner(a) for a in node.args]
    match node.func:
        case ast.Name(id=name) if name in _BUILTINS:
            return _BUILTINS[name](*given)
        case ast.Attribute(attr=attr, value=owner) if (_owner(owner), attr) in _STATIC:
            return _STATIC[_owner(owner), attr](*given)
        case ast.Attribute(attr=attr, value=owner) if attr in _METHODS:
            value = inner(owner)
            if isinstance(value, str | bytes) and not (attr == "format" and _wide(value)):
                return getattr(value, attr)(*given)
    raise Unknown


def _wide(template: str | bytes) -> bool:
    """Whether a template may make something far longer than itself."""
    said = template.decode("latin-1") if isinstance(template, bytes) else template
    return re.search(r"\d{4}|\*", said) is not None


def _owner(node: ast.expr) -> str:
    """The name of a module or type, as `json` or `__import__("json")` says it."""
    if isinstance(node, ast.Name):
        return node.id
    first = node.args[0] if isinstance(node, ast.Call) and node.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _small(value: Any) -> Any:
    if isinstance(value, str | bytes | list | tuple) and len(value) > _LONGEST:
        raise Unknown
    if isinstance(value, int) and abs(value) > 10**30:
        raise Unknown
    return value
