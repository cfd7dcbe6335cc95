"""Each write to GitHub and Slack succeeds and its answer is lost: it is looked up, and not done again."""

from typing import Any

import pytest

from tests.drills.house import House
from tests.drills.tell import ASKED, READY, REFUSED, STEERED, STOPPED, Story, tell

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]
API = "/repos/acme/api"
PUSHED = READY.but(pushes=2)
"""libcurl sends a request again by itself when a kept-alive connection dies before any answer; it names the expected old id, so
that the branch moves once."""

GITHUB: tuple[tuple[str, str, Story], ...] = (
    ("push", "POST /acme/api.git/git-receive-pack", PUSHED),
    ("open the pull request", f"POST {API}/pulls", READY),
    ("write a check run", f"POST {API}/check-runs", READY),
    ("update a check run", f"PATCH {API}/check-runs/*", READY),
    ("post the review", f"POST {API}/pulls/*/reviews", READY),
    ("add labels", f"POST {API}/issues/*/labels", READY),
    ("leave draft", "POST /graphql", READY),
    ("ask for reviewers", f"POST {API}/pulls/*/requested_reviewers", READY),
    ("comment on the stop", f"POST {API}/issues/*/comments", STOPPED),
)
SLACK: tuple[tuple[str, dict[str, Any], Story], ...] = (
    ("the card", {"method": "chat.postMessage"}, READY),
    ("the post of the pull request", {"method": "chat.postMessage", "skip": 1}, READY),
    ("the post that says ready", {"method": "chat.postMessage", "skip": 2}, READY),
    ("the question", {"method": "chat.postMessage", "skip": 1}, ASKED),
    ("an edit of the card", {"method": "chat.update"}, READY),
    ("a reaction", {"method": "reactions.add"}, READY),
    ("taking a reaction away", {"method": "reactions.remove"}, READY),
    ("the session's status", {"method": "agents.sessions.setStatus"}, READY),
    ("the eyes on a reply", {"method": "reactions.add", "skip": 1}, STEERED),
    ("the whisper", {"method": "chat.postEphemeral"}, REFUSED),
)


@pytest.mark.parametrize(("what", "match", "story"), GITHUB, ids=[what for what, _, _ in GITHUB])
def test_github_does_it_and_the_answer_is_lost(
    running_house: House, what: str, match: str, story: Story
) -> None:
    world = running_house.world
    world.post(f"{world.github}/_sim/faults", {"match": match, "kind": "reset", "when": "after_commit"})
    tell(running_house, story)
    assert world.get(f"{world.github}/_sim/faults") == [], f"{what} was never asked for"


@pytest.mark.parametrize(("what", "call", "story"), SLACK, ids=[what for what, _, _ in SLACK])
def test_slack_does_it_and_the_answer_is_lost(
    running_house: House, what: str, call: dict[str, Any], story: Story
) -> None:
    world = running_house.world
    world.sim("faults", kind="reset", when="after_commit", **call)
    tell(running_house, story)
    assert world.get(f"{world.slack}/_sim/faults")["faults"] == [], f"{what} was never asked for"
