"""The one table of commands: how each is written, what it does, who may use it, and where. All help and every check comes of it."""

from dataclasses import dataclass
from enum import StrEnum

from integrations.types.code_host import Role

SWITCH = "kill-switch"
"""The command that turns the kill switch, in the chat and on the command line."""

LINK, UNLINK = "link", "unlink"
"""The commands by which somebody connects an account of the code host, and takes it away again."""

SWITCH_IS = "The kill switch is for all repositories: an operator turns it in the chat, by `sortie kill-switch` or by the API."
"""What is said where it cannot be turned."""

NAME = "@sortie"
"""How we are called on the code host."""


class Where(StrEnum):
    """Where a command may be typed."""

    chat = "chat"
    pull = "pull"
    issue = "issue"


EVERYWHERE = (Where.chat, Where.pull, Where.issue)
ON_THE_HOST = (Where.pull, Where.issue)


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command. `needs` is the role it asks for on the code host, `owner` whether the place's code owner must say it.

    `who` is said of the chat, where a person is known by a linked account. What is `rare` stands on the page of commands and not
    in the chat's help.
    """

    verb: str
    usage: str
    does: str
    who: str
    examples: tuple[str, ...]
    where: tuple[Where, ...]
    needs: Role = Role.write
    owner: bool = False
    rare: bool = False

    @property
    def who_on_the_host(self) -> str:
        return "a code owner of the place" if self.owner else f"{self.needs} access"


_LINKED = "the requester, or anyone with write on the repository"

COMMANDS = (
    CommandSpec(
        "request",
        "<what should change>",
        "On a pull request: a round of work on it. In the chat or on an issue: a run, or a change of course for the one at work.",
        _LINKED,
        ("rename the helper to parse_amount", "also cover /v1/charges"),
        ON_THE_HOST,
    ),
    CommandSpec(
        "review",
        "review [correctness|security|tests]",
        "Let the lenses look at the head, all or one, on a person's pull request too. Nothing is pushed.",
        _LINKED,
        ("review", "review security"),
        (Where.pull,),
    ),
    CommandSpec(
        "fix findings",
        "fix findings",
        "Work on the lenses' open findings of the head, notes too.",
        _LINKED,
        ("fix findings",),
        (Where.pull,),
    ),
    CommandSpec(
        "explain",
        "explain [question]",
        "Answer a question about the code, the pull request or the issue. Nothing is changed.",
        _LINKED,
        ("explain", "explain why are amounts strings?"),
        ON_THE_HOST,
        Role.read,
    ),
    CommandSpec("fix ci", "fix ci", "Work on the checks that are red.", _LINKED, ("fix ci",), (Where.pull,)),
    CommandSpec(
        "fix conflicts",
        "fix conflicts",
        "Merge the base branch in and resolve what conflicts. Never a rebase.",
        _LINKED,
        ("fix conflicts",),
        (Where.pull,),
    ),
    CommandSpec(
        "rebase",
        "rebase",
        "Rebuild the work as one commit on the newest base branch, in place of what is there. Never over somebody else's commits.",
        _LINKED,
        ("rebase",),
        (Where.pull,),
    ),
    CommandSpec(
        "stop",
        "stop [R-1042]",
        "Stop at once; what is left behind is listed.",
        "anyone",
        ("stop",),
        EVERYWHERE,
        Role.triage,
    ),
    CommandSpec(
        "retry",
        "retry [R-1042]",
        "Start another attempt after a failure or a stop, or go on from what somebody else pushed.",
        _LINKED,
        ("retry", "retry R-1042"),
        EVERYWHERE,
    ),
    CommandSpec(
        "hold", "hold", "Push nothing until unhold; the label says so.", _LINKED, ("hold",), (Where.pull,)
    ),
    CommandSpec("unhold", "unhold", "Push again.", _LINKED, ("unhold",), (Where.pull,)),
    CommandSpec(
        "waive",
        "waive #3 <reason>",
        "Close a finding of a lens. The reason is recorded with your name.",
        _LINKED,
        ("waive #3 the field is redacted upstream",),
        (Where.pull,),
        owner=True,
    ),
    CommandSpec(
        "status",
        "status [R-1042]",
        "Say where the run stands; in the chat to you alone.",
        "anyone",
        ("status",),
        EVERYWHERE,
        Role.read,
    ),
    CommandSpec(
        "mute",
        "mute [R-1042]",
        "Post nothing more but what is ready, failed or over, and what waits for somebody.",
        _LINKED,
        ("mute",),
        (Where.chat,),
        Role.read,
        rare=True,
    ),
    CommandSpec(
        "unmute",
        "unmute [R-1042]",
        "Post as usual again.",
        _LINKED,
        ("unmute",),
        (Where.chat,),
        Role.read,
        rare=True,
    ),
    CommandSpec(
        "handoff",
        "handoff @user",
        "Make somebody with write access the run's requester: questions and reviews go to them.",
        _LINKED,
        ("handoff @ben",),
        (Where.chat,),
        rare=True,
    ),
    CommandSpec(
        "follow up",
        "follow up <what should change>",
        "After a run is ready or merged: another run on top of its branch, or on the base branch once that is merged.",
        _LINKED,
        ("follow up rename the helper too",),
        (Where.chat,),
        rare=True,
    ),
    CommandSpec(
        SWITCH,
        "kill-switch on|off|status [reason]",
        "Stop every landing at once, or let them go on; the same switch as `sortie kill-switch`.",
        "an operator; status: anyone",
        ("kill-switch on main is broken", "kill-switch off", "kill-switch status"),
        (Where.chat,),
        Role.read,
    ),
    CommandSpec(
        LINK,
        "link",
        "Connect your GitHub account, or another one.",
        "any member",
        ("link",),
        (Where.chat,),
        Role.read,
        rare=True,
    ),
    CommandSpec(
        UNLINK,
        "unlink",
        "Forget which GitHub account is yours.",
        "any member",
        ("unlink",),
        (Where.chat,),
        Role.read,
        rare=True,
    ),
    CommandSpec("help", "help", "Show this help.", "anyone", ("help",), EVERYWHERE, Role.read),
)

BY_VERB = {spec.verb: spec for spec in COMMANDS}


def typed_in(where: Where) -> tuple[CommandSpec, ...]:
    """The commands of one place, in the order of the table."""
    return tuple(spec for spec in COMMANDS if where in spec.where)
