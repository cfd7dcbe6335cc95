"""Recipes as commits of one bare repository, laid all at once; the same recipe is the same commit everywhere."""

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.changes.packages import Tree
from bench.changes.recipes import Recipe, sides

_WHO = b"bench <bench@example.invalid> 1750000000 +0000"


def laid(repository: Path, tree: Tree, recipes: Iterable[Recipe]) -> dict[str, tuple[str, str]]:
    """(base, head) of every recipe by its id, written into this bare repository."""
    wanted = tuple(recipes)
    stream = b"".join(_stream(tree, wanted))
    argv = ["git", "-C", str(repository), "fast-import", "--quiet", "--force"]
    subprocess.run(argv, input=stream, check=True, capture_output=True)
    listed = [
        "git",
        "-C",
        str(repository),
        "for-each-ref",
        "--format=%(refname) %(objectname)",
        "refs/heads/bench/",
    ]
    done = subprocess.run(listed, check=True, capture_output=True, text=True)
    found = dict(line.split(" ") for line in done.stdout.splitlines())
    return {r.id: (found[_ref(r, "base")], found[_ref(r, "head")]) for r in wanted}


def _stream(tree: Tree, recipes: tuple[Recipe, ...]) -> Iterator[bytes]:
    marks: dict[bytes, int] = {}
    for recipe in recipes:
        for number, (name, side) in enumerate(zip(("base", "head"), sides(tree, recipe), strict=True)):
            for content in side.values():
                if content not in marks:
                    marks[content] = len(marks) + 1
                    yield b"blob\nmark :%d\ndata %d\n%s\n" % (marks[content], len(content), content)
            yield b"commit %s\ncommitter %s\ndata 6\nchange\n" % (_ref(recipe, name).encode(), _WHO)
            yield b"from %s\n" % _ref(recipe, "base").encode() if number else b""
            yield b"deleteall\n"
            for path, content in sorted(side.items()):
                yield b"M 100644 :%d %s\n" % (marks[content], path.encode())


def _ref(recipe: Recipe, side: str) -> str:
    return f"refs/heads/bench/{recipe.id}/{side}"
