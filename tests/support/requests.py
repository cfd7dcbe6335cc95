"""Requests as people make them, for tests below the front door."""

from datetime import UTC, datetime

from integrations.types.chat import MessageRef, ThreadRef
from tasks.domain.commands import BY_VERB
from tasks.domain.facts import RunRequested
from tasks.domain.remarks import Place, Remark
from tasks.domain.request import Channel, ChatPlace, Deliver, HostPlace, Person, RequestOptions, RunRequest

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def a_request(
    text: str = "/v1/refunds 500s when currency is null, should be a 422",
    *,
    ts: str = "1795185120.000100",
    user: str = "U1",
    repo: str | None = None,
) -> RunRequest:
    return RunRequest(
        text=text,
        requester=Person("slack", "T1", user, "ada"),
        channel=Channel.slack_mention,
        place=ChatPlace(ThreadRef("T1", "C1", ts), MessageRef("C1", ts)),
        received_at=NOON,
        sla_s=1800,
        options=RequestOptions(repo=repo),
    )


BEN = Person("github", "github", "9", "ben")


def asked_there(
    verb: str = "request",
    words: str = "return 422",
    *,
    on_pull: bool = False,
    deliver: Deliver = Deliver.new_pr,
    by: Person = BEN,
) -> RunRequested:
    """A run that begins with a comment on issue or pull request #12 of acme/api."""
    place = HostPlace("acme/api", 12, on_pull, "Refunds fail", "They do.", "d" * 64)
    channel = Channel.github_pull if on_pull else Channel.github_issue
    request = RunRequest(words, by, channel, place, NOON, 1800, deliver=deliver)
    needs = BY_VERB[verb].needs
    return RunRequested(
        request, "Return 422", Remark(Place.comment, 5, by, f"@sortie {words}", verb, words, needs)
    )


def chat_of(request: RunRequest) -> ChatPlace:
    """Where it was asked in the chat."""
    assert request.chat is not None
    return request.chat
