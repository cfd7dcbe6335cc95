"""What the names of a function or a file stand for, as far as it is written there. Pure."""

import ast
import builtins
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tasks.gates.literals import Unknown, folded, leaves
from tasks.gates.reach import bindings, once_given

_ASKS = frozenset(
    {
        "eq",
        "ne",
        "__eq__",
        "__ne__",
        "index",
        "count",
        "contains",
        "__contains__",
        "is_",
        "isclose",
        "fullmatch",
        "get",
    }
)
"""Functions and methods that ask whether something is a value, or where."""
_ORDER = ast.Lt | ast.LtE | ast.Gt | ast.GtE
_LOOPS = (ast.For, ast.comprehension)


@dataclass(slots=True)
class Budget:
    """How many steps one file may still take; what needs more is not read, and said to be so."""

    left: int = 3_000_000

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise MemoryError


@dataclass(frozen=True, slots=True)
class Scope:
    """Names of one function, or of the file outside of all: those of one constant value, and those that go through a written list."""

    known: Mapping[str, Any]
    through: Mapping[str, frozenset[str]]
    budget: Budget
    memo: dict[int, frozenset[str]] = field(default_factory=dict)
    closed: dict[int, bool] = field(default_factory=dict)

    def constants(self, node: ast.AST) -> frozenset[str]:
        """The constants of an expression: of its value where that is known, otherwise of its parts."""
        if (found := self.memo.get(id(node))) is None:
            self.budget.spend(1)
            found = self.memo[id(node)] = self._constants(node)
        return found

    def _constants(self, node: ast.AST) -> frozenset[str]:
        if isinstance(node, ast.Name) and node.id in self.through:
            return self.through[node.id]
        if self._closed(node):
            self.budget.spend(20)
            with suppress(Unknown):
                return frozenset(leaves(folded(node, self.known)))
        if isinstance(node, ast.Call) and called(node) in ("__import__", "import_module"):
            return frozenset()
        return frozenset(c for child in ast.iter_child_nodes(node) for c in self.constants(child))

    def _closed(self, node: ast.AST) -> bool:
        """Whether an expression depends on no name but those that are written there."""
        if (found := self.closed.get(id(node))) is None:
            if isinstance(node, ast.Name):
                found = self._written(node.id)
            else:
                found = all(self._closed(child) for child in ast.iter_child_nodes(node))
            self.closed[id(node)] = found
        return found

    def plain(self, node: ast.AST | None) -> frozenset[str]:
        """The constants of a value that is made of nothing else; empty where something is given to it."""
        if node is None:
            return frozenset()
        nodes = list(ast.walk(node))
        self.budget.spend(len(nodes))
        own_names = {a.arg for n in nodes if isinstance(n, ast.arguments) for a in _arguments(n)}
        for inner in nodes:
            if isinstance(inner, ast.Name) and inner.id not in own_names and not self._written(inner.id):
                return frozenset()
            if isinstance(inner, ast.Await | ast.Yield | ast.YieldFrom):
                return frozenset()
        return self.constants(node)

    def _written(self, name: str) -> bool:
        return name in self.known or name in self.through or hasattr(builtins, name)

    def decides(self, test: ast.AST) -> set[str]:
        """The constants that something is compared with in a condition."""
        found: set[str] = set()
        nodes = list(ast.walk(test))
        self.budget.spend(len(nodes))
        for node in nodes:
            asks = isinstance(node, ast.Compare) and not any(isinstance(o, _ORDER) for o in node.ops)
            asks = asks or (isinstance(node, ast.Call) and called(node) in _ASKS)
            if asks or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.BitXor)):
                found |= self.constants(node)
        return found


def scope_of(nodes: list[ast.AST], outer: Mapping[str, Any], budget: Budget) -> Scope:
    given = {t.id for node in nodes for t, _ in bindings(node) if isinstance(t, ast.Name)}
    known = {**{k: v for k, v in outer.items() if k not in given}, **once_given(nodes, outer)}
    through: dict[str, frozenset[str]] = {}
    for node in nodes:
        if isinstance(node, _LOOPS):
            said = Scope(known, through, budget).plain(node.iter)
            targets = (n.id for n in ast.walk(node.target) if isinstance(n, ast.Name))
            through.update(dict.fromkeys(targets, said) if said else {})
    return Scope(known, through, budget)


def called(node: ast.Call) -> str:
    function = node.func
    return (
        function.attr
        if isinstance(function, ast.Attribute)
        else function.id
        if isinstance(function, ast.Name)
        else ""
    )


def _arguments(given: ast.arguments) -> list[ast.arg]:
    more = [a for a in (given.vararg, given.kwarg) if a]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *more]
