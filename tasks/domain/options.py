"""Options written into a request (`repo= base= sla= plan`): one grammar for a mention and for a slash command. Pure."""

import re
from dataclasses import dataclass

from tasks.domain.policy import named_base, named_repo
from tasks.domain.request import RequestOptions

CODE = "REQ-010"
SHORTEST_S, LONGEST_S = 5 * 60, 24 * 60 * 60

_QUOTED = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_OPTION = re.compile(r"(?<![\w./=?&:'-])\[?(repo|base|sla|plan)=([^\s\]]*)\]?")
_SLA = re.compile(r"(\d{1,5})(m|min|h)?")
_PLAN = re.compile(r"(?:yes|first|no)")
_LAST_PLAN = re.compile(r"(?<!\S)\[?plan\]?\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BadOption:
    """An option that cannot be read: nothing is started, and whoever wrote it is told this."""

    sentence: str
    code: str = CODE


def options_of(text: str, *, slash: bool = False, known: tuple[str, ...] = ()) -> RequestOptions | BadOption:
    """The options of a request. What stands in `backticks` is part of the request and no option.

    `plan` alone is an option as the last word of a slash command, or of a request that has other options; `known` are the
    repositories we work on.
    """
    said = _QUOTED.sub(" ", text)
    given = {name: value.rstrip(".,;") for name, value in reversed(_OPTION.findall(said))}
    for name, value in given.items():
        if bad := _bad(name, value):
            return bad
    bare = _LAST_PLAN.search(said) is not None and (slash or bool(given))
    return RequestOptions(
        given.get("repo") or named_repo(text, known=known),
        given.get("base"),
        seconds(given.get("sla", "")),
        plan=bare or given.get("plan", "no") != "no",
    )


def _bad(name: str, value: str) -> BadOption | None:
    given = f"{name}={value}"
    match name:
        case "sla" if seconds(value) is None:
            return BadOption(
                f"{given} is no time I can read. Write minutes or hours between 5m and 24h, for example sla=45m or sla=2h."
            )
        case "plan" if not _PLAN.fullmatch(value):
            return BadOption(f"{given} is neither plan=yes nor plan=no.")
        case "repo" if named_repo(given) is None:
            return BadOption(f"{given} is no repository. Write it as repo=owner/name.{_QUOTE}")
        case "base" if named_base(given) != value or value.startswith("-") or ".." in value:
            return BadOption(f"{given} is no name of a branch.{_QUOTE}")
    return None


_QUOTE = " If it is part of the request, put it in `backticks`."


def seconds(value: str) -> int | None:
    """A promise as it is written ("45m", "2h", minutes where no unit stands); None where it is none that can be given."""
    found = _SLA.fullmatch(value.lower())
    if found is None:
        return None
    seconds = int(found.group(1)) * (3600 if found.group(2) == "h" else 60)
    return seconds if SHORTEST_S <= seconds <= LONGEST_S else None
