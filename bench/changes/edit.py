"""The type of one edit: what to do, to which file, and where; made of words and numbers, so that it can be kept as JSON."""

from collections.abc import Callable, Iterable, Mapping

from bench.changes.source import Source, Span

Edit = Mapping[str, str | int]
SpanOperator = Callable[[Source, Edit], Iterable[Span]]
FileOperator = Callable[[dict[str, bytes], Edit], None]
