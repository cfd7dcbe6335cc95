"""One Python file as edits see it: bytes, syntax tree, and where a node stands."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef


class CannotApply(Exception):
    """A recipe does not fit the file it was written for."""


@dataclass(frozen=True, slots=True)
class Span:
    """Replace the bytes start..end of a file by `text`."""

    path: str
    start: int
    end: int
    text: str


class Source:
    """A file that Python can read. Raises CannotApply where it cannot."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path, self.data = path, data
        try:
            self.tree = ast.parse(data)
        except (SyntaxError, ValueError) as wrong:
            raise CannotApply(f"{path}: {wrong}") from None
        self._starts = [0]
        for line in data.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def at(self, line: int, col: int = 0) -> int:
        """The offset of a place; lines from 1, columns in bytes from 0."""
        if not 1 <= line < len(self._starts) + 1:
            raise CannotApply(f"{self.path} has no line {line}")
        return self._starts[line - 1] + col

    def start(self, node: ast.expr | ast.stmt) -> int:
        return self.at(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt) -> int:
        return self.at(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def text(self, node: ast.expr | ast.stmt) -> str:
        return self.data[self.start(node) : self.end(node)].decode()

    def replace(self, node: ast.expr | ast.stmt, text: str) -> Span:
        return Span(self.path, self.start(node), self.end(node), text)

    def whole_lines(self, node: ast.stmt) -> tuple[int, int]:
        """Offsets of all lines of a statement with its decorators, and of the line's end after it."""
        decorators = node.decorator_list if isinstance(node, Function | ast.ClassDef) else []
        first = min([node.lineno, *(d.lineno for d in decorators)])
        return self.at(first), min(self.at((node.end_lineno or node.lineno) + 1), len(self.data))

    def indent(self, node: ast.stmt) -> str:
        """What stands before a statement on its line."""
        return self.data[self.at(node.lineno) : self.start(node)].decode()

    def functions(self) -> Iterator[tuple[str, Function]]:
        """Every function at the top or in a class at the top, by "name" or "Class.name"."""
        for node in self.tree.body:
            if isinstance(node, Function):
                yield node.name, node
            elif isinstance(node, ast.ClassDef):
                yield from ((f"{node.name}.{f.name}", f) for f in node.body if isinstance(f, Function))

    def function(self, name: str) -> Function:
        """The last one of that name, as Python takes it."""
        found = dict(self.functions()).get(name)
        if found is None:
            raise CannotApply(f"{self.path} has no function {name}")
        return found

    def statement(self, line: int) -> ast.stmt:
        """The statement that begins on this line."""
        found = [n for n in ast.walk(self.tree) if isinstance(n, ast.stmt) and n.lineno == line]
        if not found:
            raise CannotApply(f"no statement begins on line {line} of {self.path}")
        return found[0]


def body_start(function: Function) -> ast.stmt:
    """The first statement after the docstring; the docstring where there is nothing else."""
    body = function.body
    first = body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return body[1] if documented and len(body) > 1 else first
