"""What names of a Python file reach: which module, and which part of it, whatever it is called there. Pure.

A walk over the syntax tree that follows imports, other names, attributes by name, dictionaries of modules and texts made of
parts. It follows no values through calls but those that the functions of the same file return, and it errs towards reaching more.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from tasks.gates.literals import Known, Unknown, folded, text

ANYTHING = "*"
"""An attribute under a name that cannot be told."""
_PASSES = 4
_BUILTINS = frozenset(
    {
        "getattr",
        "setattr",
        "delattr",
        "hasattr",
        "vars",
        "eval",
        "exec",
        "compile",
        "__import__",
        "type",
        "globals",
        "isinstance",
        "open",
    }
)
_IMPORTERS = frozenset(
    {"builtins.__import__", "importlib.import_module", "importlib.__import__", "importlib.reload"}
)
_VIEWS = {"builtins.vars": "__dict__", "builtins.type": "__class__"}
_READERS = frozenset({"get", "__getitem__", "pop", "setdefault"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(slots=True)
class Reach:
    """One file. `names` is what each name stands for, in dots; `known` those that stand for one constant."""

    tree: ast.Module
    names: dict[str, str] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    returned: dict[str, str] = field(default_factory=dict)
    _found: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        nodes = list(ast.walk(self.tree))
        for node in nodes:
            self._imported(node)
        self.known = once_given(nodes)
        for _ in range(_PASSES):
            before = (len(self.names), len(self.returned))
            for node in nodes:
                self._bound(node)
            self._found.clear()
            if before == (len(self.names), len(self.returned)):
                break

    def of(self, node: ast.AST | None) -> str:
        """What an expression stands for, in dots from a module on ("sys.modules"); "" for what comes from nowhere that is known."""
        if node is None:
            return ""
        if (known := self._found.get(id(node))) is None:
            known = self._found[id(node)] = self._of(node)
        return known

    def _of(self, node: ast.AST) -> str:
        match node:
            case ast.Name(id=name):
                return self.names.get(name) or (f"builtins.{name}" if name in _BUILTINS else "")
            case ast.Attribute(value=value, attr=attr):
                return self._part(self.of(value), attr)
            case ast.Subscript(value=value, slice=index):
                return self._item(self.of(value), index)
            case ast.Call():
                return self._called(node)
            case ast.NamedExpr(value=value) | ast.Starred(value=value) | ast.Await(value=value):
                return self.of(value)
            case ast.IfExp(body=one, orelse=other):
                return self.of(one) or self.of(other)
            case ast.BoolOp(values=values):
                return next((found for value in values if (found := self.of(value))), "")
        return ""

    def text(self, node: ast.AST | None) -> str | None:
        """The text that an expression amounts to, where that is written in the file."""
        return text(node, self.known)

    def _part(self, base: str, attr: str) -> str:
        if not base:
            return self.names.get(f".{attr}", "")
        return f"{base}.{attr}"

    def _item(self, base: str, index: ast.AST) -> str:
        if not base:
            return ""
        key = self.text(index)
        if base == "builtins.globals()" or base.endswith(".__dict__"):
            if key is None:
                return f"{base.removesuffix('.__dict__')}.{ANYTHING}"
            return (
                _builtins(key) if base == "builtins.globals()" else f"{base.removesuffix('.__dict__')}.{key}"
            )
        if base == "sys.modules" and key:
            return key
        return _builtins(key or "") if base == "builtins" and key else ""

    def _called(self, node: ast.Call) -> str:
        function = self.of(node.func)
        args: list[ast.expr] = node.args
        if function in _IMPORTERS:
            return self._import(node, function)
        if function == "builtins.getattr" and len(args) > 1:
            return self._named(self.of(args[0]), args[1])
        if function.endswith(".__getattribute__") and args:
            owner = self.of(args[0]) if len(args) > 1 else function.removesuffix(".__getattribute__")
            return self._named(owner, args[-1])
        if isinstance(node.func, ast.Call) and self.of(node.func.func) == "operator.attrgetter" and args:
            return self._named(self.of(args[0]), node.func.args[0] if node.func.args else args[0])
        if function == "builtins.globals":
            return "builtins.globals()"
        if function == "logging.getLogger" and not args:
            return "logging.root"
        if function in _VIEWS and len(args) == 1:
            base = self.of(args[0])
            return f"{base}.{_VIEWS[function]}" if base else ""
        return self._answer(node)

    def _answer(self, node: ast.Call) -> str:
        """What a look into a dictionary, or a function of the same file, gives."""
        match node.func:
            case ast.Attribute(value=owner, attr=attr) if attr in _READERS and node.args:
                return self._item(self.of(owner), node.args[0]) or self.returned.get(attr, "")
            case ast.Lambda(body=body):
                return self.of(body)
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return self.returned.get(name, "")
        return ""

    def _named(self, base: str, name: ast.expr) -> str:
        return f"{base}.{self.text(name) or ANYTHING}" if base else ""

    def _import(self, node: ast.Call, function: str) -> str:
        name = self.text(node.args[0] if node.args else None)
        if name is None:
            return ""
        name = name.lstrip(".")
        whole = (
            function == "importlib.import_module"
            or any(k.arg == "fromlist" for k in node.keywords)
            or len(node.args) > 3
        )
        return name if whole else name.partition(".")[0]

    def _imported(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    self.names[alias.asname] = alias.name
                else:
                    first = alias.name.partition(".")[0]
                    self.names[first] = first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                self.names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        self.names.setdefault("__builtins__", "builtins")

    def _bound(self, node: ast.AST) -> None:
        for target, value in bindings(node):
            found = self.of(value)
            if not found:
                continue
            if isinstance(target, ast.Name):
                self.names.setdefault(target.id, found)
            elif isinstance(target, ast.Attribute):
                self.names.setdefault(f".{target.attr}", found)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            strange = strangers(node, self)
            for inner in own(node):
                if (
                    isinstance(inner, ast.Return)
                    and root_of(inner.value) not in strange
                    and (found := self.of(inner.value))
                ):
                    self.returned.setdefault(node.name, found)


def once_given(nodes: Iterable[ast.AST], known: Known = MappingProxyType({})) -> dict[str, Any]:
    """Names that are given a value once among these nodes, one that is written there; `known` are others that may be in it."""
    given: dict[str, list[ast.expr]] = {}
    for node in nodes:
        for target, value in bindings(node):
            if isinstance(target, ast.Name):
                given.setdefault(target.id, []).append(value)
    found: dict[str, Any] = {}
    for _ in range(2):
        for name, values in given.items():
            if len(values) == 1 and name not in found:
                try:
                    found[name] = folded(values[0], {**known, **found})
                except Unknown:
                    continue
    return found


def bindings(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """(target, value) of everything that a statement or expression gives a name to."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _paired(target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value
        case ast.NamedExpr(target=target, value=value):
            yield target, value
        case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
            yield target, value
        case ast.arguments():
            places = [*node.posonlyargs, *node.args]
            for arg, default in zip(places[len(places) - len(node.defaults) :], node.defaults, strict=True):
                yield ast.Name(arg.arg, ast.Store()), default
            for arg, given in zip(node.kwonlyargs, node.kw_defaults, strict=True):
                if given is not None:
                    yield ast.Name(arg.arg, ast.Store()), given


def _paired(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    match target, value:
        case (
            (ast.Tuple(elts=ones) | ast.List(elts=ones)),
            (ast.Tuple(elts=others) | ast.List(elts=others)),
        ) if len(ones) == len(others):
            for one, other in zip(ones, others, strict=True):
                yield from _paired(one, other)
        case _:
            yield target, value


def strangers(function: ast.FunctionDef | ast.AsyncFunctionDef, reach: "Reach") -> frozenset[str]:
    """Names that in this function stand for something it was given or made, whatever they are elsewhere."""
    a = function.args
    given = {arg.arg for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg) if arg}
    bound = [pair for node in own(function) for pair in bindings(node)]
    made = {t.id for t, value in bound if isinstance(t, ast.Name) and not reach.of(value)}
    return frozenset(given | made)


def root_of(node: ast.AST | None) -> str:
    """The name that an expression begins with."""
    names = (n.id for n in ast.walk(node) if isinstance(n, ast.Name)) if node is not None else iter(())
    return next(names, "")


def own(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions in it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, _FUNCTIONS):
            yield child
            yield from own(child)


def _builtins(key: str) -> str:
    return "builtins" if key == "__builtins__" else f"builtins.{key}" if key else ""
