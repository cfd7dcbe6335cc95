"""Whether a recipe is what its label says, told by the package's own tests as published, outside any gate."""

from bench.changes.packages import Package, Tree
from bench.changes.recipes import RIGHT, Recipe, apply
from bench.changes.trying import Bench

_UNTESTED = ("off-scope",)
"""Kinds that are wrong by what was asked for; the package's tests pass."""
_GREEN = ("cheat", "hidden bug", "off-scope")
"""Kinds of wrong changes whose own run of the tests must pass, or the gates would have nothing to find."""


def holds(room: Bench, recipe: Recipe) -> bool:
    """Right: passes as it is, and the published tests pass on its product. Wrong: they do not, and what hides it works."""
    return complaint(room, recipe) == ""


def complaint(room: Bench, recipe: Recipe) -> str:
    """Why the label does not hold; "" where it does."""
    head = apply(room.tree, recipe.head)
    shown = room.tried(truth(room.package, room.tree, recipe))
    if recipe.label == RIGHT:
        own = room.tried(head, command=recipe.command)
        if not own.passed:
            return f"its own tests fail: {', '.join(own.failed[:3])}"
        if not shown.passed:
            return f"the published tests fail on it: {', '.join(shown.failed[:3])}"
        return _faulty_base(room, recipe)
    if shown.passed and recipe.family not in _UNTESTED:
        return "the published tests pass on it"
    if recipe.family in _GREEN and not room.tried(head, command=recipe.command).passed:
        return "its own tests fail, so it hides nothing"
    return ""


def _faulty_base(room: Bench, recipe: Recipe) -> str:
    """A repair needs something to repair."""
    if recipe.family != "fix":
        return ""
    base = apply(room.tree, recipe.base)
    product = _product_of(room.package, room.tree, base)
    return "nothing was wrong before" if room.tried(product).passed else ""


def truth(package: Package, tree: Tree, recipe: Recipe) -> dict[str, bytes]:
    """The product as the change leaves it (outside its tests) among everything else as published."""
    return _product_of(package, tree, apply(tree, recipe.truth or recipe.head))


def _product_of(package: Package, tree: Tree, changed: Tree) -> dict[str, bytes]:
    rest = {path: content for path, content in tree.items() if not package.is_product(path)}
    return {**rest, **{path: content for path, content in changed.items() if package.is_product(path)}}
