"""The diff as reviewers are shown it, and which paths of the change they are not shown whole."""

from dataclasses import dataclass

from tasks.domain.plan import cut
from tasks.workspace.workspaces import Workspaces

DIFF_BYTES = 200_000
"""A longer diff is cut, and then the change cannot pass: about 50,000 tokens."""

_NAMED = 3
_LISTED = 200
_FILES = 300
"""Beyond these a change is not looked at file by file."""


@dataclass(frozen=True, slots=True)
class ShownDiff:
    """`left_out` are the changed paths that are not shown, or not to their end."""

    text: str
    left_out: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why nobody can approve what was left out; "" where nothing was."""
        if not self.left_out:
            return ""
        more = f" and {len(self.left_out) - _NAMED} more" if len(self.left_out) > _NAMED else ""
        return f"not reviewed: {cut(', '.join(self.left_out[:_NAMED]), 200)}{more}"

    @property
    def listed(self) -> str:
        """What was left out, as reviewers are told it: at most 200 paths and how many more there are."""
        more = [f"… and {len(self.left_out) - _LISTED} more"] if len(self.left_out) > _LISTED else []
        return "\n".join([*(cut(path, 300) for path in self.left_out[:_LISTED]), *more])


def shown_diff(workspaces: Workspaces, repo: str, *, base: str, head: str) -> ShownDiff:
    """The diff from base to head: whole, or file by file as long as whole files fit."""
    diff = workspaces.diff(repo, base, head, DIFF_BYTES)
    if len(diff.encode("utf-8", "replace")) <= DIFF_BYTES:
        return ShownDiff(diff)
    text, left_out, room = "", [], DIFF_BYTES
    paths = [change.path for change in workspaces.changed(repo, base, head)]
    for path in paths[:_FILES]:
        part = workspaces.diff_of(repo, base, head, path=path, limit=room)
        size = len(part.encode("utf-8", "replace"))
        if size > room:
            left_out.append(path)
        else:
            text, room = text + part, room - size
    return ShownDiff(text, (*left_out, *paths[_FILES:]))
