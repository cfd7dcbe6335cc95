"""The texts of a change, as the gates against cheating read them: bounded in number and size."""

from tasks.gates.cheating import FileText
from tasks.gates.pytests import read_python_tests
from tasks.gates.testfiles import is_python_test
from tasks.workspace.objects import Change
from tasks.workspace.workspaces import Workspaces

_MAX_BYTES = 400_000
_MAX_FILES = 400
_MAX_TESTS = 150
_REGULAR = frozenset({"100644", "100755"})


def read_texts(workspaces: Workspaces, repo: str, changes: tuple[Change, ...]) -> tuple[FileText, ...]:
    """Every changed file before and after. What is larger than 400 kB or no UTF-8 counts as absent."""

    def text(mode: str, oid: str) -> str | None:
        if mode not in _REGULAR:
            return None
        content = workspaces.blob(repo, oid, _MAX_BYTES + 1)
        if len(content) > _MAX_BYTES or b"\0" in content:
            return None
        return content.decode("utf-8", "replace")

    return tuple(
        FileText(c.path, text(c.old_mode, c.old_oid), text(c.new_mode, c.new_oid))
        for c in changes[:_MAX_FILES]
    )


def constants_of_tests(
    workspaces: Workspaces, repo: str, head: str, files: tuple[FileText, ...]
) -> tuple[frozenset[str], ...]:
    """Constants that stand together in the tests: those of the change, and of the repository's first 150 test files."""
    others = [path for path in workspaces.files(repo, head) if is_python_test(path)][:_MAX_TESTS]
    contents = (workspaces.read(repo, head, path, limit=_MAX_BYTES) or b"" for path in others)
    sources = [t for f in files if is_python_test(f.path) for t in (f.before, f.after) if t]
    sources += [content.decode("utf-8", "replace") for content in contents]
    read = (read_python_tests(source) for source in sources)
    return tuple(group for tests in read if tests for group in tests.groups)
