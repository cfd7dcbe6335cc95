"""What the chat says of an account, asked when it matters: guests, strangers, programs and the deactivated are told by it alone."""

from dataclasses import replace

from integrations.errors import Rejected
from integrations.ports import Chat
from integrations.types.chat import UserKind
from integrations.types.code_host import Role
from tasks.domain.run import Run
from tasks.effects.ports import OutsidePorts


def chat_kind(chat: Chat, run: Run, user: str) -> UserKind:
    """Of a person in this run's thread. One that the chat does not know is unknown; where it gives no answer, it raises."""
    where = run.request.chat
    try:
        found = chat.user(user)
    except Rejected:
        return UserKind.unknown
    home = where.thread.team if where else found.team
    elsewhere = bool(found.team) and found.team != home
    return UserKind.stranger if elsewhere and found.kind is UserKind.member else found.kind


MOST_ASKED = 20


def readable_options(run: Run, ports: OutsidePorts) -> Run:
    """The run with those repositories in its question that its requester can read: no other is named to anybody.

    Where there are others, none can be searched for either.
    """
    question = run.question
    account = run.request.account
    if question is None or account is None:
        return run
    asked = question.options[:MOST_ASKED]
    shown = tuple(repo for repo in asked if _reads(ports, repo, account.login))
    whole = len(shown) == len(question.options)
    return replace(run, question=replace(question, options=shown, search=whole))


def _reads(ports: OutsidePorts, repo: str, login: str) -> bool:
    try:
        return ports.code_host.held(repo, login=login).role.covers(Role.read)
    except Rejected:
        return False
