"""Which untracked files nobody means to commit: git's own answer, from copies of the rules in a directory of the harness."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tasks.workspace.git import GitFailed, git
from tasks.workspace.objects import blob

RULES = ".gitignore"
IGNORED = (
    "__pycache__/ *.py[cod] .pytest_cache/ .mypy_cache/ .ruff_cache/ .hypothesis/ .tox/ .venv/ .coverage "
    "*.egg-info/ node_modules/ .nyc_output/ .DS_Store"
)
"""What tools leave behind and nobody means to commit; counts for files that the repository does not track already."""

_RULES_BYTES = 1024 * 1024


@dataclass(slots=True)
class IgnoreRules:
    """Answers for one reading. `git_dir` and the empty `tree` are a scratch repository that only the harness writes to."""

    git_dir: Path
    tree: Path
    _rules: list[tuple[tuple[str, ...], bytes | str]] = field(default_factory=list, init=False)
    _asked: list[tuple[str, bool]] = field(default_factory=list, init=False)

    def own(self, parts: tuple[str, ...], content: bytes) -> None:
        """The rules of a directory, as they were found. Tell of a directory before asking for what is in it."""
        self._rules.append((parts, content))

    def from_base(self, parts: tuple[str, ...], oid: str) -> None:
        """The same, as a blob that is read only if it is needed."""
        self._rules.append((parts, oid))

    def ask(self, path: str, *, directory: bool) -> None:
        """Adds a question."""
        self._asked.append((path, directory))

    def ignored(self) -> frozenset[str]:
        """The paths among those asked for since the last answer that are ignored. Raises GitFailed."""
        asked, self._asked = self._asked, []
        if not asked:
            return frozenset()
        for parts, rules in self._rules:
            place = self.tree.joinpath(*parts)
            place.mkdir(parents=True, exist_ok=True)
            content = rules if isinstance(rules, bytes) else blob(self.git_dir, rules, limit=_RULES_BYTES)
            (place / RULES).write_bytes(content)
        self._rules = []
        for path, directory in asked:
            # git asks the disk whether a rule for directories ("build/") holds.
            (self.tree / path if directory else (self.tree / path).parent).mkdir(parents=True, exist_ok=True)
        return frozenset(self._answer(path for path, _ in asked))

    def _answer(self, paths: Iterable[str]) -> list[str]:
        # check-ignore knows no literal pathspecs, but one that begins with "./" has no magic (gitglossary(7), pathspec).
        names = b"".join(b"./" + path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)
        command = (f"--work-tree={self.tree}", "check-ignore", "--no-index", "-z", "--stdin")
        try:
            said = git(self.git_dir, *command, stdin=names, env={"GIT_LITERAL_PATHSPECS": "0"})
        except GitFailed as why:
            if why.exit_code == 1:  # None of them.
                return []
            raise
        return [
            name.removeprefix(b"./").decode("utf-8", "surrogateescape") for name in said.split(b"\0") if name
        ]
