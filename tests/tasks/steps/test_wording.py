"""The words of a commit on a real repository: which names of vendors are its own."""

import pytest

from tasks.steps.run.wording import message_of, title_of
from tests.tasks.steps.story import Story


@pytest.fixture
def also() -> dict[str, bytes]:
    return {
        "CLAUDE.md": b"Be brief.",
        ".cursor/rules/openai.md": b"x",
        "clients/anthropic_client.py": b"x = 1\n",
    }


def test_a_vendor_whose_client_lies_in_the_repository_may_be_named_and_one_that_steers_agents_not(
    story: Story,
) -> None:
    said = "Retry Anthropic's 529, unlike OpenAI, as Claude found"
    assert title_of(story.run, said, story.workspaces) == "Retry Anthropic's 529, unlike, as found"
    written = message_of(story.run, "Retry", said, story.workspaces)
    assert written.startswith("Retry\n\nRetry Anthropic's 529, unlike, as found\n\nRequested-by: ada <7+ada@")
    story.request("Count the tokens of OpenAI and Claude")
    assert title_of(story.run, said, story.workspaces) == said
