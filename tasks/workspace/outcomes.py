"""What asking a workspace for its work can end in: a submission, nothing, or a refusal with a stable code."""

from dataclasses import dataclass

BAD_TREE = "GIT-010"
TOO_LARGE = "GIT-011"
UNREADABLE = "GIT-012"


@dataclass(frozen=True, slots=True)
class Submission:
    """The commit the harness built. Counts, paths and diff are against the run's base, not against the parent."""

    oid: str
    tree_oid: str
    parent_oid: str
    files: int
    added: int
    removed: int
    diff: str
    paths: tuple[str, ...]


class EmptyDiff(Exception):
    """The workspace holds nothing that the parent commit, or the base, does not hold."""


class Refusal(Exception):
    """The work cannot be taken as it stands. `sentence` is for people and for the agent."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code} {sentence}")
        self.code = code
        self.sentence = sentence
