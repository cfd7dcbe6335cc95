"""What somebody began to ask for and nobody has started yet: a form that is open, a reaction in its grace, a list to be confirmed. Pure."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from integrations.types.chat import MessageRef
from tasks.domain.request import Person, RunRequest


class DraftKind(StrEnum):
    """What has to happen before it is started: the form is sent off, time passes, somebody says how many runs it is."""

    shortcut = "shortcut"
    reaction = "reaction"
    several = "several"


class DraftState(StrEnum):
    """A draft that has begun or was dropped never begins again."""

    open = "open"
    begun = "begun"
    dropped = "dropped"


@dataclass(frozen=True, slots=True)
class Draft:
    """`key` names what it is about: of one kind and key there is one draft. It begins by itself at `due_at`, where that is given and
    what it quotes is `known`. `items` are the several things asked for at once and `usual_s` the promise of those that ask for
    none, `runs` what became of them, `board` the message that lists those.
    """

    id: str
    kind: DraftKind
    key: str
    request: RunRequest
    due_at: datetime | None = None
    known: bool = True
    items: tuple[str, ...] = ()
    usual_s: int = 0
    runs: tuple[str, ...] = ()
    board: MessageRef | None = None
    state: DraftState = DraftState.open

    def belongs_to(self, by: Person) -> bool:
        return replace(self.request.requester, name="") == replace(by, name="")


def draft_id(kind: DraftKind, key: str) -> str:
    """The same for the same kind and key, whoever computes it."""
    return "D" + hashlib.sha256(f"{kind}\n{key}".encode()).hexdigest()[:30]
