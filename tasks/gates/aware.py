"""Product code that knows of its tests, could end or patch them: judged by what it reaches, however that is said. Pure."""

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.gates.giveaways import (
    ALONE,
    CLOCKS,
    FRAMES,
    LONG_AGO,
    LOOKS,
    NAMED,
    PATCHED,
    PLACE,
    RUNNERS,
    SETTING,
    TESTING,
    WORDS,
)
from tasks.gates.reach import ANYTHING, Reach, bindings, own, root_of, strangers


@dataclass(frozen=True, slots=True)
class Place:
    """`what` is reached on a line; the same `what` on the other side of a change is no news."""

    line: int
    what: str


def reached(source: str, *, program: bool = False) -> tuple[Place, ...] | None:
    """Every place of a Python file that reaches what only a look at its tests needs; None where it cannot be read.

    A `program` may read the words it was begun with, unless it looks for a test in them.
    """
    try:
        places = sorted(
            _File(ast.parse(source), program).places(), key=lambda place: (place.line, place.what)
        )
    except (SyntaxError, ValueError):
        return None
    except (RecursionError, MemoryError):
        return (Place(1, "what is nested too deeply to be read"),)
    return tuple(places)


def is_program(source: str) -> bool:
    """Whether a file does something of its own when it is begun."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(_asks_whether_main(node) for node in tree.body)


class _File:
    """One file: its tree and what its names reach."""

    def __init__(self, tree: ast.Module, program: bool) -> None:
        self.tree = tree
        self.program = program
        self.reach = Reach(tree)
        nodes = list(ast.walk(tree))
        self.said = {
            id(n.value) for n in nodes if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)
        }
        """What is only said, as in a docstring."""
        self.selves = {id(n.value) for n in nodes if isinstance(n, ast.Subscript) and _names_itself(n.slice)}
        """`sys.modules[__name__]`: a module's way to itself."""

        functions = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        named = ((f, strangers(f, self.reach)) for f in functions)
        self.strange = {id(n): names for f, names in named for n in own(f)}
        """Of a node in a function: the names that are that function's own."""

    def places(self) -> Iterator[Place]:
        for node in ast.walk(self.tree):
            for what in self._of(node):
                yield Place(getattr(node, "lineno", 1), what)

    def _of(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Import(names=names):
                yield from (
                    n for a in names if (n := a.name.partition(".")[0]) in RUNNERS or a.name == "__main__"
                )
            case ast.ImportFrom(module=str(module), level=0, names=names):
                if (first := module.partition(".")[0]) in RUNNERS:
                    yield first
                else:
                    yield from (
                        f
                        for a in names
                        if (f := f"{module}.{a.name}") in ALONE or (f == "sys.argv" and not self.program)
                    )
            case ast.Constant(value=str(said)) if id(node) not in self.said and (found := WORDS.search(said)):
                yield f'"{found[0]}"'
            case ast.Name(id=name) if name in NAMED:
                yield name
            case ast.FunctionDef(name="__eq__" | "__ne__" as name) if _always(node):
                yield f"{name} that always holds"
            case ast.Dict(keys=keys, values=values):
                pairs = zip(keys, values, strict=True)
                yield from (
                    "__eq__ that always holds"
                    for k, v in pairs
                    if self.reach.text(k) == "__eq__" and _holds(v)
                )
            case ast.Compare(left=left, comparators=others):
                yield from self._compared([left, *others])
            case ast.BinOp(op=ast.Div(), right=right) if (place := self.reach.text(right)) and PLACE.search(
                place
            ):
                yield "where tests lie"
        if isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
            yield from self._taken(node)
        if isinstance(node, ast.stmt):
            yield from self._statement(node)

    def _taken(self, node: ast.Attribute | ast.Call | ast.Subscript) -> Iterator[str]:
        """What an attribute, a call or an item arrives at."""
        found = self.reach.of(node)
        if isinstance(node, ast.Attribute):
            if node.attr in NAMED or node.attr in FRAMES:
                yield node.attr
            if found == "sys.argv" and not self.program:
                yield found
        elif found == "sys.argv":
            yield f"{found} by another way"
        if found in ALONE and id(node) not in self.selves:
            yield found
        if isinstance(node, ast.Subscript) and self.reach.of(node.value) == "os.environ":
            yield from _setting(self.reach.text(node.slice))
        if isinstance(node, ast.Call):
            yield from self._called(node, found)

    def _called(self, node: ast.Call, found: str) -> Iterator[str]:
        function = self.reach.of(node.func)
        if function in ("builtins.eval", "builtins.exec"):
            yield function
        if function in ("builtins.__import__", "importlib.import_module"):
            if found.partition(".")[0] in RUNNERS or found == "__main__":
                yield found
            elif not found and not _free(node.args[:1]):
                yield "an import under a name that is made up"
        if function == "builtins.setattr" and node.args:
            yield from self._patched(
                node.args[0], self.reach.text(node.args[1]) if len(node.args) > 1 else None
            )
        first = self.reach.text(node.args[0]) if node.args else None
        if first is not None and LOOKS.fullmatch(function) and PLACE.search(first):
            yield "where tests lie"
        if (
            function in ("os.getenv", "os.environ.get", "os.environ.__getitem__")
            and first
            and SETTING.search(first)
        ):
            yield f"the setting {first}"
        if (
            function == "os.write"
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and node.args[0].value in (1, 2)
        ):
            yield "os.write past what the tests see"
        if (
            function == "builtins.isinstance"
            and node.args
            and re.fullmatch(r"sys\.std\w+", self.reach.of(node.args[0]))
        ):
            yield f"{self.reach.of(node.args[0])}.__class__"

    def _statement(self, node: ast.stmt) -> Iterator[str]:
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Delete):
            targets = [node.target] if isinstance(node, ast.AugAssign) else node.targets
            for target in targets:
                if isinstance(target, ast.Attribute):
                    yield from self._patched(target.value, target.attr)
        for target, value in bindings(node):
            if isinstance(target, ast.Name | ast.Attribute) and _last(target) == "__eq__" and _holds(value):
                yield "__eq__ that always holds"
        if self.program and isinstance(node, ast.If | ast.Return | ast.Expr | ast.Assign):
            yield from self._words_of_tests(node)

    def _patched(self, owner: ast.expr, attr: str | None) -> Iterator[str]:
        """Something of a module that is not ours is made another."""
        base = "" if root_of(owner) in self.strange.get(id(owner), ()) else self.reach.of(owner)
        if base and base.partition(".")[0] in PATCHED and not base.startswith("sys.modules"):
            yield f"{base}.{attr or ANYTHING} made another"

    def _compared(self, sides: list[ast.expr]) -> Iterator[str]:
        """A setting of the environment that is asked for, or a day that is written down."""
        last = self.reach.of(sides[-1])
        said = self.reach.text(sides[0])
        if last == "os.environ":
            yield from _setting(said)
        clock = any(
            CLOCKS.fullmatch(self.reach.of(n.func))
            for s in sides
            for n in ast.walk(s)
            if isinstance(n, ast.Call)
        )
        if clock and any(_a_day(n, self.reach) for s in sides for n in ast.walk(s)):
            yield "a day that is written down"

    def _words_of_tests(self, node: ast.stmt) -> Iterator[str]:
        """In a program, which may read its words: a statement that looks for a test in them."""
        parts = [node.test] if isinstance(node, ast.If) else [node]
        inside = [n for part in parts for n in ast.walk(part)]
        argv = any(self.reach.of(n) == "sys.argv" for n in inside if isinstance(n, ast.Attribute | ast.Name))
        if argv and any(
            isinstance(n, ast.Constant) and isinstance(n.value, str) and TESTING.search(n.value)
            for n in inside
        ):
            yield "sys.argv for a test"


