"""Requests as people make them, for tests below the front door."""

from datetime import UTC, datetime

from integrations.types.chat import MessageRef, ThreadRef
from tasks.domain.request import Channel, ChatPlace, Person, RequestOptions, RunRequest

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


def chat_of(request: RunRequest) -> ChatPlace:
    """Where it was asked in the chat."""
    assert request.chat is not None
    return request.chat
