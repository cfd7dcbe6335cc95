"""What can be said of whether somebody of the chat may, before the code host is asked; and the question to it. Pure."""

from bot.routed import Known
from integrations.types.chat import MessageRef
from tasks.domain.facts import PressedInChat
from tasks.domain.permission import Action, Actor, Allowed, AskHost, Refused, before_asking
from tasks.domain.presses import same_person
from tasks.domain.request import Person
from tasks.domain.run import Run


def verdict(by: Person, run: Run, known: Known, action: Action) -> Allowed | Refused | AskHost:
    """The answer where none of the code host's would change it."""
    actor = Actor(
        linked=known.linked,
        requester=same_person(by, run.request.requester),
        operator=known.operator,
    )
    return before_asking(actor, action)


def may(by: Person, run: Run, known: Known, action: Action) -> bool:
    """Whether it is sure that they may."""
    return isinstance(verdict(by, run, known, action), Allowed)


def asked(
    by: Person,
    known: Known,
    verb: str,
    words: str = "",
    *,
    message: MessageRef | None = None,
    question: int = 0,
) -> PressedInChat:
    """What they did, to be judged by what the code host says of them."""
    return PressedInChat(by, known.login, verb, words, known.account_id, message, question)