def _setting(name: str | None) -> Iterator[str]:
    if name and SETTING.search(name):
        yield f"the setting {name}"


def _names_itself(index: ast.expr) -> bool:
    return ast.unparse(index).rpartition(".")[2] in ("__name__", "__module__")


def _last(target: ast.Name | ast.Attribute) -> str:
    return target.id if isinstance(target, ast.Name) else target.attr


def _asks_whether_main(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.If)
        and "__name__" in ast.unparse(node.test)
        and "__main__" in ast.unparse(node.test)
    )


def _always(function: ast.FunctionDef) -> bool:
    returns = [n for n in ast.walk(function) if isinstance(n, ast.Return)]
    return bool(returns) and all(
        isinstance(r.value, ast.Constant) and isinstance(r.value.value, bool) for r in returns
    )


def _holds(value: ast.expr) -> bool:
    return isinstance(value, ast.Lambda) and isinstance(value.body, ast.Constant)


def _free(nodes: list[ast.expr]) -> bool:
    """Whether an expression depends on a name: then it is given, not made up."""
    names = (n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name))
    return any(not hasattr(builtins, name) for name in names)


def _a_day(node: ast.AST, reach: Reach) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and node.value > LONG_AGO
    if isinstance(node, ast.Call) and reach.of(node.func) in ("datetime.datetime", "datetime.date"):
        return all(isinstance(a, ast.Constant) for a in node.args[:3])
    return isinstance(node, ast.Constant)
