"""What happens in a run's thread beside the work itself: facts of people, decisions about questions, results of our writes."""

from dataclasses import dataclass
from datetime import datetime

from integrations.types.chat import ChatFile, MessageRef
from tasks.domain.in_thread import Nudge
from tasks.domain.request import Person


@dataclass(frozen=True, slots=True)
class PlanProposed:
    """A decision: the agent shows what it would do and waits for a yes; the clock is paused (M4)."""

    number: int
    items: tuple[str, ...]
    files: tuple[str, ...] = ()
    not_doing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assumed:
    """A decision: the agent asked and goes on with its default at once; until `until` an answer comes in time (M3)."""

    number: int
    text: str
    options: tuple[str, ...]
    default: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Nudged:
    """A decision about the open question: its requester is reminded, another is asked (`to`), or it is given up."""

    question: int
    what: Nudge
    to: str = ""


@dataclass(frozen=True, slots=True)
class Muted:
    """A fact: somebody wants no posts but those that people must see, or (`on` False) all of them again."""

    by: Person
    on: bool


@dataclass(frozen=True, slots=True)
class RequestEdited:
    """A fact: the message that asked reads differently now, or (`deleted`) is gone. It changes nothing by itself."""

    by: Person
    text: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class NewTextTaken:
    """A fact: somebody who may says that the edited request counts."""

    by: Person


@dataclass(frozen=True, slots=True)
class ReplyEdited:
    """A fact: words to the agent read differently now, or ("") are taken back. It counts as far as nobody has heard them."""

    by: Person
    message: MessageRef
    text: str


@dataclass(frozen=True, slots=True)
class BranchDiscarded:
    """A result: our branch is off the code host, at the head that was expected there or already before; or why it is not."""

    branch: str
    oid: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FollowsUp:
    """A fact right after the first event: the run goes on from what another one made."""

    run_id: str


@dataclass(frozen=True, slots=True)
class FilesGiven:
    """A fact: files hang on the message that asked, or on words to the agent."""

    files: tuple[ChatFile, ...]


@dataclass(frozen=True, slots=True)
class FileRead:
    """A result: the text of a file, cut in the middle where it is long, or why there is none."""

    id: str
    text: str
    problem: str = ""
