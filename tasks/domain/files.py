"""Files that people hang on their messages: which of them are read, and what became of each. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from integrations.types.chat import ChatFile

MOST, LARGEST = 6, 10 * 1024 * 1024
"""So many files of a run are read, and none of more bytes (UX §8.3)."""

PATIENCE = timedelta(seconds=60)
"""So long work waits for them at most."""

_TEXTS = frozenset(
    {
        "application/json",
        "application/xml",
        "application/x-yaml",
        "application/toml",
        "application/javascript",
    }
)
_ENDINGS = tuple(
    """.c .cfg .conf .cpp .cs .css .csv .diff .go .h .html .ini .java .js .json .jsx .log .lua .md .patch .php .py .rb .rs .rst .sh
    .sql .toml .ts .tsv .tsx .txt .xml .yaml .yml""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Attached:
    """One file. `text` is what was read of it, `problem` why nothing was; neither while it is still to be read."""

    file: ChatFile
    text: str = ""
    problem: str = ""

    @property
    def awaited(self) -> bool:
        return not self.text and not self.problem


def taken(known: tuple[Attached, ...], files: tuple[ChatFile, ...]) -> tuple[Attached, ...]:
    """The files with those that came now; one that hangs on two messages counts once."""
    seen = {a.file.id for a in known}
    for file in files:
        if file.id in seen:
            continue
        seen.add(file.id)
        read = sum(not a.problem for a in known)
        known = (*known, Attached(file, problem=_problem(file, read)))
    return known


def _problem(file: ChatFile, read: int) -> str:
    """Why a file is not even asked for. Pictures can hold instructions that no person sees, so they are off (SECURITY A16)."""
    if read >= MOST:
        return f"only {MOST} files are read"
    if file.kind.startswith(("image/", "video/", "audio/")):
        return "pictures and recordings are not read"
    if not file.url:
        return "it is kept elsewhere"
    if file.size > LARGEST:
        return "larger than 10 MiB"
    text = file.kind.startswith("text/") or file.kind in _TEXTS
    return "" if text or file.name.lower().endswith(_ENDINGS) else "not a text"


def told(known: tuple[Attached, ...], file_id: str, text: str, problem: str) -> tuple[Attached, ...]:
    """The files once one of them was read; what is known already stays."""
    return tuple(
        replace(a, text=text, problem=problem or ("" if text else "it is empty"))
        if a.file.id == file_id and a.awaited
        else a
        for a in known
    )


def awaited_until(known: tuple[Attached, ...], since: datetime | None) -> datetime | None:
    """Until when work waits for what is still to be read; None where nothing is."""
    return since + PATIENCE if since and any(a.awaited for a in known) else None
