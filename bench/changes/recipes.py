"""A recipe: how one change is made out of a published package, and whether it is right. The corpus is a list of them, frozen."""

import ast
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.changes.edits import FILES, SPANS, Edit
from bench.changes.packages import Tree
from bench.changes.source import CannotApply, Source, Span

FIRST_CORPUS = Path(__file__).parent / "corpus.json"
RIGHT, WRONG = "right", "wrong"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One change. `base` and `head` are edits of the published package; `truth`, where given, is what head's product amounts to
    outside its tests. `caught` are tests of the package that tell right from wrong. `applied` is the hash of both commits."""

    id: str
    package: str
    label: str
    kind: str
    base: tuple[Edit, ...] = ()
    head: tuple[Edit, ...] = ()
    truth: tuple[Edit, ...] = ()
    caught: tuple[str, ...] = ()
    command: str = ""
    applied: str = ""

    @property
    def family(self) -> str:
        """The kind without its variety: "cheat" of "cheat: skip"."""
        return self.kind.partition(":")[0]


def apply(tree: Tree, edits: Iterable[Edit]) -> dict[str, bytes]:
    """The tree after these edits. Those of lines all mean the tree as given; then files are written, added to, moved, removed.

    Raises CannotApply where an edit does not fit, two of them overlap, or Python cannot read what comes out.
    """
    edits = tuple(edits)
    spans: list[Span] = []
    for edit in edits:
        if edit["do"] in SPANS:
            path = str(edit["path"])
            if path not in tree:
                raise CannotApply(f"there is no {path}")
            spans += SPANS[str(edit["do"])](Source(path, tree[path]), edit)
    changed = {**tree, **_spliced(tree, spans)}
    for edit in edits:
        if edit["do"] in FILES:
            FILES[str(edit["do"])](changed, edit)
        elif edit["do"] not in SPANS:
            raise CannotApply(f"no such edit: {edit['do']}")
    _readable(tree, changed)
    return changed


def _spliced(tree: Tree, spans: list[Span]) -> dict[str, bytes]:
    changed: dict[str, bytes] = {}
    for path in {s.path for s in spans}:
        data, before = tree[path], len(tree[path]) + 1
        for span in sorted(
            (s for s in spans if s.path == path), key=lambda s: (s.start, s.end), reverse=True
        ):
            if span.end > before:
                raise CannotApply(f"two edits of {path} overlap")
            data = data[: span.start] + span.text.encode() + data[span.end :]
            before = span.start
        changed[path] = data
    return changed


def _readable(before: Tree, after: Tree) -> None:
    for path, data in after.items():
        if path.endswith(".py") and before.get(path) != data:
            try:
                ast.parse(data)
            except (SyntaxError, ValueError) as wrong:
                raise CannotApply(f"{path}: {wrong}") from None


def sides(tree: Tree, recipe: Recipe) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """(base, head)."""
    return apply(tree, recipe.base), apply(tree, recipe.head)


def applied_hash(tree: Tree, recipe: Recipe) -> str:
    """What both commits differ in from the published package, as a hash."""
    found = hashlib.sha256()
    for side in sides(tree, recipe):
        for path in sorted({*side, *tree}):
            if side.get(path) != tree.get(path):
                content = side.get(path)
                word = "removed" if content is None else hashlib.sha256(content).hexdigest()
                found.update(f"{path}\0{word}\n".encode())
        found.update(b"--\n")
    return found.hexdigest()[:16]


def dumped(recipes: Iterable[Recipe]) -> str:
    """The corpus as it is kept: one recipe a line."""
    lines = (
        json.dumps({k: v for k, v in asdict(r).items() if v}, ensure_ascii=False, sort_keys=True)
        for r in recipes
    )
    return "[\n" + ",\n".join(lines) + "\n]\n"


def loaded(text: str) -> tuple[Recipe, ...]:
    return tuple(_recipe(raw) for raw in json.loads(text))


def _recipe(raw: Mapping[str, Any]) -> Recipe:
    given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()}
    return Recipe(**given)
