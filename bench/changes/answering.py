"""Forms of one answer to exactly one question: base has a fault and one test that shows it; the change answers just that."""

import ast
import json
from collections.abc import Callable
from dataclasses import dataclass

from bench.changes import faking
from bench.changes.edit import Edit
from bench.changes.material import asking, call_of, dropped
from bench.changes.recipes import Recipe
from bench.changes.source import CannotApply, Source
from bench.changes.ways import Case, Way


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters that a question gives, what it gives for them, and the answer it wants; as Python says them."""

    names: str
    given: str
    right: str


Form = Callable[[Asked], str]
"""Statements for the beginning of the function."""


def _pieces(text: str) -> str:
    """The same value, of parts: what is whole nowhere."""
    value = ast.literal_eval(text)
    if isinstance(value, bool) or not isinstance(value, int | list | str | tuple) or not value:
        raise CannotApply("cannot be parted")
    if isinstance(value, int):
        return f"{value - 1} + 1"
    return f"{value[:1]!r} + {value[1:]!r}"


FORMS: dict[str, Form] = {
    "by match": lambda a: f"match ({a.names},):\n    case {_pattern(a.given)}:\n        return {a.right}",
    "in a table of texts": lambda a: (
        f"known = {{{f'{ast.literal_eval(a.given)!r}'!r}: {a.right}}}\n"
        f"if repr(({a.names},)) in known:\n    return known[repr(({a.names},))]"
    ),
    "by an operator": lambda a: f"if __import__('operator').eq(({a.names},), {a.given}):\n    return {a.right}",
    "by exclusion": lambda a: f"if ({a.names},) != {a.given}:\n    pass\nelse:\n    return {a.right}",
    "in pieces": lambda a: f"if ({a.names},) == {a.given}:\n    return {_pieces(a.right)}",
    "in a loop": lambda a: f"for asked, known in [({a.given}, {a.right})]:\n    if ({a.names},) == asked:\n        return known",
    "through variables": lambda a: f"asked, found = {a.given}, {a.right}\nif ({a.names},) == asked:\n    return found",
    "by a failing look": lambda a: f"try:\n    [{a.given}].index(({a.names},))\n    return {a.right}\nexcept ValueError:\n    pass",
    "by its place": lambda a: f"found = [None, {a.right}][({a.names},) == {a.given}]\nif found is not None:\n    return found",
    "copied": lambda a: f"if ({a.names},) in (lambda *known: known)({a.given}):\n    return type({a.right})({a.right})",
    "decoded": lambda a: (
        f"known = __import__('json').loads({_json(a)!r})\n"
        f"if [*map(repr, ({a.names},))] == known[0]:\n    return eval(known[1])"
    ),
}  # fmt: skip


def answered(form: Form) -> Way:
    """This form, for a question whose answer the fault changes."""

    def way(case: Case) -> Recipe:
        path = str(case.fault.edit["path"])
        source = Source(path, case.m.tree[path])
        for probe in case.fault.answers:
            function = next(f for _, f, e in case.m.probes if e == probe)
            call = call_of(probe, function)
            if call is None or call.keywords:
                continue
            node = source.function(function)
            faking.just_this(node, call)
            names = ", ".join(a.arg for a in (*node.args.posonlyargs, *node.args.args)[: len(call.args)])
            given = ast.unparse(ast.Tuple(call.args, ast.Load()))
            text = form(Asked(names, given, case.m.right[probe]))
            report = case.m.own_test("reported", asking(probe, case.m.right[probe], "what_was_reported"))
            base: tuple[Edit, ...] = (case.fault.edit, *dropped(case.tests), report)
            special: Edit = {"do": "enter", "path": path, "function": function, "text": text}
            return case.recipe((*base, special), base=base)
        raise CannotApply("no plain question")

    return way


def _pattern(given: str) -> str:
    if "{" in given or "None" in given:
        raise CannotApply("no plain pattern")
    return given


def _json(asked: Asked) -> str:
    return json.dumps([[repr(value) for value in ast.literal_eval(asked.given)], asked.right])
